// The operations in plain fp64, element by element as their papers write them; forward only. Row-major arrays.

export type Array64 = Float64Array

interface LinearReference {
  weight: Array64
  bias?: Array64
  lora?: { a: Array64; b: Array64; scale: number }[]
  outputScale?: Array64
  inputScale?: Array64
}

/** x [N, in] -> [N, out]. */
export function linear(x: Array64, [inside, outside]: [number, number], w: LinearReference): Array64 {
  const rows = x.length / inside
  const input = x.map((value, at) => value * (w.inputScale?.[at % inside] ?? 1))
  const sum = product(input, w.weight, rows, inside)
  for (const { a, b, scale } of w.lora ?? []) {
    const rank = a.length / inside
    const change = product(product(input, a, rows, inside), b, rows, rank)
    for (const [at, value] of change.entries()) sum[at]! += scale * value
  }
  return sum.map((value, at) => value * (w.outputScale?.[at % outside] ?? 1) + (w.bias?.[at % outside] ?? 0))
}

/** x [rows, inner] times the transpose of w [outer, inner]. */
function product(x: Array64, w: Array64, rows: number, inner: number): Array64 {
  const outer = w.length / inner
  return Float64Array.from({ length: rows * outer }, (_, at) => {
    const [row, column] = [Math.floor(at / outer), at % outer]
    let sum = 0
    for (let i = 0; i < inner; i++) sum += x[row * inner + i]! * w[column * inner + i]!
    return sum
  })
}

export function rmsNorm(x: Array64, gamma: Array64, epsilon: number): Array64 {
  const size = gamma.length
  return mapRows(x, size, (row) => {
    const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / size
    return row.map((value, i) => (gamma[i]! * value) / Math.sqrt(meanSquare + epsilon))
  })
}

/** x [.., heads * size], a position for every row; angle of pair i is position * theta^(-2i / size). */
export function rope(
  x: Array64,
  { size, width, positions, theta }: { size: number; width: number; positions: number[]; theta: number },
): Array64 {
  return mapRows(x, width, (row, n) =>
    mapRows(row, size, (head) => {
      const half = size / 2
      return head.map((value, i) => {
        const angle = positions[n]! * theta ** ((-2 * (i % half)) / size)
        const other = i < half ? -head[i + half]! : head[i - half]!
        return value * Math.cos(angle) + other * Math.sin(angle)
      })
    }),
  )
}

export interface AttentionReference {
  batch: number
  heads: number
  kvHeads: number
  scale: number
  /** Of a query and a key, both counted from the first of the new positions. */
  isSeen(query: number, key: number): boolean
  /** [B, KV, P, D]. */
  past?: { k: Array64; v: Array64; length: number }
}

/** q [B, T, H * D], k and v [B, T, KV * D] -> [B * T, H * D]. */
export function attention(
  q: Array64,
  k: Array64,
  v: Array64,
  options: AttentionReference & { length: number },
): Array64 {
  const { batch, heads, kvHeads, length } = options
  const size = q.length / (batch * length * heads)
  const out = new Float64Array(q.length)
  for (let at = 0; at < batch * length * heads; at++) {
    const [b, t, h] = [Math.floor(at / (length * heads)), Math.floor(at / heads) % length, at % heads]
    const group = Math.floor((h * kvHeads) / heads)
    const keys = keysOf({ k, v, options, size }, b, group, t)
    const query = q.subarray(at * size, (at + 1) * size)
    const scores = keys.map(({ key }) => options.scale * dot(query, key))
    const top = Math.max(...scores)
    const powers = scores.map((score) => Math.exp(score - top))
    const total = powers.reduce((sum, power) => sum + power, 0)
    for (const [j, { value }] of keys.entries()) {
      for (let i = 0; i < size; i++) out[at * size + i]! += (powers[j]! / total) * value[i]!
    }
  }
  return out
}

function keysOf(
  {
    k,
    v,
    options,
    size,
  }: { k: Array64; v: Array64; options: AttentionReference & { length: number }; size: number },
  batch: number,
  group: number,
  query: number,
): { key: Array64; value: Array64 }[] {
  const { past, kvHeads, length, isSeen } = options
  const at = (values: Array64, row: number): Array64 => values.subarray(row * size, (row + 1) * size)
  const keys: { key: Array64; value: Array64 }[] = []
  for (let s = 0; s < (past?.length ?? 0); s++) {
    if (!isSeen(query, s - past!.length)) continue
    const row = (batch * kvHeads + group) * past!.length + s
    keys.push({ key: at(past!.k, row), value: at(past!.v, row) })
  }
  for (let s = 0; s < length; s++) {
    const row = (batch * length + s) * kvHeads + group
    if (isSeen(query, s)) keys.push({ key: at(k, row), value: at(v, row) })
  }
  return keys
}

const dot = (x: Array64, y: Array64): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)

export const silu = (x: number): number => x / (1 + Math.exp(-x))

export const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))

export const geluErf = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2))

/** Maclaurin series, for |x| below 4 or so. */
function erf(x: number): number {
  let [sum, term] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

export const gated = (gate: Array64, up: Array64, activation: (x: number) => number): Array64 =>
  gate.map((value, i) => activation(value) * up[i]!)

export const embedding = (ids: readonly number[], table: Array64, size: number): Array64 =>
  Float64Array.from(
    { length: ids.length * size },
    (_, at) => table[ids[Math.floor(at / size)]! * size + (at % size)]!,
  )

/** Sum over rows of weight * (ln of the sum of exponentials - logit of the target). */
export function crossEntropy(
  h: Array64,
  table: Array64,
  { targets, weights, size }: { targets: readonly number[]; weights: readonly number[]; size: number },
): number {
  const logits = product(h, table, targets.length, size)
  const words = table.length / size
  return targets.reduce((loss, target, n) => {
    const row = logits.subarray(n * words, (n + 1) * words)
    const top = Math.max(...row)
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
    return loss + weights[n]! * (top + Math.log(total) - row[target]!)
  }, 0)
}

function mapRows(x: Array64, width: number, change: (row: Array64, index: number) => Array64): Array64 {
  const out = new Float64Array(x.length)
  for (let n = 0; n < x.length / width; n++) {
    out.set(change(x.subarray(n * width, (n + 1) * width), n), n * width)
  }
  return out
}
