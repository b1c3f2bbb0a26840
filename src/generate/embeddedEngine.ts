// The engine `embedded`: a model that runs in a thread of this process. Good for small models; larger ones are for
// llama.cpp and servers.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { EngineModel } from '../model/engine/index.ts'
import { EngineThread } from '../model/engine/thread.ts'
import type { TokenizerFiles } from '../model/tokenizer/files.ts'
import type { Answer, AnswerEngine, ContinuationScore, Refused } from '../schema/engine.ts'
import { type Job, type Reply, ROWS } from './embedded/jobs.ts'

const NAME = 'embedded'
/** Raised when the same request comes to another answer than before. */
const REVISION = '1'

/** Threads are not among them: they change logits by the rounding of sums alone, as what is beside a text in a batch does. */
export function embeddedSettings(): { name: string; settings: Record<string, string> } {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
  return { name: NAME, settings: { revision: REVISION, onnxruntime: version, arithmetic: 'fp32' } }
}

export interface EmbeddedOptions {
  model: EngineModel
  tokenizer: TokenizerFiles
  threads: number
}

export async function openEmbedded({ model, tokenizer, threads }: EmbeddedOptions): Promise<AnswerEngine> {
  const thread = new EngineThread<Job, Reply>(fileURLToPath(import.meta.resolve('#generate-worker')))
  try {
    await thread.run({ kind: 'open', model, tokenizer, threads }, 'opened')
  } catch (error) {
    await thread[Symbol.asyncDispose]()
    throw error
  }
  let turn: Promise<unknown> = Promise.resolve()
  // One job at a time.
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const mine = turn.then(job)
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    ...embeddedSettings(),
    // All of a call go through one batch, which is filled up as texts end.
    parallel: ROWS,
    renderChat: (messages) =>
      inTurn(async () => (await thread.run({ kind: 'render', messages }, 'rendered')).text),
    answer: (requests, onDone) =>
      inTurn(async () => {
        const answers: (Answer | Refused)[] = []
        await thread.run({ kind: 'answer', requests }, 'done', (reply) => {
          if (reply.kind !== 'answered') return
          answers[reply.index] = reply.answer
          onDone?.(reply.index, reply.answer)
        })
        return answers
      }),
    scoreContinuations: (requests, onDone) =>
      inTurn(async () => {
        const scores: (ContinuationScore | Refused)[] = []
        await thread.run({ kind: 'score', requests }, 'done', (reply) => {
          if (reply.kind !== 'scored') return
          scores[reply.index] = reply.score
          onDone?.(reply.index, reply.score)
        })
        return scores
      }),
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  }
}
