// Texts from models that run in this process: greedy or sampled, several at once. Blocks its thread while it computes.
// Good for small models; larger ones are for llama.cpp.
import { Decoder } from '../../model/engine/decoder.ts'
import { type Engine, type EngineModel, type LoadedModel, openEngine } from '../../model/engine/index.ts'
import { WeightStore } from '../../model/engine/weightStore.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import { type DrawnIds, drawIds } from './batch.ts'
import { rowsThatFit } from './memory.ts'
import { type Limits, limitsOf, prepare, type TextRequest } from './requests.ts'
import { openTextStream } from './textStream.ts'

export type { TextRequest }

/** Texts that are computed together at most, where the caller does not say. */
const MAX_ROWS = 8

export interface GeneratedText extends DrawnIds {
  /** Without the stop string and end token. */
  text: string
}

export interface GenerateOptions {
  maxRows?: number
  /** Before the first step of a request. */
  onStart?: (request: number) => void
  /** What it throws ends the call. `text` is what has become certain with this token; what is held back until the end is in onDone's whole text alone. */
  onToken?: (request: number, token: { id: number; logProb: number; text: string }) => void
  onDone?: (request: number, result: GeneratedText) => void
}

export interface Generator extends AsyncDisposable {
  /** Results in the order of the requests. Calls wait for each other. */
  generate(requests: readonly TextRequest[], options?: GenerateOptions): Promise<GeneratedText[]>
}

/** With weights of its own. */
export async function openGenerator({
  model,
  tokenizer,
  threads,
}: {
  model: EngineModel
  tokenizer: Tokenizer
  threads: number
}): Promise<Generator> {
  const engine = await openEngine({ models: [model], threads })
  const { generate } = generatorOf({ engine, model: 0, tokenizer })
  return { generate, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

/**
 * With a model of an open engine, and the weights that it has in memory; where it reads layers anew each time, they are
 * kept as long as this generator is there. The engine stays open when this one is disposed.
 */
export function generatorOf({
  engine,
  model,
  tokenizer,
}: {
  engine: Engine
  model: number
  tokenizer: Tokenizer
}): Generator {
  const loaded = engine.models[model]!
  const limits = limitsOf(loaded.model)
  const { layerWeights } = engine.parts
  const weights = layerWeights.isKept ? layerWeights : new WeightStore({ isKept: true })
  const decoder = new Decoder(engine, model, weights)
  let turn: Promise<unknown> = Promise.resolve()
  return {
    generate(requests, options = {}) {
      const mine = turn.then(() =>
        generate({ decoder, model: loaded, tokenizer, limits, requests, ...options }),
      )
      turn = mine.catch(() => undefined)
      return mine
    },
    [Symbol.asyncDispose]: async () => void (await turn),
  }
}

interface GenerateTask extends GenerateOptions {
  decoder: Decoder
  model: LoadedModel
  tokenizer: Tokenizer
  limits: Limits
  requests: readonly TextRequest[]
}

async function generate(task: GenerateTask): Promise<GeneratedText[]> {
  const { decoder, model, tokenizer, limits, requests, onStart, onToken, onDone } = task
  const prepared = requests.map((request, i) => prepare(request, { tokenizer, limits, name: `request ${i}` }))
  const streams = requests.map(({ stops = [] }) => openTextStream(stops))
  const texts = requests.map(() => '')
  const results: GeneratedText[] = []
  await drawIds({
    decoder,
    requests: prepared,
    ends: tokenizer.eos,
    ...(onStart ? { onStart } : {}),
    maxRows: rowsThatFit(prepared, {
      model,
      maxRows: task.maxRows ?? MAX_ROWS,
      missingBytes: decoder.missingBytes,
    }),
    onToken(request, id, logProb) {
      const stream = streams[request]!
      // End tokens stand for no text, nor do ids that the tokenizer does not know: output layers may be padded.
      const isText = id < tokenizer.vocabularySize && !tokenizer.eos.includes(id)
      const text = isText ? stream.push(tokenizer.tokenBytes(id)) : ''
      texts[request] += text
      onToken?.(request, { id, logProb, text })
      return stream.isStopped ? 'stop' : undefined
    },
    onDone(request, drawn) {
      const rest = streams[request]!.finish()
      results[request] = { ...drawn, text: texts[request] + rest }
      onDone?.(request, results[request])
    },
  })
  return results
}
