// Natural logarithms of probabilities from logits, in fp64.
import { UserError } from '../../util/errors.ts'

const HINT = {
  hint: "its weights are damaged or overflow: 'tunediff weights BASE MODEL' names tensors that hold NaN",
}

/** ln of a token's probability under softmax(logits). */
export function logProbOf(logits: Float32Array, id: number): number {
  let maximum = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++) if (logits[i]! > maximum) maximum = logits[i]!
  return logits[id]! - maximum - logTotalOf(logits, maximum)
}

/** ln Σ e^(logit - maximum). What is no distribution is an error. */
export function logTotalOf(logits: Float32Array, maximum: number): number {
  if (!Number.isFinite(maximum))
    throw new UserError(`the model's largest logit is ${maximum}: its numbers overflow`, HINT)
  let total = 0
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - maximum)
  if (Number.isNaN(total)) throw new UserError('a logit of the model is NaN: it gives no probabilities', HINT)
  return Math.log(total)
}
