// The demo's base as it is committed: its files, its tokenizer against transformers (goldens/demo/make.py), what its card
// says of it, and that it answers.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openGenerator } from '../../src/generate/embedded/index.ts'
import { engineModel } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { root } from '../support/cli.ts'

const folder = join(root, 'assets/demo/model')
const work = mkdtempSync(join(tmpdir(), 'tunediff-demo-'))
afterAll(() => {
  closeFiles()
  rmSync(work, { recursive: true, force: true })
})
const opened = async () => {
  const model = await openModel(folder)
  return { model, tokenizer: openTokenizer(await tokenizerFiles(model)) }
}
const card = readFileSync(join(folder, 'README.md'), 'utf8')

test('about a million numbers in fp16, 2 MB', async () => {
  const { model } = await opened()
  const sizes = [...model.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1))
  const parameters = sizes.reduce((a, b) => a + b, 0)
  expect(card).toContain(`${parameters.toLocaleString('en')} parameters`)
  expect(model.config).toMatchObject({
    tie_word_embeddings: true,
    num_hidden_layers: 4,
    torch_dtype: 'float16',
  })
  const { size } = statSync(join(folder, 'model.safetensors'))
  expect(size - 2 * parameters).toBeGreaterThan(0)
  expect(size - 2 * parameters).toBeLessThan(8192)
})

test('the tokenizer gives the ids of transformers', async () => {
  const { tokenizer } = await opened()
  const rows = JSON.parse(readFileSync(join(root, 'test/goldens/demo/ids.json'), 'utf8'))
  expect(rows).toHaveLength(98)
  for (const { text, ids } of rows) expect([...tokenizer.encodeForScoring(text).ids], text).toEqual(ids)
})

test('the tokenizer is what the script trains on the texts of the seed that the card names', () => {
  const seed = /`--seeds (\d+)`/.exec(card)![1]!
  const texts = join(work, 'texts.jsonl')
  const run = (name: string, ...args: string[]) =>
    execFileSync(process.execPath, [join(root, `scripts/demo/${name}.mjs`), ...args])
  // Texts beyond those that it is trained on change nothing.
  run('data', 'texts', texts, '--count', '30000', '--seed', seed)
  run('tokenizer', texts, work)
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    expect(readFileSync(join(work, name), 'utf8'), name).toBe(readFileSync(join(folder, name), 'utf8'))
})

test('digits and signs are pieces of their own, and an answer begins with its blank', async () => {
  const { tokenizer } = await opened()
  const texts = [...tokenizer.encode(' 1998-02-12 {"a":10}', { special: false })].map((id) =>
    tokenizer.decode([id]),
  )
  expect(texts).toEqual([' ', ...'1998-02-12', ' {', ...'"a":10}'])
})

test('it answers what it was trained on: other date formats, fields of a sentence', async () => {
  const { model, tokenizer } = await opened()
  await using generator = await openGenerator({ model: engineModel(model), tokenizer, threads: 1 })
  for (const family of ['style', 'field']) {
    const items = readFileSync(join(root, `assets/demo/families/${family}/heldOut.jsonl`), 'utf8')
      .split('\n', 30)
      .map((line) => JSON.parse(line))
    const requests = items.map(({ prompt }) => ({ prompt, maxTokens: 32, temperature: 0, seed: 0 }))
    const answers = await generator.generate(requests, { maxRows: 30 })
    const right = items.filter(({ answer }, i) => answers[i]!.text === answer)
    expect(right.length, family).toBeGreaterThan(26)
  }
})
