// What became of a problem, in words and as a shape of its own.
import type { StudyReport } from '../../../src/schema/report.ts'
import type { Instance } from '../../../src/schema/results.ts'
import { printable } from '../../../src/util/text.ts'
import { type Flip, type FlipColumn, type FlipState, wordOf } from '../../answers.ts'
import { nameOf } from '../../sides.ts'

export const STATE_WORDS: Readonly<Record<FlipState, string>> = {
  broken: 'broken',
  fixed: 'fixed',
  partly: 'unchanged, right in part',
  'both-fail': 'both fail',
  'both-pass': 'both pass',
  'no-answer': 'no answer that counts',
}

/** From the middle of a mark, in a box of 12. */
const STATE_PATHS: Readonly<Record<FlipState, string>> = {
  broken: 'm0 4.6l4.7-8.2h-9.4z',
  fixed: 'm0-4.6l4.7 8.2h-9.4z',
  partly: 'm-3.2 1.5h6.4m-6.4-3h6.4',
  'both-fail': 'm-2.8-2.8l5.6 5.6m-5.6 0l5.6-5.6',
  // A dot, as the round end of a line.
  'both-pass': 'h0',
  'no-answer': 'm-3 0h6',
}

interface Paint {
  fill: string
  stroke?: string
  'stroke-width'?: number
  'stroke-linecap'?: 'round'
}

const LINE: Paint = { fill: 'none', stroke: 'var(--none)', 'stroke-width': 1.5, 'stroke-linecap': 'round' }

/** Broken and fixed are filled, others are drawn in a line. */
export const STATE_PAINT: Readonly<Record<FlipState, Paint>> = {
  broken: { fill: 'var(--worse)' },
  fixed: { fill: 'var(--better)' },
  partly: LINE,
  'both-fail': LINE,
  'both-pass': { ...LINE, 'stroke-width': 3.4 },
  'no-answer': LINE,
}

/** The shape of a state at every one of these places. */
export const statePath = (state: FlipState, places: readonly (readonly [number, number])[]): string =>
  places.map(([x, y]) => `M${x} ${y}${STATE_PATHS[state]}`).join('')

/** A sentence of a tile: its problem, what became of it, and the answers behind it. */
export function describer(study: StudyReport, columns: readonly FlipColumn[]): (flip: Flip) => string {
  const runs = runsOf(columns)
  return (flip) => {
    const answers = runs.map((run) => `${nameOf(study, run.instance)}: ${answersOf(run, flip)}`)
    return printable(`${flip.problem}: ${STATE_WORDS[flip.state]}. ${answers.join('; ')}`)
  }
}

/** What the answers of a run to a problem were: `pass`; of several `3 pass, 2 wrong`. */
export function answersOf({ isBase, at }: ColumnsOfRun, { base, variant }: Flip): string {
  return counted(at.map((column) => (isBase ? base : variant)[column]!))
}

interface ColumnsOfRun {
  instance: Instance
  isBase: boolean
  /** Columns that its answers are in. */
  at: number[]
}

/** Each run once, those of base sides before the variants that are compared with them. */
export function runsOf(columns: readonly FlipColumn[]): ColumnsOfRun[] {
  const runs = new Map<string, ColumnsOfRun>()
  columns.forEach((column, at) => {
    for (const [instance, isBase] of [[column.base, true] as const, [column.variant, false] as const]) {
      const key = JSON.stringify([instance.side, instance.seed, isBase])
      const run = runs.get(key) ?? { instance, isBase, at: [] }
      const isKnown = run.at.some((one) => columns[one]!.repeat === column.repeat)
      if (!isKnown) run.at.push(at)
      runs.set(key, run)
    }
  })
  return [...runs.values()]
}

function counted(letters: readonly string[]): string {
  if (letters.length === 1) return wordOf(letters[0]!)
  const counts = new Map<string, number>()
  for (const letter of letters) counts.set(wordOf(letter), (counts.get(wordOf(letter)) ?? 0) + 1)
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
}

/** What the marks of a tile are. */
export function marksText(columns: readonly FlipColumn[]): string {
  const seeds = [...new Set(columns.map(({ variant }) => variant.seed))]
  const isRepeated = columns.some(({ repeat }) => repeat > 0)
  const names = `seeds ${seeds.slice(0, -1).join(', ')} and ${seeds.at(-1)}`
  if (!isRepeated)
    return `The marks of a tile, from left to right: ${names}. Its colour is that of their mean.`
  const answers = 'The marks of a tile are answers to the same problem, from left to right'
  if (seeds.length === 1) return `${answers}. Its colour is that of their mean.`
  return `${answers}; its lines, from the top: ${names}. Its colour is that of their mean.`
}
