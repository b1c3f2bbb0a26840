// A liveness in one sentence.
import type { Liveness } from '../schema/live.ts'
import { plural } from '../util/text.ts'

/** As the user wrote them. */
export interface Sides {
  base: string
  variant: string
}

export function liveSentence(
  { verdict, prompts, tokens, moved, zero }: Liveness,
  { base, variant }: Sides,
): string {
  const on = `on ${plural(prompts, 'prompt')} (${plural(tokens, 'token')})`
  if (verdict === 'identical') {
    return `Not live: ${variant} gives every log-probability of ${base}, to the bit, ${on}: it is the base under another name`
  }
  const by = `at most ${natsText(moved.largest)} nats in a log-probability${klText(moved)}`
  const line = `the base against itself in another batch shape: ${natsText(zero.largest)}${klText(zero)}`
  if (verdict === 'within-arithmetic') {
    return `Cannot tell whether ${variant} is live: it moved ${by}, which is no more than arithmetic does (${line}), ${on}`
  }
  return `Live: ${variant} moved ${by}, ${on}; ${line}`
}

const klText = ({ kl }: Pick<Liveness['moved'], 'kl'>): string =>
  typeof kl === 'number' ? `, KL ${natsText(kl)}` : ''

export const natsText = (value: number): string =>
  value === 0 ? '0' : value < 1e-3 || value >= 1e4 ? value.toExponential(1) : value.toPrecision(2)
