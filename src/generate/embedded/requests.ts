// A request for a text, and what it has to be for a model before anything is computed.
import type { EngineModel } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { IdRequest } from './batch.ts'

export interface TextRequest {
  /**
   * A text gets what the tokenizer puts before one (BOS). Tokens are taken as they are: for what a chat template wrote,
   * which holds its own BOS, give tokenizer.encode(text, {special: false}).
   */
  prompt: string | Int32Array
  /** The text may end earlier where the model's context does. */
  maxTokens: number
  /** 0: always the most probable token. */
  temperature: number
  topK?: number | undefined
  topP?: number | undefined
  /** A whole number; equal requests with equal seeds give equal texts. */
  seed: number
  /** Each ends the text, which stops before it. */
  stops?: readonly string[] | undefined
}

/** What a model and its tokenizer allow. */
export interface Limits {
  spec: string
  /** Positions that the model was made for; null: not known. */
  context: number | null
}

export function limitsOf({ spec, config }: EngineModel): Limits {
  const { text_config: inner, max_position_embeddings: own } = config
  const value = own ?? (inner as Record<string, unknown> | undefined)?.max_position_embeddings
  return { spec, context: typeof value === 'number' ? value : null }
}

/** The request in tokens, checked. `name` is what errors call it. */
export function prepare(
  request: TextRequest,
  { tokenizer, limits, name }: { tokenizer: Tokenizer; limits: Limits; name: string },
): IdRequest {
  check(request, name)
  const { prompt: given, maxTokens, temperature, topK, topP, seed } = request
  const prompt = promptOf(given, { tokenizer, limits, name })
  const left = limits.context === null ? maxTokens : limits.context - prompt.length + 1
  if (left < 1) {
    throw new UserError(
      `${name}: its prompt has ${prompt.length} tokens, and the context of ${limits.spec} has ${limits.context}`,
      { hint: 'shorten the prompt' },
    )
  }
  return { prompt, maxTokens: Math.min(maxTokens, left), temperature, topK, topP, seed }
}

function promptOf(
  prompt: string | Int32Array,
  { tokenizer, limits, name }: { tokenizer: Tokenizer; limits: Limits; name: string },
): Int32Array {
  const ids = typeof prompt === 'string' ? tokenizer.encodeForScoring(prompt).ids : prompt
  if (ids.length > 0) return ids
  if (typeof prompt === 'string' && tokenizer.bos !== null) return Int32Array.of(tokenizer.bos)
  throw new UserError(
    `${name}: the prompt is empty, and ${
      typeof prompt === 'string'
        ? `the tokenizer of ${limits.spec} has no token to begin a text with`
        : 'it was given in tokens'
    }`,
    { hint: 'begin the text yourself: one word is enough' },
  )
}

function check({ maxTokens, temperature, topK, topP, seed, stops = [] }: TextRequest, request: string): void {
  const rules: [
    name: string,
    value: number | undefined,
    isRight: (value: number) => boolean,
    wanted: string,
  ][] = [
    [
      'maxTokens',
      maxTokens,
      (value) => Number.isSafeInteger(value) && value >= 1,
      'a whole number of 1 or more',
    ],
    ['temperature', temperature, (value) => Number.isFinite(value) && value >= 0, '0 or more'],
    ['topK', topK, (value) => Number.isSafeInteger(value) && value >= 1, 'a whole number of 1 or more'],
    ['topP', topP, (value) => value > 0 && value <= 1, 'above 0 and at most 1'],
    ['seed', seed, Number.isSafeInteger, 'a whole number'],
  ]
  for (const [name, value, isRight, wanted] of rules) {
    if (value === undefined || isRight(value)) continue
    throw new UserError(`${request}: ${name} is ${oneLine(String(value))}`, {
      hint: `it has to be ${wanted}`,
    })
  }
  if (stops.includes('')) {
    throw new UserError(`${request}: a stop string is empty`, { hint: 'leave it out' })
  }
}
