// What the main thread and the thread that answers say to each other: plain data.
import type { EngineModel } from '../../model/engine/index.ts'
import type { TokenizerFiles } from '../../model/tokenizer/files.ts'
import type {
  Answer,
  AnswerRequest,
  ChatMessage,
  ContinuationRequest,
  ContinuationScore,
  Refused,
} from '../../schema/engine.ts'

/**
 * Texts in a batch at most; fewer where memory is short. SmolLM2-135M makes 128 tokens a CPU second with 32, 95 with 16, 75
 * with 8.
 */
export const ROWS = 32

export interface OpenJob {
  kind: 'open'
  model: EngineModel
  tokenizer: TokenizerFiles
  threads: number
}

export interface RenderJob {
  kind: 'render'
  messages: readonly ChatMessage[]
}

export interface AnswerJob {
  kind: 'answer'
  requests: readonly AnswerRequest[]
}

export interface ScoreJob {
  kind: 'score'
  requests: readonly ContinuationRequest[]
}

export type Job = OpenJob | RenderJob | AnswerJob | ScoreJob

export type Reply =
  | { kind: 'opened' }
  | { kind: 'rendered'; text: string }
  /** As they finish. */
  | { kind: 'answered'; index: number; answer: Answer | Refused }
  | { kind: 'scored'; index: number; score: ContinuationScore | Refused }
  | { kind: 'done' }
