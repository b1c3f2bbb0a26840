// Spectra of an adapter from its factors, as `tunediff weights BASE ADAPTER` measures them, without its pass over the base:
// the work that adaptersentry does on an adapter alone. BASE is opened for its shapes; its values are not read.
//   node bench/weights/factors.mjs BASE ADAPTER THREADS
import { pairTensors } from '../../dist/measure/weights/pairing.js'
import { openModel } from '../../dist/model/open.js'
import { matrixShape, readValues } from '../../dist/model/rows.js'
import { factorScratch, factorSpectrum } from '../../dist/tensor/factors.js'
import { openMatmul } from '../../dist/tensor/matmul.js'

const [base, adapter, threads] = process.argv.slice(2)
const matmul = await openMatmul({ threads: Number(threads) })
const pairs = pairTensors(await openModel(base), await openModel(adapter, { base }))
const rowsOf = (source) => ({
  ...matrixShape(source.shape),
  read: (start, end) => readValues(source, start, end),
})
const scratch = factorScratch()
let squares = 0
let count = 0
for (const { factors } of pairs) {
  if (!factors) continue
  const { a, b, scale } = factors.factors
  const spectrum = await factorSpectrum({ a: rowsOf(a), b: rowsOf(b), scale }, { matmul, scratch })
  squares += spectrum.squares
  count += spectrum.singularValues.length
}
process.stdout.write(
  `${count} singular values of ${pairs.length} matrices, norm of the delta ${Math.sqrt(squares)}\n`,
)
