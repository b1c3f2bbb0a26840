// Recipe files and flags: what is read, and what is told where something is wrong.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { readRecipe } from '../../src/train/recipe.ts'
import { root } from '../support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-recipe-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let written = 0
function file(text: string): string {
  const path = join(folder, `recipe-${written++}.yaml`)
  writeFileSync(path, text)
  return path
}

describe('reads', () => {
  test('nothing: the defaults', async () => {
    expect(await readRecipe({})).toEqual(recipeSchema.parse({}))
    expect(await readRecipe({ path: file('# only a comment\n') })).toEqual(recipeSchema.parse({}))
  })

  test('a file, with flags over it', async () => {
    const path = file('method: dora\nrank: 4\nlearningRate: 2e-4\nrankPattern: {q_proj: 2}\nclip: null\n')
    const recipe = await readRecipe({ path, flags: { rank: '16', schedule: 'cosine', packing: false } })
    expect(recipe).toMatchObject({
      method: 'dora',
      rank: 16,
      learningRate: 2e-4,
      rankPattern: { q_proj: 2 },
      clip: null,
    })
    expect(recipe).toMatchObject({ schedule: 'cosine', packing: false, alpha: 16 })
  })

  test.each([
    ['targets', 'mlp', 'mlp'],
    ['targets', 'q_proj', ['q_proj']],
    ['targets', 'q_proj,v_proj', ['q_proj', 'v_proj']],
    ['targets', '[q_proj, v_proj]', ['q_proj', 'v_proj']],
    ['layers', '0,2', [0, 2]],
    ['layers', 'null', null],
    ['rankPattern', '{q_proj: 4}', { q_proj: 4 }],
    ['clip', 'null', null],
    ['learningRate', '1e-3', 1e-3],
    ['checkpointing', 'true', true],
  ])('flag %s %s', async (key, text, value) => {
    expect(await readRecipe({ flags: { [key]: text } })).toMatchObject({ [key]: value })
  })

  test('the recipes that are shipped', async () => {
    const recipes = join(root, 'assets', 'recipes')
    for (const name of readdirSync(recipes)) await readRecipe({ path: join(recipes, name) })
    expect(await readRecipe({ path: join(recipes, 'lora-land.yaml') })).toEqual(
      recipeSchema.parse({
        method: 'qlora',
        targets: ['q_proj', 'v_proj'],
        packing: false,
        accumulation: 16,
        learningRate: 2e-4,
        schedule: 'cosine',
      }),
    )
  })
})

describe('refuses', () => {
  test.each([
    [
      'an unknown key',
      'rank: 8\nlearning_rate: 1\n',
      'line 2, column 1: learning_rate is no key of a recipe',
      'was learningRate meant?',
    ],
    [
      'double quantisation without quantisation',
      'doubleQuantisation: true\n',
      'line 1, column 1: doubleQuantisation is set, and method lora has no use for it',
      'qlora',
    ],
    [
      'options of LoRA for full',
      'method: full\nrank: 4\n',
      'line 2, column 1: rank is set, and method full has no use for it',
      'lora',
    ],
    ['a decay of 1', 'beta2: 1\n', 'beta2', 'from 0 to below 1'],
    [
      'a key that does nothing',
      'evalEvery: 5\n',
      'line 1, column 1: evalEvery is set, and does nothing without heldOut',
      'heldOut 0.1',
    ],
    [
      'patience that is never measured',
      'patience: 2\nheldOut: 0.1\n',
      'line 1, column 1: patience is set, and does nothing without evalEvery and heldOut',
      'evalEvery 20',
    ],
    [
      'a weight of prompts where all have one',
      'trainOn: all\npromptLossWeight: 0.1\n',
      'line 2, column 1: promptLossWeight is set, and does nothing without trainOn: completion',
      'with trainOn: all prompts have weight 1',
    ],
    [
      'the name of another trainer',
      '\n\nlora_alpha: 16\n',
      'line 3, column 1: lora_alpha is no key',
      'was alpha meant?',
    ],
    [
      'a key like no other',
      'temperature: 1\n',
      'line 1, column 1: temperature is no key',
      'its keys are method, rank, alpha',
    ],
    [
      'a word for a number',
      'rank: eight\n',
      'line 1, column 1: rank is "eight", wanted is a whole number above 0',
      'give rank as a whole number above 0',
    ],
    ['a fraction for a count', 'rank: 1.5\n', 'rank is 1.5, wanted is a whole number above 0', 'rank'],
    [
      'a share above 1',
      'method: lora\nwarmup: 3\n',
      'line 2, column 1: warmup is 3, wanted is a number from 0 to 1',
      'warmup',
    ],
    [
      'a method that is not there',
      'method: ia3\n',
      'method is "ia3", wanted is one of full, lora, dora, qlora',
      'method',
    ],
    [
      'one name for a list',
      'targets: q_proj\n',
      'targets is "q_proj", wanted is one of all-linear, attention, mlp or a list of names',
      'list',
    ],
    [
      'no names',
      'targets: []\n',
      'targets is [], wanted is one of all-linear, attention, mlp or a list of names',
      'list',
    ],
    [
      'a layer below 0',
      'layers: [0, -1]\n',
      'layers is [0,-1], wanted is a list of whole numbers of at least 0 or null',
      'layers',
    ],
    [
      'a pattern without a number',
      'rankPattern:\n  q_proj: x\n',
      'line 1, column 1: rankPattern is {"q_proj":"x"}, wanted is names with whole numbers above 0',
      'rankPattern',
    ],
    ['two faults', 'rank: 0\nclip: no\n', 'rank is 0, wanted is a whole number above 0; ', 'rank'],
    [
      'a key twice',
      'rank: 8\nalpha: 16\nrank: 4\n',
      'line 3, column 1: not YAML: Map keys must be unique',
      'key: value',
    ],
    ['a list', '- rank\n', 'holds no keys with values', 'its keys are method'],
    ['text', 'rank 8\n', 'holds no keys with values', 'its keys are method'],
    ['an open bracket', 'targets: [q_proj\nrank: 8\n', 'not YAML', 'key: value'],
    [
      'a tag that nothing knows',
      'rank: !eight 8\n',
      'line 1, column 7: not YAML: Unresolved tag',
      'key: value',
    ],
    ['an alias of nothing', 'rank: *eight\n', 'not YAML', 'key: value'],
    ['an alias that grows', bomb(), 'not YAML', 'key: value'],
    [
      'a key that is no plain name',
      '__proto__: {rank: 4}\n',
      'line 1, column 1: __proto__ is no key of a recipe',
      'keys are',
    ],
  ])('%s', async (_, text, message, hint) => {
    const path = file(text)
    await expect(readRecipe({ path })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
    await expect(readRecipe({ path })).rejects.toThrow(path)
  })

  test('a flag, by its name on the command line', async () => {
    const path = file('learningRate: 1\n')
    await expect(readRecipe({ path, flags: { learningRate: 'fast' } })).rejects.toThrow(
      '--learningRate is "fast", wanted is a number above 0',
    )
    await expect(readRecipe({ flags: { rankPattern: '{' } })).rejects.toThrow('--rankPattern {: not YAML')
  })

  test('a file that is not there', async () => {
    await expect(readRecipe({ path: join(folder, 'none.yaml') })).rejects.toThrow('none.yaml does not exist')
  })
})

/** Nine lines that stand for a thousand million words. */
function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, i) =>
      `l${i}: &l${i} [${Array(10)
        .fill(i === 0 ? 'x' : `*l${i - 1}`)
        .join(', ')}]`,
  )
  return `${levels.join('\n')}\n`
}
