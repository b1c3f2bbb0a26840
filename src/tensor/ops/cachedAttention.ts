// Attention with keys and values of positions before that stand in buffers of their own: scores against both are joined
// instead of the keys, so that a cache is read once and never copied. For generation: no gradient.
import type { Tape, Value } from '../tape.ts'
import { batched } from './gemm.ts'

export interface CachedAttentionOptions {
  /** [B, KV, P, D] each. */
  past: { k: Value; v: Value }
  /** Over P + T, broadcast to [B, KV, G * T, P + T]. */
  mask: Value
  scale: number
}

/** Q [B, KV, G * T, D], K and V [B, KV, T, D] of the new positions -> [B, KV, G * T, D]. */
export function cachedAttention(
  tape: Tape,
  { Q, K, V }: { Q: Value; K: Value; V: Value },
  { past, mask, scale }: CachedAttentionOptions,
): Value {
  const sizes = [past.k.shape[2]!, K.shape[2]!]
  const [before, now] = sizes.map((size) => [...Q.shape.slice(0, -1), size]) as [number[], number[]]
  const shape = [...Q.shape.slice(0, -1), sizes[0]! + sizes[1]!]
  const parts = [past.k, K].map((keys) => batched(tape, Q, keys, { transposeRight: true, alpha: scale }))
  const scores = tape.node('Concat', parts, shape, { attributes: { axis: -1 } })
  const masked = tape.node('Add', [scores, mask], shape)
  const P = tape.node('Softmax', [masked], shape, { attributes: { axis: -1 } })
  const [ofPast, ofNew] = tape.nodes('Split', [P, tape.integers(...sizes)], [before, now], {
    attributes: { axis: -1 },
  }) as [Value, Value]
  return tape.node('Add', [batched(tape, ofPast, past.v), batched(tape, ofNew, V)], Q.shape)
}
