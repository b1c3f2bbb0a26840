// What a training came to, a row a seed: losses, cost, files.
import type { Variant } from '../schema/training.ts'
import { duration } from '../util/progress.ts'
import { byteSize, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

export interface TrainedRow {
  seed: number
  variant: Variant
  firstLoss: number
  lastLoss: number
  heldOutLoss: number | null
  notes: readonly string[]
}

export function trainedBlocks(rows: readonly TrainedRow[]): Block[] {
  const [first] = rows
  if (!first) return []
  const { recipe, base, data } = first.variant
  const bases = [...new Set(rows.map(({ variant }) => variant.base.spec))]
  const cells = rows.map(({ seed, variant: { cost }, firstLoss, lastLoss, heldOutLoss }) => [
    String(seed),
    String(cost!.steps),
    firstLoss.toFixed(3),
    lastLoss.toFixed(3),
    heldOutLoss === null ? '-' : heldOutLoss.toFixed(3),
    `${((100 * cost!.trainedParameters) / cost!.parameters).toPrecision(3)} %`,
    byteSize(cost!.fileBytes),
    duration(cost!.trainSeconds),
    `${cost!.peakMemoryMb} MB`,
  ])
  const ends = rows.flatMap(({ seed, variant: { cost } }) =>
    cost!.endedEarly ? [`seed ${seed} ended early: ${cost!.endedEarly}`] : [],
  )
  const notes = [...first.notes, ...(base.note ? [`the base: ${base.note}`] : []), ...ends]
  return [
    { kind: 'heading', text: `${recipe.method} on ${bases.join(', ')}` },
    {
      kind: 'paragraph',
      text: `${plural(data.examples, 'example')}, ${plural(data.trainedTokens, 'token')} of them trained on, ${data.heldOut} held out.`,
    },
    {
      kind: 'table',
      columns: [
        { title: 'seed', align: 'right' },
        { title: 'steps', align: 'right' },
        { title: 'first loss', align: 'right' },
        { title: 'last loss', align: 'right' },
        { title: 'held-out loss', align: 'right' },
        { title: 'trained', align: 'right' },
        { title: 'files', align: 'right' },
        { title: 'time', align: 'right' },
        { title: 'peak memory', align: 'right' },
      ],
      rows: cells,
    },
    ...(notes.length > 0 ? [{ kind: 'list', items: notes } satisfies Block] : []),
  ]
}
