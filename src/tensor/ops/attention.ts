// Attention with grouped key-value heads (arXiv 2305.13245): softmax(scale * Q K^T + mask) V. Queries of one group are
// rows of one matrix, so keys and values are never repeated and their gradients sum over the group in the product.
import type { Tape, Value } from '../tape.ts'
import { cachedAttention } from './cachedAttention.ts'
import { columnShape, multiply, transpose, view } from './elementwise.ts'
import { batched } from './gemm.ts'

export interface AttentionOptions {
  heads: number
  kvHeads: number
  scale: number
  /** Added to the scores; broadcast to [B, KV, G * T, S], or to [B, KV, G, T, S] where it has five dimensions. */
  mask: Value
  /** Keys (rotated) and values of positions before these, [B, KV, P, D]. Has no gradient. */
  past?: { k: Value; v: Value }
  /** Prefix of the keys Q, K, V and O, under which [B, KV, .., D] may be saved. K and V are the new ones without the past. */
  save?: string
}

/** q [B, T, H * D], k and v [B, S, KV * D] -> [B * T, H * D]. The mask covers the past too. */
export function attention(tape: Tape, q: Value, k: Value, v: Value, options: AttentionOptions): Value {
  const { mask, past, save, scale, kvHeads } = options
  const heads = layoutOf(tape, q, options)
  const keep = (value: Value, key: string): Value =>
    save === undefined ? value : tape.save(value, save + key)
  const K = keep(splitKeys(tape, k, kvHeads), 'K')
  const V = keep(splitKeys(tape, v, kvHeads), 'V')
  const Q = keep(heads.split(q), 'Q')
  const joined = (O: Value): Value => view(tape, heads.join(O), [q.shape[0]! * q.shape[1]!, q.shape[2]!])
  if (past) {
    if (tape.needsGradient(q, k, v)) throw new Error('attention with a past has no gradient')
    return joined(cachedAttention(tape, { Q, K, V }, { past, mask, scale }))
  }
  const scores = batched(tape, Q, K, { transposeRight: true, alpha: scale })
  const P = view(tape, softmax(tape, scores, mask, q.shape[1]!), scores.shape)
  const O = keep(batched(tape, P, V), 'O')
  return tape.record(joined(O), [q, k, v], (gradient) => {
    const dO = heads.split(gradient)
    const dP = batched(tape, dO, V, { transposeRight: true })
    const dots = tape.node('ReduceSum', [multiply(tape, dO, O), tape.integers(-1)], columnShape(O.shape), {
      attributes: { keepdims: 1 },
    })
    const dScores = multiply(tape, P, tape.node('Sub', [dP, dots], P.shape))
    tape.accumulate(v, () => joinKeys(tape, batched(tape, P, dO, { transposeLeft: true }), v.shape))
    tape.accumulate(k, () =>
      joinKeys(tape, batched(tape, dScores, Q, { transposeLeft: true, alpha: scale }), k.shape),
    )
    tape.accumulate(q, () => view(tape, heads.join(batched(tape, dScores, K, { alpha: scale })), q.shape))
  })
}

/** Over the last dimension of scores [B, KV, G * T, S] with the mask added. */
function softmax(tape: Tape, scores: Value, mask: Value, length: number): Value {
  const [batch, kvHeads, rows, keys] = scores.shape as [number, number, number, number]
  const wide =
    mask.shape.length === 5 ? view(tape, scores, [batch, kvHeads, rows / length, length, keys]) : scores
  const masked = tape.node('Add', [wide, mask], wide.shape)
  return tape.node('Softmax', [masked], wide.shape, { attributes: { axis: -1 } })
}

interface Layout {
  /** [B, T, H * D], in whatever shape -> [B, KV, G * T, D]. */
  split(x: Value): Value
  /** Back, to [B, T, KV, G, D]. */
  join(x: Value): Value
}

function layoutOf(tape: Tape, q: Value, { heads, kvHeads }: AttentionOptions): Layout {
  const [batch, length, width] = q.shape as [number, number, number]
  const [group, size] = [heads / kvHeads, width / heads]
  return {
    split(x) {
      const parts = view(tape, x, [batch, length, kvHeads, group, size])
      return view(tape, transpose(tape, parts, [0, 2, 3, 1, 4]), [batch, kvHeads, group * length, size])
    },
    join: (x) => transpose(tape, view(tape, x, [batch, kvHeads, group, length, size]), [0, 3, 1, 2, 4]),
  }
}

/** [B, S, KV * D] -> [B, KV, S, D]. */
function splitKeys(tape: Tape, x: Value, kvHeads: number): Value {
  const [batch, length, width] = x.shape as [number, number, number]
  return transpose(tape, view(tape, x, [batch, length, kvHeads, width / kvHeads]), [0, 2, 1, 3])
}

const joinKeys = (tape: Tape, x: Value, shape: readonly number[]): Value =>
  view(tape, transpose(tape, x, [0, 2, 1, 3]), shape)
