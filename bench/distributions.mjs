// One position's comparison alone, on one thread: microseconds of CPU for the base and for each variant, at two sizes of
// vocabulary and several sizes of change. Prints a Markdown table. Uses dist/: `npm run build` first.
import { cpus } from 'node:os'
import { openRowStatistics, ROW_LENGTH } from '../dist/measure/predictions/rows.js'

const ROUNDS = 9
const ROUND_MS = 150
const gauss = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())

/** CPU microseconds a call: the median of rounds. */
function microseconds(call) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    const end = performance.now() + ROUND_MS
    let calls = 0
    while (performance.now() < end) {
      call()
      calls++
    }
    const { user, system } = process.cpuUsage(before)
    return (user + system) / calls
  })
  return rounds.sort((x, y) => x - y)[ROUNDS >> 1]
}

console.log(`${cpus()[0].model}, Node ${process.version}\n`)
console.log('| vocabulary | change of logits (sd) | KL, nats | base, us | variant, us |')
console.log('| ---: | ---: | ---: | ---: | ---: |')
for (const size of [49_152, 262_144]) {
  const statistics = openRowStatistics(size)
  const logits = Float32Array.from({ length: size }, () => 3 * gauss())
  const row = new Float32Array(ROW_LENGTH)
  for (const sd of [1e-5, 0.03, 0.1, 0.3, 1]) {
    const variant = logits.map((x) => x + sd * gauss())
    const base = microseconds(() => statistics.setBase({ logits, next: 1 }))
    const each = microseconds(() => statistics.addVariant(variant, row, 0))
    console.log(`| ${size} | ${sd} | ${row[0].toPrecision(2)} | ${base.toFixed(0)} | ${each.toFixed(0)} |`)
  }
}
