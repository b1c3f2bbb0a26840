// The elementwise pass alone, on one thread: weights per CPU second of a pair in memory, the kernels' other passes, and
// the same sums in plain JavaScript. Prints a Markdown table. The whole command is measured elsewhere.
import { cpus } from 'node:os'
import { emptySums, openKernels } from '../dist/tensor/kernels.js'

const ELEMENTS = 1 << 18
const MIN_CPU_S = 2
const kernels = openKernels({ chunkElements: ELEMENTS })
const sums = emptySums()

/** Weights like trained ones and a delta of half a percent, as fp32. */
function weights() {
  const gauss = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
  const base = Float32Array.from({ length: ELEMENTS }, () => 0.02 * gauss())
  return { base, variant: base.map((x) => x + 1e-4 * gauss()) }
}

const toBf16 = (values) => Uint16Array.from(new Uint32Array(values.buffer), (bits) => (bits + 0x8000) >>> 16)

function perCpuSecond(pass) {
  pass()
  const start = process.cpuUsage()
  let passes = 0
  let cpuS = 0
  while (cpuS < MIN_CPU_S) {
    for (let i = 0; i < 8; i++, passes++) pass()
    const { user, system } = process.cpuUsage(start)
    cpuS = (user + system) / 1e6
  }
  return Math.round((passes * ELEMENTS) / cpuS / 1e6)
}

/** The bar of no SIMD: the same sums, without counts and histogram, on values that are decoded already. */
function plain({ base, variant }) {
  let [bb, bd, dd, largest, changed] = [0, 0, 0, 0, 0]
  for (let i = 0; i < ELEMENTS; i++) {
    const delta = variant[i] - base[i]
    bb += base[i] * base[i]
    bd += base[i] * delta
    dd += delta * delta
    if (delta !== 0) changed++
    if (Math.abs(delta) > largest) largest = Math.abs(delta)
  }
  return [bb, bd, dd, largest, changed]
}

const values = weights()
const rows = []
const measure = (name, pass) => rows.push([name, perCpuSecond(pass)])

for (const dtype of ['BF16', 'F16', 'F32']) {
  const area = (bytes, side) => {
    if (dtype === 'F32') new Float32Array(bytes.buffer, bytes.byteOffset, ELEMENTS).set(side)
    else new Uint16Array(bytes.buffer, bytes.byteOffset, ELEMENTS).set(toBf16(side))
  }
  area(kernels.baseBytes, values.base)
  area(kernels.variantBytes, values.variant)
  measure(`compare ${dtype}`, () => kernels.compare(sums, { base: dtype, variant: dtype, count: ELEMENTS }))
  if (dtype !== 'BF16') continue
  measure('sums of one side, BF16', () => kernels.sumsOf(sums, 'BF16', ELEMENTS))
  measure('subtract, BF16', () => kernels.subtract({ base: 'BF16', variant: 'BF16', count: ELEMENTS }))
}
measure('simulated noise', () => kernels.uniformNoise({ seed: 1, firstIndex: 0, count: ELEMENTS }))
measure('plain JavaScript, decoded values, five sums', () => plain(values))

console.log(`${cpus()[0].model}, Node ${process.version}, one thread, ${ELEMENTS} elements a pass\n`)
console.log('| pass | million weights a CPU second |\n| --- | --- |')
for (const [name, rate] of rows) console.log(`| ${name} | ${rate} |`)
