// Asks a model through the cache: a request that was answered before, by this model on this engine, is not made again.
// What is sent and what comes back is recorded for each sample.
import type { Call, Reply } from '../schema/call.ts'
import type { Answer, AnswerEngine, AnswerRequest, ContinuationScore, Refused } from '../schema/engine.ts'
import type { AnswerCache } from '../store/answers.ts'
import { sha256Value } from '../util/hash.ts'
import { scoreChoices } from './choiceReplies.ts'
import type { Asker } from './solver.ts'

export interface AskerOptions {
  engine: AnswerEngine
  /** Identity of the model. */
  model: string
  cache: AnswerCache
  record: (call: Call) => Promise<void>
}

type OnReply = (at: number, reply: Reply | Refused) => void

interface Asked<Request> {
  asked: readonly { sample: string; request: Request }[]
  /** Has the engine answer requests, in their order. */
  make: (requests: readonly Request[], onReply: OnReply) => Promise<unknown>
  onDone: (index: number, reply: Reply | Refused) => Promise<void>
}

export function openAsker(options: AskerOptions): Asker {
  const { engine } = options
  return {
    renderChat: (messages) => engine.renderChat(messages),
    answer: (requests, onDone) =>
      ask(options, {
        asked: requests.map(({ sample, ...request }) => ({ sample, request: normal(request) })),
        make: (missing, onReply) => engine.answer(missing, (at, answer) => onReply(at, replyOf(answer))),
        onDone: (i, reply) => onDone(i, 'refused' in reply ? reply : (reply.reply as { text: string })),
      }),
    scoreChoices: (requests, onDone) =>
      ask(options, {
        asked: requests.map(({ sample, choices, ...request }) => ({
          sample,
          request: { ...request, continuations: [...choices] },
        })),
        make: (missing, onReply) => scoreChoices(engine, missing, onReply),
        onDone: (i, reply) =>
          onDone(i, 'refused' in reply ? reply : (reply.reply as { scores: ContinuationScore[] })),
      }),
  }
}

/** Requests with equal keys are made once. */
async function ask<Request extends Call['request']>(
  { engine: { name, settings }, model, cache, record }: AskerOptions,
  { asked, make, onDone }: Asked<Request>,
): Promise<void> {
  const byKey = new Map<string, number[]>()
  for (const [i, { request }] of asked.entries()) {
    const key = sha256Value({ model, engine: name, settings, request })
    byKey.set(key, [...(byKey.get(key) ?? []), i])
  }
  const finish = async (key: string, reply: Reply | Refused, isOld: boolean): Promise<void> => {
    if (!isOld && !('refused' in reply)) await cache.put(key, reply)
    for (const [n, i] of byKey.get(key)!.entries()) {
      const cached = isOld || n > 0 ? { isCached: true as const } : {}
      if (!('refused' in reply)) await record({ ...asked[i]!, key, ...reply, ...cached })
      await onDone(i, reply)
    }
  }
  const missing: string[] = []
  for (const key of byKey.keys()) {
    const known = cache.get(key)
    if (known) await finish(key, known, true)
    else missing.push(key)
  }
  if (missing.length === 0) return
  const requests = missing.map((key) => asked[byKey.get(key)![0]!]!.request)
  await writing((keep) => make(requests, (at, reply) => keep(finish(missing[at]!, reply, false))))
}

/** Nothing is drawn from the seed of a greedy answer: with any seed it is the same request. */
function normal({ prompt, isRendered, maxTokens, temperature, topP, seed, stops }: AnswerRequest) {
  return {
    prompt,
    isRendered,
    maxTokens,
    temperature,
    topP,
    seed: temperature === 0 ? 0 : seed,
    stops: [...stops],
  }
}

function replyOf(answer: Answer | Refused): Reply | Refused {
  if ('refused' in answer) return answer
  const { text, finish, logProb, tokens, ms } = answer
  return { reply: { text, finish, logProb }, tokens, ms: Math.round(ms) }
}

/** Runs `work`, which hands in what is being written meanwhile, and waits for both: what fails first ends it. */
async function writing(work: (keep: (written: Promise<void>) => void) => Promise<unknown>): Promise<void> {
  const written: Promise<void>[] = []
  let fail: (error: unknown) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  const working = work((one) => {
    one.catch(fail)
    written.push(one)
  })
  working.catch(() => undefined)
  await Promise.race([working, failed])
  await Promise.all(written)
}
