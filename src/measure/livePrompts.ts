// Several models on the same short prompts, against the first of them: what the check of a variant's liveness and the
// judging of a quantised merge measure with. A prompt is how a text begins, so that many texts are heard for few tokens.
import { availableParallelism } from 'node:os'
import { engineModel, loadModel } from '../model/engine/index.ts'
import { memoryNeed, refuseTooLarge } from '../model/engine/memory.ts'
import type { Model } from '../model/tensor.ts'
import { type TokenizerFiles, tokenizerFiles } from '../model/tokenizer/files.ts'
import { UserError } from '../util/errors.ts'
import type { DocumentReply, Mode, Side, TextDocument } from './predictions/jobs.ts'
import type { PredictionsThread } from './predictions/thread.ts'

export interface PromptModel {
  model: Model
  tokenizer: TokenizerFiles
}

export interface Prompts {
  thread: PredictionsThread
  documents: readonly TextDocument[]
  /** Of a prompt, at most; every one but the first is scored. */
  promptTokens: number
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

export interface OpenPrompts extends Prompts {
  /** Of each model: what can be compared with the first. */
  modes: readonly Mode[]
  /** Positions that are scored of each prompt, in the first model's tokens. */
  scored: readonly number[]
}

/** Models with their tokenizers; equal ones are one object, which the thread makes once. One without takes `fallback`'s. */
export async function withTokenizers(models: readonly Model[], fallback?: Model): Promise<PromptModel[]> {
  const known = new Map<string, TokenizerFiles>()
  const all: PromptModel[] = []
  for (const model of models) {
    const files = await tokenizerFiles(model).catch((error: unknown) => {
      if (fallback === undefined || !(error instanceof UserError)) throw error
      return tokenizerFiles(fallback)
    })
    const key = JSON.stringify({ ...files, path: null })
    const tokenizer = known.get(key) ?? files
    known.set(key, tokenizer)
    all.push({ model, tokenizer })
  }
  return all
}

/** Puts the models into the thread, in the place of others, and counts the prompts' tokens. */
export async function openPrompts(models: readonly PromptModel[], prompts: Prompts): Promise<OpenPrompts> {
  const { thread, documents, promptTokens, threads = availableParallelism() } = prompts
  const plain = models.map(({ model, tokenizer }) => ({ model: engineModel(model), tokenizer }))
  const loaded = plain.map(({ model }) => loadModel(model))
  refuseTooLarge(memoryNeed(loaded, promptTokens))
  const probes = documents.map(({ text }) => text)
  const { modes } = await thread.run({ kind: 'open', models: plain, threads, probes }, 'opened')
  const { scored } = await thread.run({ kind: 'count', documents }, 'counted')
  return { ...prompts, modes, scored: scored.map((count) => Math.min(count, promptTokens - 1)) }
}

/** What came of each prompt for each side, in the order of the sides; prompts that a side does not score are not among it. */
export async function measurePrompts(
  sides: readonly Side[],
  { thread, documents, promptTokens, onProgress }: OpenPrompts,
): Promise<DocumentReply[][]> {
  const replies = sides.map((): DocumentReply[] => [])
  const total =
    Math.max(...sides.map(({ scored }) => sum(scored))) + sum(sides.flatMap(({ scored }) => scored))
  const job = { kind: 'measure', documents, sides, context: promptTokens } as const
  await thread.run(job, 'done', (reply) => {
    if (reply.kind === 'progress') onProgress?.('tokens', Math.round(reply.scored), total)
    if (reply.kind === 'document') replies[reply.side]!.push(reply)
  })
  return replies
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
