// Products of matrices in fp32 (and fp64) through onnxruntime's Gemm: one small session a kind of product, both matrices
// fed as inputs straight from their typed arrays, results written straight into the caller's.
import type { InferenceSession } from 'onnxruntime-node'
import { Graph } from './onnx/graph.ts'
import { loadRuntime, type Runtime, sessionOptions } from './runtime.ts'

/** Row-major. `values` is not in shared memory: onnxruntime refuses that. */
export interface Matrix<T extends Float32Array | Float64Array = Float32Array> {
  rows: number
  columns: number
  values: T
}

/** An fp32 matrix, zero unless values are given. */
export function matrixOf(rows: number, columns: number, values?: Float32Array): Matrix {
  return { rows, columns, values: values ?? new Float32Array(rows * columns) }
}

export interface ProductOptions<T> {
  transposeLeft?: boolean
  transposeRight?: boolean
  /** Where the product goes; a new array otherwise. Neither of the factors. */
  out?: T
  /** Added to the product; of its shape. May be `out`: then the product is added to what is there. */
  add?: T
}

interface Kind {
  transposeLeft: boolean
  transposeRight: boolean
  hasAdd: boolean
  type: 'float32' | 'float64'
}

export interface Matmul extends AsyncDisposable {
  /** op(left) op(right) [+ add], row-major. The call blocks its thread although it returns a promise. */
  product<T extends Float32Array | Float64Array>(
    left: Matrix<T>,
    right: Matrix<T>,
    options?: ProductOptions<T>,
  ): Promise<T>
}

/** Products on `threads` threads. Dispose it to free its sessions. */
export async function openMatmul(options: { threads: number }): Promise<Matmul> {
  const runtime = await loadRuntime()
  const sessions = new Map<string, Promise<InferenceSession>>()
  return {
    async product(left, right, how = {}) {
      const type = left.values instanceof Float64Array ? 'float64' : 'float32'
      const kind: Kind = {
        transposeLeft: how.transposeLeft ?? false,
        transposeRight: how.transposeRight ?? false,
        hasAdd: how.add !== undefined,
        type,
      }
      const key = JSON.stringify(kind)
      let session = sessions.get(key)
      if (!session) {
        session = runtime.InferenceSession.create(
          productModel(kind),
          sessionOptions(options.threads, { hasArena: false }),
        )
        sessions.set(key, session)
      }
      return multiply(runtime, await session, { left, right, how, kind })
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions.values()) await (await session).release()
      sessions.clear()
    },
  }
}

function productModel({ transposeLeft, transposeRight, hasAdd, type }: Kind): Uint8Array {
  const graph = new Graph()
  const inputs = [
    graph.input('left', type, transposeLeft ? ['inner', 'rows'] : ['rows', 'inner']),
    graph.input('right', type, transposeRight ? ['columns', 'inner'] : ['inner', 'columns']),
  ]
  if (hasAdd) inputs.push(graph.input('add', type, ['rows', 'columns']))
  graph.node('Gemm', inputs, ['out'], {
    attributes: { transA: Number(transposeLeft), transB: Number(transposeRight) },
  })
  graph.output('out', type, ['rows', 'columns'])
  return graph.finish()
}

interface Call<T extends Float32Array | Float64Array> {
  left: Matrix<T>
  right: Matrix<T>
  how: ProductOptions<T>
  kind: Kind
}

async function multiply<T extends Float32Array | Float64Array>(
  runtime: Runtime,
  session: InferenceSession,
  { left, right, how, kind }: Call<T>,
): Promise<T> {
  const [rows, inner] = kind.transposeLeft ? [left.columns, left.rows] : [left.rows, left.columns]
  const [innerRight, columns] = kind.transposeRight
    ? [right.columns, right.rows]
    : [right.rows, right.columns]
  if (inner !== innerRight) throw new RangeError(`(${rows} x ${inner}) times (${innerRight} x ${columns})`)
  const make = (values: T) => (r: number, c: number) => {
    if (values.length !== r * c) throw new RangeError(`${values.length} values for (${r} x ${c})`)
    return new runtime.Tensor(kind.type, values as Float32Array, [r, c])
  }
  const out =
    how.out ?? (kind.type === 'float64' ? new Float64Array(rows * columns) : new Float32Array(rows * columns))
  const feeds = {
    left: make(left.values)(left.rows, left.columns),
    right: make(right.values)(right.rows, right.columns),
    ...(how.add === undefined ? {} : { add: make(how.add)(rows, columns) }),
  }
  await session.run(feeds, { out: make(out as T)(rows, columns) })
  return out as T
}
