// Where the chance in a training's score comes from: standard deviations by source, of each recipe on the task on which its
// seeds differ most. Results have those of every task.

import type { PageBlock } from '../schema/blocks.ts'
import type { Estimate } from '../schema/estimate.ts'
import type { Results } from '../schema/results.ts'
import type { SeedReport, VarianceSource } from '../schema/seeds.ts'
import { points } from '../util/numbers.ts'

const TITLES: Readonly<Record<VarianceSource, string>> = {
  seed: 'seeds',
  problem: 'problems',
  interaction: 'flips between seeds',
  sampling: 'drawn answers',
}
const SOURCES = Object.keys(TITLES) as VarianceSource[]

export function seedTable({ effects, asked }: Results): PageBlock[] {
  const rows = asked.sides.flatMap(({ name }) => {
    const reports = effects.flatMap(({ side, seeds }) => (side !== name || 'absent' in seeds ? [] : [seeds]))
    const scored = reports.filter((report) => seedPart(report) !== null)
    if (scored.length === 0) return []
    const most = scored.reduce((a, b) => (seedPart(b)!.value > seedPart(a)!.value ? b : a))
    return [[name, most.task, ...SOURCES.map((source) => cellOf(most, source))]]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'paragraph',
      text: "Chance in one training's score, by where it comes from: standard deviations in points, on the task on which seeds differ most.",
    },
    {
      kind: 'table',
      columns: [
        { title: 'recipe' },
        { title: 'task' },
        ...SOURCES.map((source) => ({ title: TITLES[source], align: 'right' as const })),
      ],
      rows,
    },
  ]
}

function seedPart({ variance: { parts } }: SeedReport): Estimate | null {
  return 'absent' in parts.seed ? null : parts.seed.score
}

/** Sources that cannot be told apart stand as one, under the first of them. */
function cellOf({ variance: { parts, joined } }: SeedReport, source: VarianceSource): string {
  const part = parts[source]
  if (!('absent' in part)) return deviation(part.score)
  if (joined === null || joined.sources[0] !== source)
    return joined?.sources.includes(source) ? 'with it' : '-'
  return deviation(joined.part.score)
}

function deviation({ value, low, high }: Estimate): string {
  const root = (variance: number): string => points(Math.sqrt(Math.max(0, variance)))
  return low === null || high === null ? root(value) : `${root(value)} [${root(low)}, ${root(high)}]`
}
