// What is wrong with a study file is told with its place, before anything is computed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { studySchema } from '../src/schema/study.ts'
import { planStudy } from '../src/study/plan.ts'
import type { UserError } from '../src/util/errors.ts'
import { root } from './support/cli.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())
const file = tiny.path('study.yaml')

const plan = () => planStudy({ study: file, cacheFolder: tiny.path('cache'), env: {} })

async function fault(text: string): Promise<{ message: string; hint: string }> {
  writeFileSync(file, text)
  const error = await plan().then(
    () => expect.unreachable(`taken: ${text}`),
    (reason: UserError) => reason,
  )
  expect(error.name, error.stack).toBe('UserError')
  expect(existsSync(tiny.path('study.study'))).toBe(false)
  return { message: error.message.replaceAll(`${tiny.path()}/`, ''), hint: error.hint! }
}

const HEAD = 'name: tiny\nbase: models/base\ntasks: [task]\nvariants:\n'

describe('refused', () => {
  test.each([
    [
      'an unknown key',
      `${HEAD}  a: models/base\nrepeat: 3\n`,
      'line 6, column 1: repeat is no key of a study',
      'was repeats meant?',
    ],
    [
      'an unknown key of a side',
      `${HEAD}  a: {runs: [x], seed: 1}\n`,
      'line 5, column 18: variants.a.seed is no key of a side with runs',
      'its keys are runs, model, solver, startFrom, against',
    ],
    ['no base', 'name: x\nvariants: {a: b}\n', 'line 1, column 1: base is missing', 'a study has name, base'],
    ['no variant', `${HEAD.trimEnd()} {}\n`, 'variants is {}: holds no variant', ''],
    [
      'a side that is none',
      `${HEAD}  a: [1]\n`,
      'line 5, column 3: variants.a is [1]: this is no side',
      'recipe and data',
    ],
    [
      'a side without data',
      `${HEAD}  a: {recipe: {rank: 4}}\n`,
      'line 5, column 3: variants.a.data is missing',
      '',
    ],
    [
      'an unknown side to stand against',
      `${HEAD}  a: {model: models/base, against: b}\n`,
      'line 5, column 27: variants.a.against is b, and there is no such side',
      'sides are base, a',
    ],
    [
      'a circle',
      `${HEAD}  a: {model: models/base, against: b}\n  b: {model: models/base, against: a}\n`,
      'line 5, column 27: variants.a.against: a against b against a, which is a circle',
      'leave its against out',
    ],
    [
      'a side against itself',
      `${HEAD}  a: {model: models/base, against: a}\n`,
      'variants.a.against: a against a, which is a circle',
      '',
    ],
    [
      'a variant that is called base',
      `${HEAD}  base: models/base\n`,
      'line 5, column 3: variants.base is how the base',
      '',
    ],
    [
      'a base that is to be trained',
      `name: x\nbase: {recipe: {}, data: sums.jsonl}\nvariants: {a: models/base}\n`,
      'the base is what variants are trained on, and is not trained itself',
      '',
    ],
    [
      'answers without a task',
      'name: x\nbase: models/base\nvariants: {a: models/base}\n',
      'tasks names no task, and answers are measured',
      'measures: [weights, predictions]',
    ],
    [
      'an unknown task',
      'name: x\nbase: models/base\nvariants: {a: models/base}\ntasks: [humanevl]\n',
      "'humanevl'",
      'humaneval',
    ],
    [
      'a task that is named twice',
      'name: x\nbase: models/base\nvariants: {a: models/base}\ntasks: [task, ./task]\n',
      'line 4, column 15: tasks.1 is called sums',
      'told apart by their names',
    ],
    [
      'an unknown key of a recipe',
      `${HEAD}  a:\n    data: sums.jsonl\n    recipe:\n      lora_r: 4\n`,
      'line 8, column 7: variants.a.recipe.lora_r is no key of a recipe',
      'was rank meant?',
    ],
    [
      'a value that a recipe does not take',
      `${HEAD}  a:\n    data: sums.jsonl\n    recipe: {rank: -1}\n`,
      'line 7, column 14: variants.a.recipe.rank is -1, wanted is a whole number above 0',
      'give rank as',
    ],
    [
      'a key of a recipe that does nothing',
      `${HEAD}  a: {data: sums.jsonl, recipe: {patience: 3}}\n`,
      'variants.a.recipe.patience is set, and does nothing without evalEvery and heldOut',
      '',
    ],
    [
      'a recipe that the base does not fit',
      `${HEAD}  a: {data: sums.jsonl, recipe: {method: lora, targets: [q_projj]}}\n`,
      'line 5, column 25: variants.a.recipe: ',
      '',
    ],
    [
      'data that is not there',
      `${HEAD}  a: {data: none.jsonl, recipe: {}}\n`,
      'none.jsonl does not exist',
      '',
    ],
    [
      'seeds without a partner',
      `${HEAD}  a: {data: sums.jsonl, recipe: {}, seeds: [1, 2]}\n  b: {data: sums.jsonl, recipe: {rank: 2}, seeds: [1, 3], against: a}\n`,
      'line 6, column 44: variants.b.seeds: seed 3 has no partner in a, which has 1, 2',
      'seed by seed',
    ],
    ['a model that is not there', `${HEAD}  a: models/none\n`, 'models/none', ''],
    [
      'training on a base without weights',
      `name: x\nbase: {runs: [${join(root, 'test/fixtures/humanlike/base.jsonl')}]}\ntasks: [${join(root, 'test/fixtures/humanlike/problems.jsonl')}]\nvariants:\n  a: {data: sums.jsonl, recipe: {}}\n`,
      'variants.a is trained on the base, and the base has no weights here',
      'give base: MODEL',
    ],
    ['no YAML', 'name: [x\n', 'not YAML', ''],
    ['no keys', '- a\n', 'holds no keys with values', 'its keys are name, base, variants'],
  ])('%s', async (_, text, message, hint) => {
    const found = await fault(text)
    expect(found.message).toContain(message)
    expect(found.hint).toContain(hint)
  })
})

describe('keys', () => {
  const keys = async (variants: readonly string[], rest: readonly string[] = []) => {
    tiny.study(variants, rest)
    return new Map((await plan()).cells.map((cell) => [cell.key, cell.work.kind]))
  }
  let before: Map<string, string>
  beforeEach(async () => {
    before = await keys([`a: {recipe: ${LORA}, data: sums.jsonl}`])
  })
  const changed = (after: Map<string, string>): string[] =>
    [...after].filter(([key]) => !before.has(key)).map(([, kind]) => kind)

  test('a name, a margin and a recipe that lies in a file change nothing', async () => {
    writeFileSync(tiny.path('recipe.yaml'), LORA)
    expect(changed(await keys(['other: {recipe: recipe.yaml, data: ./sums.jsonl}'], ['margin: 2']))).toEqual(
      [],
    )
  })

  test('an adapter that is named alone is that adapter on the base', async () => {
    tiny.adapter('lora')
    const whole = await keys(['a: models/base+models/lora'])
    const alone = await keys(['a: models/lora'])
    expect([...alone.keys()]).toEqual([...whole.keys()])
  })

  test('another seed of the training is another variant, and all that is measured of it', async () => {
    const after = await keys([`a: {recipe: ${LORA}, data: sums.jsonl, seeds: [2]}`])
    expect(changed(after)).toEqual(['variant', 'live', 'run', 'weights', 'predictions'])
  })

  test('another seed of the answers, number of them or template are other runs', async () => {
    for (const line of ['seed: 2', 'repeats: 2', 'limit: 3', 'chat: true'])
      expect(changed(await keys([`a: {recipe: ${LORA}, data: sums.jsonl}`], [line]))).toEqual(['run', 'run'])
  })

  test('leave for a variant that is its base asks another check, and the same answers', async () => {
    const after = await keys([`a: {recipe: ${LORA}, data: sums.jsonl}`], ['allowIdentical: true'])
    expect(changed(after)).toEqual(['live'])
  })

  test('threads are those of large models: small ones have one', async () => {
    expect(changed(await keys([`a: {recipe: ${LORA}, data: sums.jsonl}`], ['threads: 4']))).toEqual([])
  })
})

test('assets/study.schema.json is what is checked: npm run docs', () => {
  const written = JSON.parse(readFileSync(join(root, 'assets/study.schema.json'), 'utf8')) as unknown
  expect(written).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(studySchema, { io: 'input' }))))
})
