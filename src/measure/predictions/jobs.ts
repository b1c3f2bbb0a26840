// What the main thread and the thread that runs the models say to each other: plain data.
import type { EngineModel } from '../../model/engine/index.ts'
import type { TokenizerFiles } from '../../model/tokenizer/files.ts'
import type { DocumentRow } from '../../schema/predictions.ts'

export type Mode = 'distributions' | 'bits-per-byte'

export interface OpenJob {
  kind: 'open'
  /** The base first. */
  models: readonly { model: EngineModel; tokenizer: TokenizerFiles }[]
  threads: number
  /** Texts that tokenizers have to agree on to be one. */
  probes: readonly string[]
}

export interface OpenedReply {
  kind: 'opened'
  /** Of each model: what of its predictions can be compared with the base's. */
  modes: readonly Mode[]
}

/** A document as it is measured. */
export interface TextDocument {
  id: string
  corpus: string
  text: string
}

export interface CountJob {
  kind: 'count'
  documents: readonly TextDocument[]
}

/** Positions that can be scored of each document, in the base's tokens. */
export interface CountedReply {
  kind: 'counted'
  scored: readonly number[]
}

/** One comparison with the base. */
export interface Side {
  /** Index into the models. */
  model: number
  mode: Mode
  /** In another batch shape than the base: two copies, padded further. */
  isOtherShape: boolean
  /** Positions to score of each document; 0: it is not measured, or it was before. */
  scored: readonly number[]
}

export interface MeasureJob {
  kind: 'measure'
  documents: readonly TextDocument[]
  sides: readonly Side[]
  context: number
}

/** A document is done for a side. */
export interface DocumentReply {
  kind: 'document'
  side: number
  row: DocumentRow
  /** Rows of TOKEN_COLUMNS; none in bits-per-byte mode. */
  tokens: Float32Array
}

export interface ProgressReply {
  kind: 'progress'
  /** Positions scored so far, over all sides. */
  scored: number
}

export interface SampleJob {
  kind: 'sample'
  /** Index into the models. */
  model: number
  count: number
  tokens: number
  seed: number
  threads: number
}

export interface SampledReply {
  kind: 'sampled'
  texts: readonly string[]
}

/** Texts of single tokens of the base, to be shown. */
export interface PiecesJob {
  kind: 'pieces'
  ids: readonly number[]
}

export interface PiecesReply {
  kind: 'pieces'
  texts: readonly string[]
}

export interface DoneReply {
  kind: 'done'
}

export type Job = OpenJob | CountJob | MeasureJob | SampleJob | PiecesJob
export type Reply =
  | OpenedReply
  | CountedReply
  | DocumentReply
  | ProgressReply
  | SampledReply
  | PiecesReply
  | DoneReply
