// Texts of a real model in GGUF, from prompt to text, against transformers' generate on the same file
// (goldens/realModels): whole under `npm run soak`, the beginning of each under `npm test`. Skipped, with a message, where
// the file cannot be had.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openGenerator } from '../../src/generate/embedded/index.ts'
import { engineModel } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { realModel } from '../realModels.ts'
import { root } from '../support/cli.ts'

const isWhole = process.env.TUNEDIFF_SOAK !== undefined
const SOME_TOKENS = 5
afterAll(closeFiles)

interface Golden {
  generated: {
    texts: string[]
    prompts: number[][]
    continuations: number[][]
    eos: number[]
    /** Smallest distance between the log-probabilities of the two most probable tokens. */
    margin: number
  }
}

const path = realModel('smollm2')
describe.skipIf(path === null)('smollm2', () => {
  test('greedy texts are those of transformers, together and one by one', async () => {
    const file = join(root, 'test/goldens/realModels/smollm2.json')
    const { generated } = JSON.parse(readFileSync(file, 'utf8')) as Golden
    const { texts, prompts, eos, margin } = generated
    expect(margin).toBeGreaterThan(1e-3)
    const model = await openModel(path!)
    const tokenizer = openTokenizer(await tokenizerFiles(model))
    expect(tokenizer.eos).toEqual(eos)
    expect(texts.map((text) => [...tokenizer.encodeForScoring(text).ids])).toEqual(prompts)
    await using generator = await openGenerator({ model: engineModel(model), tokenizer, threads: 2 })
    const continuations = generated.continuations.map((ids) => (isWhole ? ids : ids.slice(0, SOME_TOKENS)))
    const requests = texts.map((prompt, i) => ({
      prompt,
      maxTokens: continuations[i]!.length,
      temperature: 0,
      seed: 0,
    }))
    for (const maxRows of isWhole ? [3, 1] : [3]) {
      const drawn = await generator.generate(requests, { maxRows })
      expect(drawn.map(({ ids }) => [...ids])).toEqual(continuations)
      for (const [i, { text, finish }] of drawn.entries()) {
        const ids = continuations[i]!.filter((id) => !eos.includes(id))
        expect(text).toBe(tokenizer.decode(ids))
        expect(finish).toBe(ids.length < continuations[i]!.length ? 'end' : 'length')
      }
    }
  }, 240_000)
})
