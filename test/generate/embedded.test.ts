// Texts from a tiny random model with a toy tokenizer: seeds, batches, stop strings, end tokens, prompts, limits.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type GeneratedText,
  type GenerateOptions,
  type Generator,
  generatorOf,
  openGenerator,
  type TextRequest,
} from '../../src/generate/embedded/index.ts'
import { type Engine, engineModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { Tokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { UserError } from '../../src/util/errors.ts'
import { architectureCases, TinyModels } from '../support/engine.ts'

const { vocabulary } = architectureCases

/** Two letters a token, so that three always span two. */
const bytesOf = (id: number): Uint8Array => Buffer.from([97 + (id % 26), 65 + Math.floor(id / 26)])

function toyTokenizer({ bos = null, eos = [] }: { bos?: number | null; eos?: number[] } = {}): Tokenizer {
  const encode = (text: string): Int32Array =>
    Int32Array.from([...(bos === null ? [] : [bos]), ...Buffer.from(text).map((byte) => byte % vocabulary)])
  return {
    identity: 'toy',
    vocabularySize: vocabulary,
    bos,
    eos,
    encode,
    encodeForScoring: (text) => ({ ids: encode(text), prefix: bos === null ? 0 : 1 }),
    decode: (ids) => Buffer.concat(Array.from(ids, bytesOf)).toString('utf8'),
    tokenBytes: bytesOf,
    chat: () => expect.unreachable('no conversations here'),
  }
}

const tiny = new TinyModels()
let engine: Engine
beforeAll(async () => {
  engine = await openEngine({
    models: [engineModel(await openModel(tiny.folder('llama-untied')!))],
    threads: 1,
  })
})
afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  closeFiles()
  tiny[Symbol.dispose]()
})

const generator = (tokenizer = toyTokenizer()): Generator => generatorOf({ engine, model: 0, tokenizer })
const request = (more: Partial<TextRequest> = {}): TextRequest => ({
  prompt: 'a prompt',
  maxTokens: 24,
  temperature: 1,
  seed: 1,
  ...more,
})
async function one(more: Partial<TextRequest>, tokenizer = toyTokenizer()): Promise<GeneratedText> {
  return (await generator(tokenizer).generate([request(more)]))[0]!
}

/** Different prompts, lengths, rules and seeds. */
const mixed = Array.from({ length: 7 }, (_, i) =>
  request({
    prompt: 'prompts of many lengths '.slice(0, 1 + 3 * i),
    maxTokens: 5 + ((i * 7) % 20),
    temperature: [0, 0.7, 1.5][i % 3]!,
    topK: i % 2 ? 20 : undefined,
    topP: i > 3 ? 0.9 : undefined,
    seed: i,
  }),
)

describe('seeds and batches', () => {
  test('equal seeds give equal texts, others other texts', async () => {
    const [first, again, other] = await generator().generate([request(), request(), request({ seed: 2 })])
    expect(again).toEqual(first)
    expect(other!.ids).not.toEqual(first!.ids)
  })

  test.each([1, 2, 3, 8])('texts do not depend on what is beside them: %i at once', async (maxRows) => {
    const alone = []
    for (const each of mixed) alone.push((await generator().generate([each]))[0]!)
    const together = await generator().generate(mixed, { maxRows })
    for (const [i, { ids, text, finish, logProbs }] of together.entries()) {
      expect({ ids, text, finish }).toEqual({ ids: alone[i]!.ids, text: alone[i]!.text, finish: 'length' })
      for (const [at, logProb] of logProbs.entries()) {
        expect(Math.abs(logProb - alone[i]!.logProbs[at]!)).toBeLessThan(1e-5)
      }
    }
  })

  test('a temperature near 0 draws what greedy takes', async () => {
    expect((await one({ temperature: 1e-6 })).ids).toEqual((await one({ temperature: 0 })).ids)
  })

  test('calls at the same time wait for each other', async () => {
    const shared = generator()
    const [together, alone] = await Promise.all([shared.generate(mixed), shared.generate([mixed[3]!])])
    expect(alone[0]!.text).toBe(together[3]!.text)
  })

  test('an engine that reads weights anew gives the same', async () => {
    const models = [engine.models[0]!.model]
    await using streaming = await openEngine({ models, threads: 1, isKept: false })
    const shared = generatorOf({ engine: streaming, model: 0, tokenizer: toyTokenizer() })
    expect(await shared.generate(mixed)).toEqual(await generator().generate(mixed))
  })

  test('what the engine is told before each step can end a call', async () => {
    let steps = 0
    await using stopping = await openEngine({
      models: [engine.models[0]!.model],
      threads: 1,
      onStep: () => {
        if (++steps > 10) throw new Error('enough')
      },
    })
    const shared = generatorOf({ engine: stopping, model: 0, tokenizer: toyTokenizer() })
    await expect(shared.generate(mixed)).rejects.toThrow('enough')
  })

  test('a generator with weights of its own gives the same', async () => {
    const { model } = engine.models[0]!
    await using own = await openGenerator({ model, tokenizer: toyTokenizer(), threads: 1 })
    expect(await own.generate(mixed)).toEqual(await generator().generate(mixed))
  })
})

describe('ends', () => {
  test('without any, a text has as many tokens as asked for', async () => {
    const { ids, logProbs, finish, text } = await one({ maxTokens: 11 })
    expect([ids.length, logProbs.length, finish]).toEqual([11, 11, 'length'])
    expect(text).toBe(toyTokenizer().decode(ids))
  })

  test('an end token ends it, is among the ids and not in the text', async () => {
    const free = await one({ temperature: 0 })
    const end = free.ids[9]!
    const at = free.ids.indexOf(end)
    const { ids, finish, text } = await one({ temperature: 0 }, toyTokenizer({ eos: [end] }))
    expect(finish).toBe('end')
    expect(ids).toEqual(free.ids.slice(0, at + 1))
    expect(text).toBe(toyTokenizer().decode(free.ids.slice(0, at)))
  })

  test('a stop string over several tokens ends it and is cut off', async () => {
    const free = await one({})
    const stop = free.text.slice(13, 16)
    const { finish, text, ids } = await one({ stops: ['not there', stop] })
    expect(finish).toBe('stop')
    expect(text).toBe(free.text.slice(0, free.text.indexOf(stop)))
    expect(ids.length).toBeLessThan(free.ids.length)
    expect(ids).toEqual(free.ids.slice(0, ids.length))
  })

  test('one text that ends early does not disturb the others', async () => {
    const free = await generator().generate(mixed)
    const stop = free[2]!.text.slice(5, 8)
    const stopped = mixed.map((each, i) => (i === 2 ? { ...each, stops: [stop] } : each))
    const found = await generator().generate(stopped, { maxRows: 3 })
    expect(found[2]!.finish).toBe('stop')
    for (const i of [0, 1, 3, 4, 5, 6]) expect(found[i]!.ids).toEqual(free[i]!.ids)
  })

  test('the context ends it', async () => {
    const { model } = engine.models[0]!
    const config = { ...model.config, max_position_embeddings: 12 }
    await using own = await openGenerator({
      model: { ...model, config },
      tokenizer: toyTokenizer(),
      threads: 1,
    })
    const [short] = await own.generate([request({ prompt: '8 tokens' })])
    expect([short!.ids.length, short!.finish]).toEqual([5, 'length'])
    await expect(own.generate([request({ prompt: 'more than twelve tokens' })])).rejects.toThrow(
      /23 tokens, and the context of .* has 12/,
    )
  })
})

describe('while it runs', () => {
  test('tokens and results are told, in pieces that make up the text', async () => {
    const told = mixed.map(() => ({ ids: [] as number[], text: '' }))
    const done: number[] = []
    const options: GenerateOptions = {
      maxRows: 2,
      onToken: (i, { id, text }) => {
        told[i]!.ids.push(id)
        told[i]!.text += text
      },
      onDone: (i, result) => {
        done.push(i)
        expect([...result.ids]).toEqual(told[i]!.ids)
        expect(result.text.startsWith(told[i]!.text)).toBe(true)
      },
    }
    await generator().generate(mixed, options)
    expect(done.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test('an error in a callback ends the call, and the next one is as if it had not been', async () => {
    const shared = generator()
    const failing = shared.generate(mixed, {
      onDone: () => {
        throw new Error('the caller has enough')
      },
    })
    await expect(failing).rejects.toThrow('the caller has enough')
    expect(await shared.generate(mixed)).toEqual(await generator().generate(mixed))
  })
})

describe('requests', () => {
  test('an empty prompt is BOS alone where there is one', async () => {
    const withBos = toyTokenizer({ bos: 5 })
    expect(await one({ prompt: '' }, withBos)).toEqual(await one({ prompt: Int32Array.of(5) }))
    expect((await one({ prompt: '' }, withBos)).ids.length).toBe(24)
  })

  test('else it is refused', async () => {
    await expect(one({ prompt: '' })).rejects.toThrow(/request 0: the prompt is empty, and the tokenizer of/)
    await expect(one({ prompt: new Int32Array(0) })).rejects.toThrow(UserError)
  })

  test('no requests, no texts', async () => {
    expect(await generator().generate([])).toEqual([])
  })

  test('a token that the model does not have is an error', async () => {
    for (const prompt of [Int32Array.of(3, vocabulary), Int32Array.of(vocabulary, 3)]) {
      await expect(one({ prompt })).rejects.toThrow(/token 128 is not in the vocabulary/)
    }
  })

  test.each([
    [{ maxTokens: 0 }, /maxTokens is 0/],
    [{ maxTokens: 1.5 }, /maxTokens is 1.5/],
    [{ temperature: -1 }, /temperature is -1/],
    [{ temperature: Number.NaN }, /temperature is NaN/],
    [{ topK: 0 }, /topK is 0/],
    [{ topP: 0 }, /topP is 0/],
    [{ topP: 1.1 }, /topP is 1.1/],
    [{ seed: 0.5 }, /seed is 0.5/],
    [{ stops: ['x', ''] }, /a stop string is empty/],
  ] as [Partial<TextRequest>, RegExp][])(
    '%o is refused before anything is computed',
    async (more, message) => {
      const requests = [request(), request(more)]
      const run = generator().generate(requests, { onToken: () => expect.unreachable('computed') })
      await expect(run).rejects.toThrow(message)
      await expect(run).rejects.toThrow(/^request 1: /)
    },
  )
})
