// Entry of the thread that answers: holds one model, whose weights are read when they are first needed.
import { type Engine, openEngine } from '../../model/engine/index.ts'
import { endIfStopped, reply, serve } from '../../model/engine/threadSide.ts'
import { openTokenizer, type Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { Answer, AnswerRequest, Refused } from '../../schema/engine.ts'
import { UserError } from '../../util/errors.ts'
import { scoreContinuations } from './continuations.ts'
import { type Generator, generatorOf } from './index.ts'
import { type AnswerJob, type Job, type OpenJob, type Reply, ROWS, type ScoreJob } from './jobs.ts'
import { limitsOf, prepare, type TextRequest } from './requests.ts'

interface Opened {
  engine: Engine
  tokenizer: Tokenizer
  generator: Generator
}

let opened: Opened | undefined

const say = (message: Reply): void => reply(message)

serve(carryOut)

async function carryOut(job: Job): Promise<void> {
  switch (job.kind) {
    case 'open':
      opened = await open(job)
      return say({ kind: 'opened' })
    case 'render': {
      const text = opened!.tokenizer.chat(job.messages, { addGenerationPrompt: true })
      return say({ kind: 'rendered', text })
    }
    case 'answer':
      await answer(opened!, job)
      return say({ kind: 'done' })
    case 'score':
      await score(opened!, job)
      return say({ kind: 'done' })
  }
}

async function open({ model, tokenizer: files, threads }: OpenJob): Promise<Opened> {
  const tokenizer = openTokenizer(files)
  const engine = await openEngine({ models: [model], threads, onStep: endIfStopped })
  return { engine, tokenizer, generator: generatorOf({ engine, model: 0, tokenizer }) }
}

async function answer(of: Opened, { requests }: AnswerJob): Promise<void> {
  const answered = (index: number, found: Answer | Refused): void =>
    say({ kind: 'answered', index, answer: found })
  const asked: { index: number; request: TextRequest }[] = []
  for (const [index, request] of requests.entries()) {
    const ready = inTokens(request, of)
    if ('refused' in ready) answered(index, ready)
    else asked.push({ index, request: ready })
  }
  const startMs: number[] = []
  await of.generator.generate(
    asked.map(({ request }) => request),
    {
      maxRows: ROWS,
      onStart: (i) => {
        startMs[i] = performance.now()
      },
      onDone: (i, { text, ids, logProbs, finish }) => {
        const logProb = logProbs.reduce((sum, value) => sum + value, 0)
        const ms = performance.now() - startMs[i]!
        answered(asked[i]!.index, { text, tokens: ids.length, finish, logProb, ms })
      },
    },
  )
}

/** With its prompt in tokens; what the model cannot be asked is refused by itself. */
function inTokens(request: AnswerRequest, { engine, tokenizer }: Opened): TextRequest | Refused {
  const { isRendered, prompt: text, ...rest } = request
  const limits = limitsOf(engine.models[0]!.model)
  const given = isRendered ? tokenizer.encode(text, { special: false }) : text
  try {
    const { prompt } = prepare({ ...rest, prompt: given }, { tokenizer, limits, name: 'the request' })
    return { ...rest, prompt }
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message }
    throw error
  }
}

async function score({ engine, tokenizer }: Opened, { requests }: ScoreJob): Promise<void> {
  await scoreContinuations({
    engine,
    tokenizer,
    requests,
    onDone: (index, found) => say({ kind: 'scored', index, score: found }),
  })
}
