// What `applied` finds, as it is printed by --json.

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
