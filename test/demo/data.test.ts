// The demo's generated data: the committed files are what the script writes, and nothing that is held out is ever trained on.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecipe } from '../../src/train/recipe.ts'
import { root } from '../support/cli.ts'
import { openTestSandbox } from '../support/sandbox.ts'

const work = mkdtempSync(join(tmpdir(), 'tunediff-demo-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
const committed = join(root, 'assets/demo/families')

const script = (...args: string[]): string =>
  execFileSync(process.execPath, [join(root, 'scripts/demo/data.mjs'), ...args], { encoding: 'utf8' })
const rowsOf = (path: string): Record<string, string>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.jsonl'))
    .sort()

const texts = join(work, 'texts.jsonl')
beforeAll(() => {
  script('families', join(work, 'families'))
  script('texts', texts, '--count', '20000')
})

test('the committed files are those that the script writes', () => {
  const names = filesIn(committed)
  expect(filesIn(join(work, 'families'))).toEqual(names)
  for (const name of names)
    expect(readFileSync(join(committed, name), 'utf8'), name).toBe(
      readFileSync(join(work, 'families', name), 'utf8'),
    )
})

test('equal seeds give equal texts, and another seed others; more texts begin with the same', () => {
  const [same, other] = [join(work, 'same.jsonl'), join(work, 'other.jsonl')]
  script('texts', same, '--count', '500')
  script('texts', other, '--count', '500', '--seed', '2')
  const first = readFileSync(texts, 'utf8').split('\n', 500)
  expect(readFileSync(same, 'utf8').trimEnd().split('\n')).toEqual(first)
  expect(readFileSync(other, 'utf8').trimEnd().split('\n')).not.toEqual(first)
})

describe('what is held out', () => {
  const families = ['add', 'code', 'extract', 'field', 'iso', 'pairs', 'style', 'verdict']
  const heldOut = (family: string) => rowsOf(join(committed, family, 'heldOut.jsonl'))
  const trainedOn = (): string[] => [
    ...rowsOf(texts).map(({ text, prompt, completion }) => text ?? `${prompt}${completion}`),
    ...['iso', 'extract'].flatMap((family) =>
      rowsOf(join(committed, family, 'train.jsonl')).map(
        ({ prompt, completion }) => `${prompt}${completion}`,
      ),
    ),
  ]

  test('200 items a family, 120 sums, none twice; a sixth of the sums', () => {
    for (const family of families) {
      const prompts = heldOut(family).map(({ prompt }) => prompt)
      expect(prompts).toHaveLength(family === 'add' ? 120 : 200)
      expect(new Set(prompts).size).toBe(prompts.length)
    }
    expect(heldOut('text')).toHaveLength(200)
  })

  test('a date stands in no training text in any format, nor does a person in a city, a sum, a function, a review', () => {
    const trained = trainedOn()
    const dateOf = (text: string): string | undefined => /Date: (\d+ \w+ \d+)\n/.exec(text)?.[1]
    const orders = rowsOf(join(committed, 'extract/train.jsonl')).map(({ completion }) =>
      JSON.parse(completion!),
    )
    const oneOf = (words: string[]): string => [...new Set(words)].join('|')
    const name = new RegExp(`\\b(?:${oneOf(orders.map((order) => order.name.split(' ')[0]))}) [A-Z]\\w+`)
    const city = new RegExp(`\\b(?:${oneOf(orders.map((order) => order.city))})\\b`)
    const personOf = (text: string): string | undefined => {
      const found = [name.exec(text)?.[0], city.exec(text)?.[0]]
      return found.includes(undefined) ? undefined : found.join(' ')
    }
    const questionOf = (text: string): string | undefined => /^(?:Sum|Review|# ).*\n/.exec(text)?.[0]
    for (const [keyOf, of] of [
      [dateOf, ['iso', 'style']],
      [personOf, ['extract', 'field', 'pairs']],
      [questionOf, ['add', 'verdict', 'code']],
    ] as const) {
      const known = new Set(trained.map(keyOf))
      known.delete(undefined)
      expect(known.size).toBeGreaterThan(500)
      for (const family of of) {
        const keys = heldOut(family).map(({ prompt }) => keyOf(prompt!))
        expect(keys).not.toContain(undefined)
        expect(
          keys.filter((key) => known.has(key)),
          family,
        ).toEqual([])
      }
    }
  })

  test('a sentence of the plain texts stands in no training text', () => {
    const sentencesOf = (text: string): string[] => text.split('. ').map((part) => part.replace(/\.$/, ''))
    const known = new Set(trainedOn().flatMap(sentencesOf))
    const sentences = heldOut('text').flatMap(({ text }) => sentencesOf(text!))
    expect(sentences).toHaveLength(600)
    expect(sentences.filter((sentence) => known.has(sentence))).toEqual([])
  })

  test('bare ISO dates are none that is asked for', () => {
    const asked = new Set(heldOut('iso').map(({ answer }) => answer))
    const bare = rowsOf(texts).filter(({ text }) => text?.startsWith('ISO:'))
    expect(bare.length).toBeGreaterThan(50)
    expect(bare.filter(({ text }) => asked.has(text!.slice('ISO:'.length)))).toEqual([])
  })
})

test('the functions pass their own tests in the sandbox, and those of others fail', async () => {
  const items = rowsOf(join(committed, 'code/heldOut.jsonl')).slice(0, 60)
  await using judge = await openTestSandbox()
  const classes = async (solutionOf: (i: number) => string) => {
    const verdicts = items.map(({ task_id: id, prompt, entry_point: entryPoint, test }, i) =>
      judge.judge(prompt! + solutionOf(i), {
        id: id!,
        prompt: prompt!,
        entryPoint: entryPoint!,
        test: test!,
      }),
    )
    return (await Promise.all(verdicts)).map((verdict) => verdict.class)
  }
  const own = await classes((i) => items[i]!.canonical_solution!)
  expect(new Set(own)).toEqual(new Set(['pass']))
  const others = await classes((i) => items[(i + 1) % items.length]!.canonical_solution!)
  expect(new Set(others)).toEqual(new Set(['wrong']))
})

test.each(['lora', 'qlora', 'full'])('the recipe %s makes sixty steps of sixteen items', async (method) => {
  const recipe = await readRecipe({ path: join(root, `assets/demo/recipes/${method}.yaml`) })
  expect(recipe).toMatchObject({ method, epochs: 1, batch: 16, accumulation: 1, packing: false })
  for (const family of ['iso', 'extract'])
    expect(rowsOf(join(committed, family, 'train.jsonl'))).toHaveLength(60 * recipe.batch)
})
