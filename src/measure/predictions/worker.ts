// Entry of the thread that runs the models: opens them, others in their place when asked again, measures, counts tokens
// and draws samples.
import { openGenerator } from '../../generate/embedded/index.ts'
import { type Engine, openEngine } from '../../model/engine/index.ts'
import { endIfStopped, reply, serve } from '../../model/engine/threadSide.ts'
import { openTokenizer, sameTokenizer, type Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import { tokensOf } from './documents.ts'
import type { Job, OpenJob, Reply, SampleJob } from './jobs.ts'
import { measure } from './pass.ts'

let engine: Engine | undefined
let tokenizers: Tokenizer[] = []

const say = (message: Reply, transfer?: ArrayBuffer[]): void => reply(message, transfer)

serve(carryOut)

async function carryOut(job: Job): Promise<void> {
  switch (job.kind) {
    case 'open':
      return open(job)
    case 'count':
      return say({
        kind: 'counted',
        scored: job.documents.map(({ text }) => tokensOf(tokenizers[0]!, text).scored),
      })
    case 'measure': {
      let scored = 0
      await measure({
        engine: engine!,
        tokenizers,
        job,
        onDocument: ({ side, row, tokens }) =>
          say({ kind: 'document', side, row, tokens }, [tokens.buffer as ArrayBuffer]),
        onScored: (more) => {
          scored += more
          say({ kind: 'progress', scored })
        },
      })
      return say({ kind: 'done' })
    }
    case 'pieces': {
      const decoder = new TextDecoder()
      const texts = job.ids.map(
        (id) => decoder.decode(tokenizers[0]!.tokenBytes(id)) || tokenizers[0]!.decode([id]),
      )
      return say({ kind: 'pieces', texts })
    }
    case 'sample':
      return sample(job)
  }
}

async function open({ models, threads, probes }: OpenJob): Promise<void> {
  // Models whose files are one object share what is made from them.
  const files = new Set(models.map(({ tokenizer }) => tokenizer))
  const opened = new Map([...files].map((one) => [one, openTokenizer(one)]))
  tokenizers = models.map(({ tokenizer }) => opened.get(tokenizer)!)
  await engine?.[Symbol.asyncDispose]()
  engine = await openEngine({
    models: models.map(({ model }) => model),
    threads,
    isKept: false,
    onStep: endIfStopped,
  })
  const modes = tokenizers.map((tokenizer) =>
    sameTokenizer(tokenizers[0]!, tokenizer, probes)
      ? ('distributions' as const)
      : ('bits-per-byte' as const),
  )
  say({ kind: 'opened', modes })
}

/** Texts drawn at temperature 1 from nothing but what the tokenizer puts in front; weights are in memory meanwhile. */
async function sample({ model, count, tokens, seed, threads }: SampleJob): Promise<void> {
  const tokenizer = tokenizers[model]!
  await using generator = await openGenerator({ model: engine!.models[model]!.model, tokenizer, threads })
  const requests = Array.from({ length: count }, (_, i) => ({
    prompt: '',
    maxTokens: tokens,
    temperature: 1,
    seed: seed * count + i,
  }))
  const drawn = await generator.generate(requests, { onToken: endIfStopped })
  say({ kind: 'sampled', texts: drawn.map(({ text }) => text) })
}
