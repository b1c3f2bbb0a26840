// A test of this onnxruntime at start-up: the operators that ONNX's standard does not have, as the operations here use
// them, against plain values. A wrong kernel would not fail, it would give wrong measurements.
import { UserError } from '../../util/errors.ts'
import { NF4_BLOCK, NF4_CODEBOOK } from '../nf4.ts'
import { type Buffer, openProgram, type Program, sizeOf } from '../program.ts'
import { uniformValues } from '../random.ts'
import { loadRuntime } from '../runtime.ts'
import { type ProgramGraph, Tape, type Value } from '../tape.ts'
import { batched } from './gemm.ts'
import { linear } from './linear.ts'
import { rmsNorm } from './rmsNorm.ts'
import { rope } from './rope.ts'

/** Relative to the largest value. fp32 kernels are within 1e-6. */
const TOLERANCE = 1e-5

interface Probe {
  operator: string
  /** Feeds by name; numbers are drawn where only a shape is given. */
  shapes: Readonly<Record<string, readonly number[]>>
  given?: Readonly<Record<string, Buffer>>
  emit(tape: Tape, value: (name: string) => Value): Value
  wanted(feeds: (name: string) => ArrayLike<number>): number[]
}

let checked: Promise<void> | undefined

/** Rejects where an operator is missing or wrong. Once a process. */
export function checkContribOps(): Promise<void> {
  checked ??= probeOperators()
  return checked
}

/** The test itself; `tape` is what the operators are emitted on. */
export async function probeOperators(
  tape = new Tape({ isBackward: false, saved: new Set() }),
): Promise<void> {
  const feeds: Record<string, Buffer> = {}
  const values: Record<string, Value> = {}
  for (const probe of PROBES) values[probe.operator] = emitted(tape, probe, feeds)
  const graph = tape.forward(values)
  const program = await opened(graph)
  const got = Object.fromEntries(
    [...graph.outputs].map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]),
  )
  await program.run(feeds, got)
  await program.release()
  for (const { operator, wanted } of PROBES) {
    const off = worst(
      got[operator]!,
      wanted((name) => feeds[`${operator}.${name}`] as Float32Array),
    )
    if (!(off <= TOLERANCE))
      throw await refusal(`${operator} is off by ${off.toExponential(1)} of its largest value`)
  }
}

function emitted(tape: Tape, probe: Probe, feeds: Record<string, Buffer>): Value {
  for (const [i, [name, shape]] of Object.entries(probe.shapes).entries()) {
    feeds[`${probe.operator}.${name}`] = probe.given?.[name] ?? uniformValues(i + 1, sizeOf(shape))
  }
  return probe.emit(tape, (name) => {
    const type = typeOf(feeds[`${probe.operator}.${name}`]!)
    return tape.input(`${probe.operator}.${name}`, probe.shapes[name]!, { type })
  })
}

const typeOf = (values: Buffer): 'float32' | 'int64' | 'uint8' =>
  values instanceof BigInt64Array ? 'int64' : values instanceof Uint8Array ? 'uint8' : 'float32'

async function opened(graph: ProgramGraph): Promise<Program> {
  try {
    return await openProgram(graph, { threads: 1 })
  } catch (cause) {
    throw await refusal('an operator is missing or refuses its inputs', cause)
  }
}

async function refusal(what: string, cause?: unknown): Promise<UserError> {
  const { versions } = (await loadRuntime()).env
  return new UserError(`onnxruntime-node ${versions.node ?? versions.common} cannot be used: ${what}.`, {
    hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
    cause,
  })
}

function worst(got: Float32Array, wanted: readonly number[]): number {
  const largest = Math.max(...wanted.map(Math.abs))
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(got[i]! - value) / largest), 0)
}

const [ROWS, SIZE, EPSILON] = [3, 8, 0.01]
const NF4_SIZE = 32

const PROBES: readonly Probe[] = [
  {
    operator: 'SimplifiedLayerNormalization',
    shapes: { x: [ROWS, SIZE], gamma: [SIZE] },
    emit: (tape, value) => rmsNorm(tape, value('x'), value('gamma'), EPSILON),
    wanted: (feeds) =>
      grid(ROWS, SIZE, (row, i) => {
        const x = Array.from(feeds('x')).slice(row * SIZE, (row + 1) * SIZE)
        const meanSquare = x.reduce((sum, one) => sum + one * one, 0) / SIZE
        return (x[i]! * feeds('gamma')[i]!) / Math.sqrt(meanSquare + EPSILON)
      }),
  },
  {
    operator: 'RotaryEmbedding',
    shapes: { x: [1, ROWS, SIZE], positions: [1, ROWS], cos: [5, 2], sin: [5, 2] },
    given: { positions: BigInt64Array.of(4n, 0n, 2n) },
    emit: (tape, value) =>
      rope(tape, value('x'), {
        positions: value('positions'),
        cos: value('cos'),
        sin: value('sin'),
        negSin: value('sin'),
      }),
    wanted: (feeds) =>
      grid(ROWS, SIZE, (row, i) => {
        // Two heads of size 4: pairs are two apart.
        const [at, isFirst] = [row * SIZE + i, i % 4 < 2]
        const angle = Number(feeds('positions')[row]!) * 2 + (i % 2)
        const other = isFirst ? -feeds('x')[at + 2]! : feeds('x')[at - 2]!
        return feeds('x')[at]! * feeds('cos')[angle]! + other * feeds('sin')[angle]!
      }),
  },
  {
    operator: 'FusedMatMul',
    shapes: { a: [2, SIZE, ROWS], b: [2, 5, SIZE] },
    emit: (tape, value) =>
      batched(tape, value('a'), value('b'), { transposeLeft: true, transposeRight: true, alpha: 0.3 }),
    wanted: (feeds) =>
      grid(2 * ROWS, 5, (row, column) => {
        const [stack, at] = [Math.floor(row / ROWS), row % ROWS]
        return (
          0.3 *
          sum(
            SIZE,
            (i) => feeds('a')[(stack * SIZE + i) * ROWS + at]! * feeds('b')[(stack * 5 + column) * SIZE + i]!,
          )
        )
      }),
  },
  {
    operator: 'MatMulBnb4',
    shapes: {
      x: [ROWS, NF4_SIZE],
      codes: [NF4_SIZE ** 2 / 2],
      scales: [NF4_SIZE ** 2 / NF4_BLOCK],
    },
    given: { codes: Uint8Array.from({ length: NF4_SIZE ** 2 / 2 }, (_, i) => (i * 37 + (i >> 4)) & 255) },
    emit: (tape, value) =>
      linear(tape, value('x'), {
        weight: { codes: value('codes'), scales: value('scales'), shape: [NF4_SIZE, NF4_SIZE] },
      }),
    wanted: (feeds) =>
      grid(ROWS, NF4_SIZE, (row, column) =>
        sum(NF4_SIZE, (i) => {
          const at = column * NF4_SIZE + i
          const pair = feeds('codes')[at >> 1]!
          const code = at % 2 === 0 ? pair >> 4 : pair & 15
          return (
            feeds('x')[row * NF4_SIZE + i]! *
            NF4_CODEBOOK[code]! *
            feeds('scales')[Math.floor(at / NF4_BLOCK)]!
          )
        }),
      ),
  },
]

const grid = (rows: number, columns: number, value: (row: number, column: number) => number): number[] =>
  Array.from({ length: rows * columns }, (_, at) => value(Math.floor(at / columns), at % columns))

const sum = (count: number, term: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((total, one) => total + one, 0)
