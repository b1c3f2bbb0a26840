// Log-probabilities of continuations: each text goes through the layers whole, several together, and only the rows that
// predict the continuation go through the output layer.
import { type Engine, WINDOWS_TOGETHER } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { ContinuationRequest, ContinuationScore, Refused } from '../../schema/engine.ts'
import { logProbOf } from './logProb.ts'
import { rowsThatFit } from './memory.ts'
import { limitsOf } from './requests.ts'

export interface ScoreOptions {
  engine: Engine
  tokenizer: Tokenizer
  requests: readonly ContinuationRequest[]
  onDone: (index: number, score: ContinuationScore | Refused) => void
}

/** Prompt and continuation in tokens; the continuation's are those from `first` on. */
interface Whole {
  index: number
  ids: Int32Array
  first: number
}

export async function scoreContinuations(options: ScoreOptions): Promise<void> {
  const { engine, requests, onDone } = options
  const wholes: Whole[] = []
  for (const [index, request] of requests.entries()) {
    const whole = inTokens(request, options)
    if ('refused' in whole) onDone(index, whole)
    else wholes.push({ index, ...whole })
  }
  refuseTooLong(engine, wholes)
  for (let start = 0; start < wholes.length; start += WINDOWS_TOGETHER) {
    const group = wholes.slice(start, start + WINDOWS_TOGETHER)
    const states = await engine.hidden(
      0,
      // What follows the last token is not asked for.
      group.map(({ ids }) => ids.subarray(0, -1)),
    )
    for (const [i, whole] of group.entries()) {
      onDone(whole.index, {
        logProb: await sumOver(engine, whole, states[i]!),
        tokens: whole.ids.length - whole.first,
      })
    }
  }
}

/**
 * As lm-eval has it: blanks at the end of the prompt belong to the continuation, and its tokens are those of the whole text
 * behind as many as the prompt alone has.
 */
function inTokens(
  { prompt, isRendered, continuation }: ContinuationRequest,
  { engine, tokenizer }: ScoreOptions,
): Omit<Whole, 'index'> | Refused {
  const encode = (text: string): Int32Array =>
    isRendered ? tokenizer.encode(text, { special: false }) : tokenizer.encodeForScoring(text).ids
  const body = encode(prompt + continuation)
  const before = encode(isRendered ? prompt : prompt.trimEnd())
  // Something has to predict the first token.
  const begins = before.length > 0
  if (!begins && tokenizer.bos === null)
    return { refused: 'the prompt is empty, and the tokenizer has no token to begin a text with' }
  const ids = begins ? body : Int32Array.of(tokenizer.bos!, ...body)
  const first = begins ? before.length : 1
  if (ids.length <= first) return { refused: `${JSON.stringify(continuation)} adds no token to the prompt` }
  const { context } = limitsOf(engine.models[0]!.model)
  if (context !== null && ids.length - 1 > context)
    return {
      refused: `prompt and choice have ${ids.length} tokens, and the context of the model has ${context}`,
    }
  return { ids, first }
}

function refuseTooLong(engine: Engine, wholes: readonly Whole[]): void {
  const longest = Math.max(1, ...wholes.map(({ ids }) => ids.length))
  rowsThatFit([{ prompt: new Int32Array(longest), maxTokens: 0 }], {
    model: engine.models[0]!,
    maxRows: 1,
    missingBytes: 0,
  })
}

async function sumOver(engine: Engine, { ids, first }: Whole, states: Float32Array): Promise<number> {
  const { vocabulary } = engine.models[0]!.parameters
  const step = engine.headRows(0)
  let sum = 0
  for (let at = first - 1; at < ids.length - 1; at += step) {
    const count = Math.min(step, ids.length - 1 - at)
    const logits = await engine.logits(0, states, { first: at, count })
    for (let i = 0; i < count; i++)
      sum += logProbOf(logits.subarray(i * vocabulary, (i + 1) * vocabulary), ids[at + i + 1]!)
  }
  return sum
}
