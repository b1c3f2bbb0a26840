// Texts that grow token by token, several at once, against a slow reference: the whole text through the engine again for
// each token; and against transformers' generate (goldens/architectures).
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type DrawnIds, drawIds } from '../../src/generate/embedded/batch.ts'
import { Decoder } from '../../src/model/engine/decoder.ts'
import { type Engine, engineModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { architectureCases, architectureGoldens, logSoftmax, TinyModels } from '../support/engine.ts'

const tiny = new TinyModels()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const { models, adapters, generated } = architectureCases
const specOf = (name: string): string => (name === 'nf4' ? `nf4:${tiny.folder(name)}` : tiny.folder(name)!)
const open = async (spec: string, isKept = true): Promise<Engine> =>
  openEngine({ models: [engineModel(await openModel(spec))], threads: 1, isKept })

const greedy = (prompts: readonly (readonly number[])[], maxTokens: number) =>
  prompts.map((ids) => ({ prompt: Int32Array.from(ids), maxTokens, temperature: 0, seed: 0 }))

interface Draw {
  prompts: readonly (readonly number[])[]
  maxTokens: number
  maxRows?: number
}

const drawGreedy = (engine: Engine, { prompts, maxTokens, maxRows = 4 }: Draw): Promise<DrawnIds[]> =>
  drawIds({ decoder: new Decoder(engine, 0), requests: greedy(prompts, maxTokens), ends: [], maxRows })

/** The whole text again for each token. */
async function slowGreedy(engine: Engine, prompt: readonly number[], maxTokens: number): Promise<Reference> {
  const ids = [...prompt]
  const logProbs: number[] = []
  let margin = Number.POSITIVE_INFINITY
  while (logProbs.length < maxTokens) {
    const [states] = await engine.hidden(0, [Int32Array.from(ids)])
    const row = logSoftmax(await engine.logits(0, states!, { first: ids.length - 1, count: 1 }))
    const [top, second] = [...row.entries()].sort(([, x], [, y]) => y - x).slice(0, 2) as [Entry, Entry]
    margin = Math.min(margin, top[1] - second[1])
    ids.push(top[0])
    logProbs.push(top[1])
  }
  return { ids: ids.slice(prompt.length), logProbs, margin }
}
type Entry = [number, number]
interface Reference {
  ids: number[]
  logProbs: number[]
  /** Smallest distance between the two most probable. */
  margin: number
}

/** More tokens than the smallest cache has slots, so that it grows. */
const TOKENS = 30

async function expectSlow(engine: Engine, prompts: readonly (readonly number[])[]): Promise<void> {
  const drawn = await drawGreedy(engine, { prompts, maxTokens: TOKENS })
  for (const [i, prompt] of prompts.entries()) {
    const reference = await slowGreedy(engine, prompt, TOKENS)
    expect(reference.margin, 'a case that decides nothing').toBeGreaterThan(1e-5)
    expect([...drawn[i]!.ids]).toEqual(reference.ids)
    for (const [at, logProb] of reference.logProbs.entries()) {
      expect(Math.abs(drawn[i]!.logProbs[at]! - logProb)).toBeLessThan(1e-5)
    }
    expect(drawn[i]!.finish).toBe('length')
  }
}

test.each(models)(
  '$name: greedy texts of several lengths at once are the slow ones',
  async ({ name, ids }) => {
    await using engine = await open(specOf(name))
    await expectSlow(engine, [ids[0], ids[1], ids[1].slice(0, 1), ids[0].slice(0, 17)])
  },
)

test.each(adapters)('adapter $name: greedy texts are the slow ones', async ({ name, base, ids }) => {
  const adapter = join(architectureGoldens, 'adapters', name, 'adapter')
  await using engine = await open(`${tiny.folder(base)!}+${adapter}`)
  await expectSlow(engine, [ids, ids.slice(0, 3)])
})

test.each(generated)('$name: greedy texts are those of transformers', async (golden) => {
  expect(golden.smallestMargin).toBeGreaterThan(1e-4)
  await using engine = await open(tiny.folder(golden.name)!)
  for (const maxRows of [1, 2, 4]) {
    const maxTokens = golden.continuations[0]!.length
    const drawn = await drawGreedy(engine, { prompts: golden.prompts, maxTokens, maxRows })
    expect(drawn.map(({ ids }) => [...ids])).toEqual(golden.continuations)
  }
})

test('where weights are read anew for each step, texts are the same', async () => {
  const [first] = models
  await using kept = await open(specOf(first!.name))
  await using streamed = await open(specOf(first!.name), false)
  const draw = { prompts: first!.ids, maxTokens: TOKENS }
  expect(await drawGreedy(streamed, draw)).toEqual(await drawGreedy(kept, draw))
})

test('texts of different lengths that come and go are those that stay alone', async () => {
  await using engine = await open(specOf('qwen2-sliding'))
  const [long, short] = models.find(({ name }) => name === 'qwen2-sliding')!.ids
  const prompts = [short, long, short.slice(2), long.slice(5), short.slice(0, 1), long.slice(20)]
  const requests = greedy(prompts, 0).map((request, i) => ({
    ...request,
    maxTokens: [3, 70, 20, 9, 40, 1][i]!,
  }))
  const draw = (some: typeof requests, maxRows: number): Promise<DrawnIds[]> =>
    drawIds({ decoder: new Decoder(engine, 0), requests: some, ends: [], maxRows })
  const alone = []
  for (const request of requests) alone.push(...(await draw([request], 1)))
  for (const maxRows of [2, 3, 6]) {
    const together = await draw(requests, maxRows)
    expect(together.map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids))
  }
})
