// Records and figures of results.json in words.
import { instanceName, type Results } from '../../schema/results.ts'

export const RECORDS = [
  'trainings',
  'weights',
  'predictions',
  'zeroLines',
  'live',
  'scores',
  'pairs',
  'effects',
  'changes',
] as const satisfies readonly (keyof Results)[]
export type RecordList = (typeof RECORDS)[number]
export type ResultRecord = Results[RecordList][number]

/** What a list is about, where side and task do not say it. */
const TOPICS: Readonly<Record<RecordList, string | null>> = {
  trainings: 'training',
  weights: 'weights',
  predictions: 'predictions',
  zeroLines: 'zero lines',
  live: 'liveness',
  scores: 'score',
  pairs: null,
  effects: 'statement',
  changes: 'what differs',
}

/** `lora (seed 2) on sums`, `lora (seed 2) against other, weights`. Against the base goes without saying. */
export function recordName(list: RecordList, record: ResultRecord, base: string | undefined): string {
  const { side, seed, against, task } = record as {
    side: string
    seed?: number | null
    against?: string | { side: string }
    task?: string | null
  }
  const other = typeof against === 'object' ? against.side : against
  const topic = TOPICS[list]
  return [
    instanceName({ side, seed: seed ?? null }),
    other === undefined || other === base ? '' : ` against ${other}`,
    task === null || task === undefined ? '' : ` on ${task}`,
    topic === null ? '' : `, ${topic}`,
  ].join('')
}

/** Steps that say nothing, and those that say too little. */
const STEPS: Readonly<Record<string, string>> = {
  report: '',
  value: '',
  low: 'lower bound',
  high: 'upper bound',
  p: 'p',
  holmP: "Holm's p",
  mcnemarP: "McNemar's p",
  kl: 'KL',
  klReverse: 'reverse KL',
  js: 'JS',
  tv: 'TV',
  mde: 'smallest difference that is found',
  zero: 'zero line',
}

/** `kinds q_proj relative change`, `delta lower bound`. */
export function figureWords(record: unknown, path: readonly string[]): string {
  const words: string[] = []
  let value = record
  for (const step of path) {
    const isItem = Array.isArray(value)
    value = (value as Record<string, unknown> | undefined)?.[step]
    words.push(isItem ? itemName(value, Number(step)) : (STEPS[step] ?? spaced(step)))
  }
  return words.filter((word) => word !== '').join(' ')
}

function itemName(item: unknown, index: number): string {
  const { name, kind, rule, key } = (item ?? {}) as Record<string, unknown>
  return String(name ?? kind ?? rule ?? key ?? index + 1)
}

const spaced = (step: string): string =>
  step.replace(/([a-z])([A-Z])/g, (_, a, b: string) => `${a} ${b.toLowerCase()}`)
