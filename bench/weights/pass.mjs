// tunediff's pass over elements alone, as `tunediff weights` does it first: no identity, no spectra.
//   node bench/weights/pass.mjs BASE VARIANT THREADS
import { pairTensors } from '../../dist/measure/weights/pairing.js'
import { WeightsPool } from '../../dist/measure/weights/pool.js'
import { addParts, rowRanges } from '../../dist/measure/weights/row.js'
import { openModel } from '../../dist/model/open.js'

const JOB_ELEMENTS = 1 << 25
const [base, variant, threads] = process.argv.slice(2)
const pairs = pairTensors(await openModel(base), await openModel(variant, { base }))
const pool = new WeightsPool(Number(threads))
const parts = await Promise.all(
  pairs.flatMap((pair) =>
    rowRanges(pair.shape, JOB_ELEMENTS).map(([start, end]) =>
      pool.run({ kind: 'pass', pair, start, end, perRow: false }),
    ),
  ),
)
await pool[Symbol.asyncDispose]()
const sums = addParts(parts)
const { n: weights, changed, aboveOneUlp, signFlips, maxAbsDelta: largest } = sums
const relative = Math.sqrt(sums.delta / sums.base)
process.stdout.write(JSON.stringify({ weights, changed, aboveOneUlp, signFlips, largest, relative }))
