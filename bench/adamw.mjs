// A step of AdamW, and the norm of gradients: CPU nanoseconds a parameter on one thread, the median of alternated rounds. The
// kernel with its copies against loops (`rounded` does the same arithmetic in fp32, `loop` what is fastest to write) and
// against one graph of onnxruntime. Prints a Markdown table.

import { openAdamWKernel } from '../dist/tensor/adamw.js'
import { Graph } from '../dist/tensor/onnx/graph.js'
import { loadRuntime, sessionOptions } from '../dist/tensor/runtime.js'
import { clipFactor } from '../dist/train/clip.js'
import { median } from './rounds.mjs'

const SIZES = [20_000, 3_000_000, 30_000_000]
const ROUNDS = 9
const NUMBERS = {
  gradientScale: 0.5,
  learningRate: 1e-3,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  step: 9,
}
const { gradientScale: scale, beta1, beta2, epsilon } = NUMBERS
const keep = 1 - NUMBERS.learningRate * NUMBERS.weightDecay
const root = Math.sqrt(1 - beta2 ** NUMBERS.step)
const size = NUMBERS.learningRate / (1 - beta1 ** NUMBERS.step)
const f = Math.fround

const make = (length, frequency) =>
  Float32Array.from({ length }, (_, i) => Math.abs(Math.sin(i * frequency)) * 0.01)
const arraysOf = (length) => ({
  values: make(length, 1.7),
  gradients: make(length, 2.3),
  m: make(length, 0.3),
  v: make(length, 0.7),
})

function loop({ values, gradients, m, v }) {
  for (let i = 0; i < values.length; i++) {
    const g = gradients[i] * scale
    const first = m[i] + (1 - beta1) * (g - m[i])
    const second = v[i] * beta2 + (1 - beta2) * g * g
    m[i] = first
    v[i] = second
    values[i] = values[i] * keep - (size * first) / (Math.sqrt(second) / root + epsilon)
  }
}

function rounded({ values, gradients, m, v }) {
  const [share1, share2, decay] = [f(1 - beta1), f(1 - beta2), f(beta2)]
  for (let i = 0; i < values.length; i++) {
    const g = f(gradients[i] * scale)
    const first = f(m[i] + f(share1 * f(g - m[i])))
    const second = f(f(v[i] * decay) + f(f(share2 * g) * g))
    m[i] = first
    v[i] = second
    const below = f(f(f(Math.sqrt(second)) / f(root)) + f(epsilon))
    values[i] = f(f(values[i] * f(keep)) - f(f(f(size) * first) / below))
  }
}

/** The same as nodes; what comes out goes to other arrays than what goes in. */
async function graphRun(length) {
  const graph = new Graph()
  for (const name of ['w', 'g', 'm', 'v']) graph.input(name, 'float32', [length])
  const numbers = { scale, keep, share1: 1 - beta1, beta2, share2: 1 - beta2, root, epsilon, size }
  for (const [name, value] of Object.entries(numbers))
    graph.constant(name, 'float32', [1], Float32Array.of(value))
  const nodes =
    'gs=Mul g scale;d=Sub gs m;ds=Mul d share1;nm=Add m ds;gg=Mul gs gs;ggs=Mul gg share2;vb=Mul v beta2;nv=Add vb ggs;r=Sqrt nv;rr=Div r root;den=Add rr epsilon;sm=Mul nm size;q=Div sm den;wk=Mul w keep;nw=Sub wk q'
  for (const node of nodes.split(';')) {
    const [out, operator, ...inputs] = node.split(/[= ]/)
    graph.node(operator, inputs, [out])
  }
  for (const name of ['nw', 'nm', 'nv']) graph.output(name, 'float32', [length])
  const runtime = await loadRuntime()
  const session = await runtime.InferenceSession.create(graph.finish(), sessionOptions(1, { hasArena: true }))
  const tensors = (arrays) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => [name, new runtime.Tensor('float32', array, [length])]),
    )
  const { values: w, gradients: g, m, v } = arraysOf(length)
  const [feeds, fetches] = [
    tensors({ w, g, m, v }),
    tensors({ nw: new Float32Array(length), nm: new Float32Array(length), nv: new Float32Array(length) }),
  ]
  return () => session.run(feeds, fetches)
}

console.log('| parameters | kernel | loop | rounded | graph | norm |\n|---|---|---|---|---|---|')
for (const length of SIZES) {
  const arrays = arraysOf(length)
  const kernel = openAdamWKernel()
  const gradients = new Map([['x', arrays.gradients]])
  const ways = [
    () => kernel(arrays, NUMBERS),
    () => loop(arrays),
    () => rounded(arrays),
    await graphRun(length),
    () => clipFactor(gradients, 1),
  ]
  const spent = ways.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, way] of ways.entries()) {
      const before = process.cpuUsage()
      const times = Math.max(1, Math.round(2e6 / length))
      for (let time = 0; time < times; time++) await way()
      const { user, system } = process.cpuUsage(before)
      spent[i].push(((user + system) * 1e3) / length / times)
    }
  }
  console.log(`| ${length} | ${spent.map((times) => median(times).toFixed(2)).join(' | ')} |`)
}
