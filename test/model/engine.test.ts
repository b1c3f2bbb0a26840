// The engine besides its numbers, which architectures.test.ts has: memory, refusals, and what must not change results.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineModel, loadModel, openEngine } from '../../src/model/engine/index.ts'
import { memoryNeed, refuseTooLarge } from '../../src/model/engine/memory.ts'
import { openModel } from '../../src/model/open.ts'

const goldens = join(import.meta.dirname, '../goldens/architectures')
const ids = Int32Array.from({ length: 70 }, (_, i) => (i * 37 + 5) % 100)
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunediff-engine-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const model = async (spec: string) => engineModel(await openModel(spec))

/** A copy of the small llama with another config. */
function changed(name: string, change: Record<string, unknown>): string {
  const copy = join(folder, name)
  cpSync(join(goldens, 'llama'), copy, { recursive: true })
  const path = join(copy, 'config.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
  return copy
}

describe('results do not depend on', () => {
  test('whether weights are kept, how many windows go together, or what other models are there', async () => {
    const base = await model(join(goldens, 'llama'))
    const other = await model(join(goldens, 'llama-untied'))
    await using kept = await openEngine({ models: [base], threads: 1 })
    await using streamed = await openEngine({ models: [other, base], threads: 1, isKept: false })
    const [alone] = await kept.hidden(0, [ids])
    const together = await streamed.hidden(1, [ids.subarray(0, 9), ids, ids])
    expect(together[1]).toEqual(alone)
    expect(together[2]).toEqual(alone)
    const rows = { first: 3, count: 5 }
    const logits = Float32Array.from(await kept.logits(0, alone!, rows))
    expect(await streamed.logits(1, together[1]!, rows)).toEqual(logits)
  })

  test('padding and batch, but for rounding, which is what the zero line measures', async () => {
    await using engine = await openEngine({ models: [await model(join(goldens, 'llama'))], threads: 1 })
    const [plain] = await engine.hidden(0, [ids])
    const [padded] = await engine.hidden(0, [ids], { paddedTo: 256, batch: 2 })
    const worst = plain!.reduce((most, x, i) => Math.max(most, Math.abs(x - padded![i]!)), 0)
    expect(worst).toBeLessThan(1e-4)
  })
})

describe('refused with what to do', () => {
  test('an architecture that is not built: the known ones are listed, and the file to add', async () => {
    const opening = openEngine({
      models: [await model(changed('mamba', { model_type: 'mamba' }))],
      threads: 1,
    })
    await expect(opening).rejects.toThrow(
      /of type mamba; those that can be run here are llama, mistral, qwen2, qwen3, gemma3/,
    )
    await expect(opening).rejects.toMatchObject({
      hint: expect.stringContaining('src/model/architectures/mamba.ts'),
    })
  })

  test('a type that is no name of a file is not put into a path', async () => {
    const odd = await model(changed('odd-type', { model_type: '../../secret' }))
    await expect(openEngine({ models: [odd], threads: 1 })).rejects.toMatchObject({
      hint: expect.stringContaining('src/model/architectures/NAME.ts'),
    })
  })

  test.each([
    ['another architecture', { model_type: 'qwen3' }, /has no self_attn\.q_norm\.weight/],
    [
      'more layers than there are',
      { num_hidden_layers: 9 },
      /more layers than there are has no layer \d, and its config says 9 layers/,
    ],
    ['fewer layers than there are', { num_hidden_layers: 1 }, /its config says 1 layer$/],
    ['another size', { hidden_size: 64 }, /has an embedding of 32 numbers a token, and its config says 64/],
    [
      'other heads',
      { num_key_value_heads: 1 },
      /other heads: its key weights give \d+ numbers, and its config says 1 head of \d+/,
    ],
    ['no type', { model_type: null }, /does not say what it is: it has no config\.json/],
    [
      'a rotary scaling that is not built',
      { rope_parameters: { rope_type: 'longrope', rope_theta: 1e4 } },
      /rotary scaling longrope/,
    ],
    ['an activation that is not built', { hidden_act: 'relu' }, /activation relu/],
    ['heads that cannot be', { num_attention_heads: 3 }, /3 heads/],
    ['no size', { hidden_size: 'big' }, /config\.json, hidden_size/],
  ])('%s', async (name, change, message) => {
    const run = async (): Promise<void> => {
      await using engine = await openEngine({ models: [await model(changed(name, change))], threads: 1 })
      await engine.hidden(0, [ids])
    }
    await expect(run()).rejects.toMatchObject({ name: 'UserError', message: expect.stringMatching(message) })
  })

  test('weights that the architecture has no place for', async () => {
    const path = join(folder, 'qwen3-as-llama')
    cpSync(join(goldens, 'qwen3'), path, { recursive: true })
    const config = join(path, 'config.json')
    writeFileSync(
      config,
      JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), model_type: 'llama' }),
    )
    await using engine = await openEngine({ models: [await model(path)], threads: 1 })
    await expect(engine.hidden(0, [ids])).rejects.toThrow(
      /self_attn\.[qk]_norm\.weight, which a model of type llama has not/,
    )
  })

  test('a token that is not in the vocabulary', async () => {
    await using engine = await openEngine({ models: [await model(join(goldens, 'llama'))], threads: 1 })
    await expect(engine.hidden(0, [Int32Array.of(1, 100_000)])).rejects.toThrow(
      /token 100000 is not in the vocabulary/,
    )
  })

  test('more memory than there is: the number needed is named, before anything is loaded', async () => {
    const need = memoryNeed([loadModel(await model(join(goldens, 'llama')))], 512)
    expect(need).toBeGreaterThan(1e8)
    expect(() => refuseTooLarge(need, 64e9)).not.toThrow()
    expect(() => refuseTooLarge(3e9, 2e9)).toThrow(
      'needs 3.0 GB of memory, and 1.7 GB of the 2.0 GB that are free may be used',
    )
  })
})
