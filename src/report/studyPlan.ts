// A study's cells as tables: what there is to do, what is there, what the rest would take.
import { instanceName } from '../schema/results.ts'
import type { CellKind } from '../schema/study.ts'
import { duration } from '../util/progress.ts'
import { byteSize, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

export interface PlanRow {
  kind: CellKind
  /** Without seeds and tasks, which are counted. */
  sides: readonly { side: string; seed: number | null; against: string | null }[]
  task: string | null
  state: 'done' | 'begun' | 'failed' | 'missing'
  message: string | null
  /** Memory foreseen at the peak; null: it is not. */
  bytes: number | null
  isSmall: boolean
}

export interface PlanReport {
  name: string
  folder: string
  cells: readonly PlanRow[]
  left: { seconds: number; unknown: number }
}

const KINDS: Readonly<Record<CellKind, string>> = {
  variant: 'variants to train',
  import: 'recorded answers',
  live: 'is it live',
  run: 'runs',
  weights: 'weights',
  predictions: 'predictions',
}

export function planBlocks({ name, folder, cells, left }: PlanReport): Block[] {
  const groups = new Map<string, PlanRow[]>()
  for (const cell of cells) {
    const { side, against } = cell.sides[0]!
    const key = JSON.stringify([cell.kind, side, against])
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  const rows = [...groups.values()].map((group) => {
    const { kind, sides } = group[0]!
    const { side, against } = sides[0]!
    const known = group.flatMap(({ bytes }) => bytes ?? [])
    return [
      KINDS[kind],
      sideText(kind, side, against),
      String(group.length),
      count(group, 'done'),
      count(group, 'begun'),
      count(group, 'failed'),
      known.length === 0 ? '' : byteSize(Math.max(...known)),
    ]
  })
  return [
    { kind: 'heading', text: `${name}: ${plural(cells.length, 'cell')} in ${folder}` },
    {
      kind: 'table',
      columns: [
        { title: 'what' },
        { title: 'side' },
        { title: 'cells', align: 'right' },
        { title: 'done', align: 'right' },
        { title: 'begun', align: 'right' },
        { title: 'failed', align: 'right' },
        { title: 'memory', align: 'right' },
      ],
      rows,
    },
    { kind: 'paragraph', text: leftSentence(cells, left) },
    ...failedBlocks(cells),
  ]
}

function sideText(kind: CellKind, side: string, against: string | null): string {
  if (kind === 'predictions' && side === against) return `zero lines of ${side}`
  return against === null ? side : `${side} against ${against}`
}

function count(group: readonly PlanRow[], state: PlanRow['state']): string {
  const found = group.filter((cell) => cell.state === state).length
  return found === 0 ? '' : String(found)
}

function leftSentence(cells: readonly PlanRow[], { seconds, unknown }: PlanReport['left']): string {
  const missing = cells.filter(({ state }) => state !== 'done').length
  if (missing === 0) return 'Nothing is left to do.'
  const left = `${plural(missing, 'cell is', 'cells are')} left`
  if (unknown === missing) return `${left}. How long they take is not known before one of each kind is done.`
  const foreseen = `about ${duration(seconds)} on this machine, by those that are done`
  if (unknown === 0) return `${left}: ${foreseen}.`
  return `${left}: ${missing - unknown} of them take ${foreseen}; of ${unknown} it is not known before one of the kind is done.`
}

/** Cells that failed, with why. */
function failedBlocks(cells: readonly PlanRow[]): Block[] {
  const failed = cells.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return []
  return [
    { kind: 'paragraph', text: `${plural(failed.length, 'cell')} failed, and what needs them is left out:` },
    { kind: 'list', items: failed.map((cell) => `${cellName(cell)}: ${cell.message}`) },
  ]
}

/** `lora (seed 2), weights against base`. */
export function cellName({ kind, sides, task }: Pick<PlanRow, 'kind' | 'sides' | 'task'>): string {
  const { side, seed, against } = sides[0]!
  const who = instanceName({ side, seed })
  switch (kind) {
    case 'variant':
      return `${who}, training`
    case 'import':
      return `${who}, recorded answers`
    case 'live':
      return `${who}, is it live against ${against}`
    case 'run':
      return `${who} on ${task}`
    case 'weights':
      return `${who}, weights against ${against}`
    case 'predictions':
      return side === against ? `${who}, zero lines of predictions` : `${who}, predictions against ${against}`
  }
}
