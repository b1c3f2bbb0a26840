// Whether a variant is live, in words and a table.
import { liveSentence, natsText, type Sides } from '../measure/liveSentence.ts'
import type { Liveness } from '../schema/live.ts'
import type { Block } from './blocks.ts'

export function liveBlocks(liveness: Liveness, sides: Sides): Block[] {
  const row = (title: string, prompts: number, { largest, kl }: Liveness['moved']): string[] => [
    title,
    String(prompts),
    natsText(largest),
    typeof kl === 'number' ? natsText(kl) : '-',
  ]
  return [
    { kind: 'finding', text: `${liveSentence(liveness, sides)}.` },
    {
      kind: 'table',
      columns: [
        { title: 'from the base', maxWidth: 60 },
        { title: 'prompts', align: 'right' },
        { title: 'largest change of a log-probability, nats', align: 'right' },
        { title: 'KL, nats', align: 'right' },
      ],
      rows: [
        row(sides.variant, liveness.prompts, liveness.moved),
        row(`${sides.base} in another batch shape`, liveness.zero.prompts, liveness.zero),
      ],
    },
  ]
}
