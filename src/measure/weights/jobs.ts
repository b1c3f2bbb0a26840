// What worker threads are asked and what they answer: plain data both ways.
import type { TensorSource } from '../../model/tensor.ts'
import type { Spectrum } from '../../schema/weights.ts'
import type { TensorPair } from './pairing.ts'

/** Rows [start, end) of a pair, compared element by element; with `perRow` the norm of each row's delta. */
export interface PassJob {
  kind: 'pass'
  pair: TensorPair
  start: number
  end: number
  perRow: boolean
}

/** Sums over a part of a tensor; they add up. */
export interface PassPart {
  n: number
  base: number
  delta: number
  baseDelta: number
  /** Sum of spacing^2, not yet divided by 12. */
  spacing: number
  maxSpacing: number
  maxAbsDelta: number
  changed: number
  aboveOneUlp: number
  signFlips: number
  nonFinite: number
  histogram: [number, number][]
  /** |delta| of each row. */
  rowNorms: Float32Array | null
}

/** Sums of a low-rank delta on its base, from its factors. */
export interface FactorsJob {
  kind: 'factors'
  pair: TensorPair
}

/** The spectrum of a pair's delta. */
export interface SpectrumJob {
  kind: 'spectrum'
  pair: TensorPair
  isFull: boolean
}

/** The first `count` singular vectors of a pair's delta, from its factors where it has them. */
export interface BasesJob {
  kind: 'bases'
  pair: TensorPair
  count: number
}

/** Singular vectors as columns of orthonormal bases, row-major (rows x k) and (columns x k). */
export interface Bases {
  k: number
  left: Float32Array
  right: Float32Array
}

/** Squares and dot products of the deltas of several variants, rows [start, end). */
export interface GramJob {
  kind: 'gram'
  base: TensorSource
  variants: TensorSource[]
  start: number
  end: number
}

export type Job = PassJob | FactorsJob | SpectrumJob | BasesJob | GramJob

export interface JobResults {
  pass: PassPart
  factors: PassPart & { spectrum: Spectrum }
  spectrum: Spectrum
  bases: Bases
  /** Row-major, variants x variants. */
  gram: Float64Array
}
