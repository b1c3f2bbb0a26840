// How much of LoRA Land's gains may be answers in another format, as far as its table and one outside score can tell.
import { type LoraPair, type MeanOverTasks, meanOverTasks } from './loraPairs.ts'

/** Pairs whose base scores next to nothing: an answer in another format scores 0 as well. */
export interface LowBase {
  below: number
  pairs: number
  gain: MeanOverTasks
  others: MeanOverTasks
}

export interface HumanevalPair {
  model: string
  base: number
  tuned: number
  gain: number
}

/** A base below this share of right answers scores next to nothing. */
export const LOW_BASE = 0.05
// A base of the table that another harness scored on HumanEval (greedy, batch size 1).
const ELSEWHERE = {
  model: 'gemma-7b',
  base: 0.3232,
  source: 'EleutherAI/lm-evaluation-harness pull request 1992',
}

/** A base score from another harness, and the gain that is left of the table's when it is taken for the base. */
export interface Elsewhere {
  model: string
  impliedBase: number
  base: number
  gain: number
  gainLeft: number
  source: string
}

/** The rows that were scored by HumanEval. */
export function humanevalPairs(pairs: readonly LoraPair[]): HumanevalPair[] {
  return pairs
    .filter((pair) => pair.metric === 'humaneval')
    .map(({ model, base, tuned, gain }) => ({ model, base, tuned, gain }))
}

/** The row whose base was scored elsewhere as well, if it is there. */
export function elsewhere(pairs: readonly HumanevalPair[]): Elsewhere | null {
  const row = pairs.find((pair) => pair.model === ELSEWHERE.model)
  if (!row) return null
  return { ...ELSEWHERE, impliedBase: row.base, gain: row.gain, gainLeft: row.tuned - ELSEWHERE.base }
}

/** Pairs by whether their base scores next to nothing; null if all are on one side. */
export function lowBase(pairs: readonly LoraPair[]): LowBase | null {
  const low = pairs.filter((pair) => pair.base < LOW_BASE)
  const others = pairs.filter((pair) => pair.base >= LOW_BASE)
  if (low.length === 0 || others.length === 0) return null
  const gain = (pair: LoraPair): number => pair.gain
  return {
    below: LOW_BASE,
    pairs: low.length,
    gain: meanOverTasks(low, gain),
    others: meanOverTasks(others, gain),
  }
}
