// What `applied` finds, as it is printed by --json.
import type { Absent, Estimate } from '../../schema/estimate.ts'

/** How one tensor that the adapter touches stands in the merged model. */
export type AppliedStatus =
  | 'exact'
  | 'within-rounding'
  | 'other-strength'
  | 'other-factors'
  | 'not-applied'
  | 'altered'
  /** The replay changes nothing at this format, so base and merge look alike. */
  | 'no-effect'

export interface AppliedTensor {
  tensor: string
  method: string
  shape: readonly number[]
  elements: number
  status: AppliedStatus
  /** Share of elements with exactly the replayed value. */
  equalShare: number
  /** Share of elements that the replay moves away from the base. */
  movedShare: number
  /** Largest distance to the replay, in units in the last place of the largest number of the sum. */
  maxUlps: number
  /** Least-squares factor along the adapter's delta, 1 where it is applied as it is; null without a delta. */
  strength: number | null
  /** What is left beside strength times delta, relative to the delta; null without a delta. */
  residual: number | null
  /** What the residual would be from rounding alone; null without a delta. */
  roundingResidual: number | null
  /** The order of rounding that fits best. */
  order: string
  /** What was found, in words, where that is more than the status. */
  note: string | null
}

/** Something of the adapter that could not be checked. */
export interface Unaccounted {
  name: string
  reason: string
}

export interface OtherTensors {
  /** Tensors that no part of an adapter touches and both models hold. */
  checked: number
  altered: readonly { tensor: string; equalShare: number; roundsToBase: boolean }[]
  onlyBase: readonly string[]
  onlyMerged: readonly string[]
}

export type Verdict = 'applied' | 'not-applied' | 'cannot-tell'

export interface AppliedReport {
  base: string
  adapters: readonly string[]
  merged: string
  verdict: Verdict
  tensors: readonly AppliedTensor[]
  unaccounted: readonly Unaccounted[]
  others: OtherTensors
}

/** What predictions say of a merge whose weights cannot be replayed. All estimates over texts, in nats a token. */
export interface PredictionsJudgement {
  base: string
  adapters: readonly string[]
  merged: string
  verdict: Verdict
  /** What is done to the files of base and merged model on load; null where nothing is. */
  notes: { base: string | null; merged: string | null }
  /** Schemes of the merged model: base and base + adapter are measured in those that are defined, not in the others. */
  quantised: { defined: readonly string[]; others: readonly string[] }
  texts: { from: readonly string[]; documents: number; tokens: number }
  /** Mean Jensen-Shannon divergences: the three sides of a triangle. */
  js: {
    /** Merged model and base. */
    toBase: Estimate
    /** Merged model and base + adapter. */
    toAdapted: Estimate
    /** Base and base + adapter: what the adapter does. */
    effect: Estimate
  }
  /** The same sides as KL(base || merged), KL(base + adapter || merged), KL(base || base + adapter). */
  kl: Record<'toBase' | 'toAdapted' | 'effect', Estimate | Absent>
  /** js.toBase - js.toAdapted: above 0 the merged model is nearer to base + adapter. */
  nearer: Estimate
  /** js.effect less twice the shorter of the two others: above 0 the adapter does clearly more than what is left. */
  clear: Estimate
  /** Where the merged model lies on the way from the base (0) to base + adapter (1). */
  along: Estimate | Absent
  /** Why it cannot be told, in words; null where it can. */
  reason: string | null
}
