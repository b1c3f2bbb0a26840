// What the pictures of predictions show, in sentences.
import type { PredictionsView } from '../../../src/schema/report.ts'
import { nats } from '../../../src/util/numbers.ts'

export type Stretch = PredictionsView['byPosition'][number]

/** Where it diverges most and least. `hasAll`: no stretch is left out because its mean is infinite. */
export function positionSentence(
  of: string,
  stretches: readonly Stretch[],
  { hasAll }: { hasAll: boolean },
): string {
  const name = hasAll ? of : `Where its mean is finite, ${of}`
  const sorted = [...stretches].sort((a, b) => b.kl.value - a.kl.value)
  const [most, least] = [sorted[0]!, sorted.at(-1)!]
  const tokens = ({ first, last }: Stretch) => `tokens ${first} to ${last}`
  const text = (stretch: Stretch) => `${tokens(stretch)} (${nats(stretch.kl.value)})`
  if (stretches.length === 1)
    return `${name} diverges by ${nats(most.kl.value)} nats on average at ${tokens(most)} of a document`
  if (most.kl.value === least.kl.value)
    return `${name} diverges by ${nats(most.kl.value)} nats on average wherever in a document a token stands`
  return `${name} diverges most at ${text(most)} of a document, least at ${text(least)}`
}
