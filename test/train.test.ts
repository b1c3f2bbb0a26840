// `tunediff train` as a user runs it, on tiny models: what it writes, what it says, and what a killed one leaves.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TrainRow, variantSchema } from '../src/schema/training.ts'
import { readTrainRows } from '../src/store/variantFolder.ts'
import { killAt, root, tunediff } from './support/cli.ts'
import { isSoak } from './support/soak.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
let base: string
let data: string
beforeAll(async () => {
  base = tiny.model('qwen2', 'base', { hasBos: true })
  data = write(
    'sums',
    Array.from({ length: 60 }, (_, i) => ({
      prompt: `${i % 7} + ${i % 5} =`,
      completion: ` ${(i % 7) + (i % 5)}`,
    })),
  )
  const made = await run([base, '--data', data, ...FAST, '-o', tiny.path('made')])
  expect(made.code, made.stderr).toBe(0)
})
afterAll(() => tiny[Symbol.dispose]())

function write(name: string, rows: readonly object[]): string {
  const path = tiny.path(`${name}.jsonl`)
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}

const run = (args: readonly string[], started?: Parameters<typeof tunediff>[1]['started']) =>
  tunediff(['train', ...args, '--threads', '1'], {
    cache: tiny.path('cache'),
    ...(started ? { started } : {}),
  })

/** Of the tiny model. */
const VOCABULARY = 128

/** Runs where no file may be larger. */
function runLimited(kilobytes: number, args: readonly string[]) {
  const [node, main] = [process.execPath, join(root, 'dist/cli/main.js')]
  const limited = `ulimit -f ${kilobytes}; exec "$0" "$@"`
  const env = { ...process.env, NO_COLOR: '1', TUNEDIFF_CACHE: tiny.path('cache') }
  const { status, stderr } = spawnSync('bash', ['-c', limited, node, main, 'train', ...args], {
    env,
    encoding: 'utf8',
  })
  return { code: status, stderr }
}

const FAST = ['--epochs', '3', '--batch', '2', '--learningRate', '0.01', '--maxTokens', '64']

test.each([
  ['lora', [1, 2]],
  ['dora', [1]],
  ['full', [1]],
])('%s: the loss falls, and the variant is a model like any other', async (method, seeds) => {
  const out = tiny.path(`out-${method}`)
  const args = [base, '--data', data, '--method', method, ...FAST, '--heldOut', '0.2', '-o', out]
  const { code, stderr, stdout } = await run([
    ...args,
    '--seeds',
    seeds.join(),
    ...(method === 'full' ? ['--learningRate', '0.003'] : []),
  ])
  expect(code, stderr).toBe(0)
  expect(stdout).toContain(`${method} on ${base}`)
  for (const seed of seeds) {
    const folder = join(out, `seed-${seed}`)
    const rows = await readTrainRows(folder)
    expect(rows.at(-1)!.loss).toBeLessThan(rows[0]!.loss - 0.5)
    expect(rows.at(-1)!.heldOutLoss).toBeLessThan(rows[0]!.loss)
    const variant = variantSchema.parse(JSON.parse(readFileSync(join(folder, 'variant.json'), 'utf8')))
    expect(variant).toMatchObject({
      seed,
      data: { examples: 60 },
      cost: { steps: rows.length, endedEarly: null },
    })
    expect(existsSync(join(folder, method === 'full' ? 'model' : 'adapter'))).toBe(true)
  }
  const [first, second] = await Promise.all(seeds.map((seed) => readTrainRows(join(out, `seed-${seed}`))))
  expect(first!.map(({ loss }) => loss)).not.toEqual(second?.map(({ loss }) => loss))
  const compared = await tunediff(
    [
      'predictions',
      base,
      join(out, 'seed-1'),
      '--text',
      data,
      '--max-tokens',
      '40',
      '--threads',
      '1',
      '--json',
    ],
    { cache: tiny.path('cache') },
  )
  expect(compared.code, compared.stderr).toBe(0)
  expect(JSON.parse(compared.stdout).variants[0].whole.kl.value).toBeGreaterThan(0.01)
})

describe('--init', () => {
  const config = () => join(base, 'config.json')

  test('random weights for each seed, written as a base, then trained; a killed training goes on', async () => {
    const args = (out: string): string[] => [
      ...['--init', config(), '--method', 'full', '--data', data, ...FAST, '--learningRate', '0.003'],
      ...['--saveEvery', '2', '-o', tiny.path(out)],
    ]
    const { code, stderr } = await run([...args('init'), '--seeds', '1,2'])
    expect(code, stderr).toBe(0)
    for (const seed of [1, 2]) {
      const folder = tiny.path('init', `seed-${seed}`)
      const { base: started } = variantSchema.parse(
        JSON.parse(readFileSync(join(folder, 'variant.json'), 'utf8')),
      )
      expect(started).toMatchObject({ spec: join(folder, 'base'), note: null })
      const rows = await readTrainRows(folder)
      expect(rows[0]!.loss).toBeCloseTo(Math.log(VOCABULARY), 0)
      expect(rows.at(-1)!.loss).toBeLessThan(rows[0]!.loss - 0.5)
    }
    const weights = (out: string, seed: number, part: string): Buffer =>
      readFileSync(tiny.path(out, `seed-${seed}`, part, 'model.safetensors'))
    expect(weights('init', 1, 'base').equals(weights('init', 2, 'base'))).toBe(false)

    const folder = tiny.path('init', 'seed-1')
    const compare = ['predictions', join(folder, 'base'), folder, '--text', data, '--max-tokens', '40']
    const compared = await tunediff([...compare, '--threads', '1', '--json'], { cache: tiny.path('cache') })
    expect(compared.code, compared.stderr).toBe(0)
    expect(JSON.parse(compared.stdout).variants[0].whole.kl.value).toBeGreaterThan(0.01)

    await run(args('init-killed'), killAt(tiny.path('init-killed', 'seed-1', 'train.jsonl'), 4))
    expect(existsSync(tiny.path('init-killed', 'seed-1', 'model'))).toBe(false)
    const before = await run([...args('init'), '--seeds', '1,2'])
    expect(before.stdout).toContain(
      `full on ${tiny.path('init', 'seed-1', 'base')}, ${tiny.path('init', 'seed-2', 'base')}`,
    )
    expect(before.stderr).toContain(`finished before: ${folder} (`)
    const again = await run(args('init-killed'))
    expect(again.code, again.stderr).toBe(0)
    expect(again.stderr).toContain(`written: ${tiny.path('init-killed', 'seed-1')} (`)
    expect(again.stderr).toMatch(/^seed 1: goes on after step \d*[02468]$/m)
    for (const part of ['base', 'model'])
      expect(weights('init-killed', 1, part).equals(weights('init', 1, part)), part).toBe(true)
  })

  test('--preview needs no weights', async () => {
    const { code, stdout, stderr } = await run([
      ...['--init', config(), '--method', 'full', '--data', data, '--preview'],
    ])
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('0 + 0 =[ 0')
  })

  test.each<[string, () => string[], RegExp]>([
    ['beside a base', () => [base, '--init', config()], /both are given\n {2}hint: leave one of them out/],
    ['neither', () => [], /a base is missing\n {2}hint: tunediff train BASE, or --init config.json/],
    ['with adapters', () => ['--init', config()], /method is lora.*\n {2}hint: give --method full/],
    [
      'in the folder of another training',
      () => ['--init', config(), '--method', 'full', '-o', tiny.path('made')],
      /seed-1 holds another training, which began at .*\n {2}hint: give another folder with -o/,
    ],
    [
      'of another config',
      () => [
        '--init',
        join(tiny.model('gemma3', 'other', { hasBos: true }), 'config.json'),
        '--method',
        'full',
        '-o',
        tiny.path('init'),
      ],
      /seed-1\/base holds something else/,
    ],
  ])('%s: refused', async (_, flags, message) => {
    const { code, stderr } = await run([
      ...flags(),
      '--data',
      data,
      ...(flags().includes('-o') ? [] : ['-o', tiny.path('no')]),
    ])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

test('--preview shows what is trained on, and trains nothing', async () => {
  const { code, stdout } = await run([base, '--data', data, '--preview'])
  expect(code).toBe(0)
  expect(stdout).toContain('0 + 0 =[ 0')
  expect(stdout).toMatch(/60 examples, 0 of them held out/)
})

describe('refused with what to do', () => {
  test.each([
    ['wrong keys', [{ question: 'a', answer: 'b' }], [], /question, answer/],
    [
      'nothing that is trained on',
      [{ prompt: 'a'.repeat(50), completion: ' b' }],
      ['--maxTokens', '20'],
      /no token of any example is trained on/,
    ],
    ['empty data', [], [], /hold|empty/],
    ['an unknown target', [{ prompt: 'a', completion: ' b' }], ['--targets', 'q_projj'], /q_projj/],
    [
      'an option that the method has no use for',
      [{ prompt: 'a', completion: ' b' }],
      ['--method', 'full', '--rslora'],
      /rslora/,
    ],
    [
      'a learning rate that diverges',
      Array.from({ length: 40 }, () => ({ prompt: 'a', completion: ' b' })),
      ['--method', 'full', '--learningRate', '1e9', '--steps', '30', '--packing', 'false', '--warmup', '0'],
      /diverged/,
    ],
  ])('%s', async (name, rows, flags, message) => {
    const path = write(name.replaceAll(' ', '-'), rows)
    const { code, stderr } = await run([base, '--data', path, '-o', tiny.path('refused', name), ...flags])
    expect(stderr).toMatch(message)
    expect(stderr).toContain('hint:')
    expect(code).toBe(2)
  })
})

test(
  'killed at random steps and started again, train.jsonl is that of one never stopped',
  async () => {
    const args = (out: string): string[] => [
      ...[base, '--data', data, '--epochs', isSoak ? '64' : '8', '--learningRate', '0.01'],
      ...['--maxTokens', '64', '--promptLossWeight', '0.1', '--saveEvery', '3', '-o', tiny.path(out)],
    ]
    expect((await run(args('whole'))).code).toBe(0)
    const whole = await readTrainRows(tiny.path('whole', 'seed-1'))
    const file = tiny.path('killed', 'seed-1', 'train.jsonl')
    for (let kill = 0; kill < (isSoak ? 20 : 2); kill++) {
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0
      await run(args('killed'), killAt(file, lines + 1 + ((kill * 5) % 9)))
      expect((await readTrainRows(tiny.path('killed', 'seed-1'))).length).toBeLessThan(whole.length)
    }
    expect((await run(args('killed'))).code).toBe(0)
    const killed: TrainRow[] = await readTrainRows(tiny.path('killed', 'seed-1'))
    expect(killed).toEqual(whole)
    const weights = 'seed-1/adapter/adapter_model.safetensors'
    expect(readFileSync(tiny.path('killed', weights)).equals(readFileSync(tiny.path('whole', weights)))).toBe(
      true,
    )
  },
  isSoak ? 900_000 : 60_000,
)

describe('where variants go', () => {
  const intoFolder = (out: string, ...flags: string[]) =>
    run([base, '--data', data, '--steps', '1', ...flags, '-o', out])

  test('a file: said before anything is read', async () => {
    writeFileSync(tiny.path('file'), '')
    const { code, stderr } = await intoFolder(tiny.path('file'))
    expect(stderr).toMatch(/^error: .*file is a file, and variants go to a folder\n {2}hint: -o DIR/)
    expect(code).toBe(2)
    const below = await intoFolder(tiny.path('file', 'below'))
    expect(below.stderr).toMatch(/^error: .*file is a file, and variants go to a folder/)
    const exported = ['export', tiny.path('made', 'seed-1'), '-o', tiny.path('file', 'below')]
    const { stderr: said } = await tunediff(exported, { cache: tiny.path('cache') })
    expect(said).toMatch(/^error: .*file is a file, and what is exported goes to a folder/)
  })

  test('a variant: its parent is meant', async () => {
    const { code, stderr } = await intoFolder(tiny.path('made', 'seed-1'))
    expect(stderr).toContain(`seed-1 is itself a variant: lora on ${base}`)
    expect(stderr).toContain(`-o ${tiny.path('made')}`)
    expect(code).toBe(2)
  })

  test('a merged model is called that', async () => {
    const merged = tiny.path('merged', 'seed-1')
    const exported = ['export', tiny.path('made', 'seed-1'), '--merged', '-o', merged]
    const { code: made, stderr: said } = await tunediff(exported, { cache: tiny.path('cache') })
    expect(made, said).toBe(0)
    for (const out of [tiny.path('merged'), merged]) {
      const { code, stderr } = await intoFolder(out)
      expect(stderr).toContain(`${merged} is a merged model that tunediff export wrote`)
      expect(code).toBe(2)
    }
  })

  test('no room: which file, and training goes on from the last state', async () => {
    // Room for train.jsonl and variant.json; the state after step 2 does not fit.
    const args = [base, '--data', data, '--epochs', '2', '--maxTokens', '64', '--saveEvery', '2']
    const small = runLimited(40, [...args, '--threads', '1', '-o', tiny.path('small')])
    expect(small.stderr).toMatch(
      /error: the state after step 2 in .*seed-1 \(\d+\.\d\d kB\) cannot be written: a file may not be so large here\n {2}hint: raise the limit \(ulimit -f\), then run the same command again/,
    )
    expect(small.code).toBe(2)
    expect((await run([...args, '-o', tiny.path('small')])).code).toBe(0)
    const rows = await readTrainRows(tiny.path('small', 'seed-1'))
    expect((await run([...args, '-o', tiny.path('roomy')])).code).toBe(0)
    expect(rows).toEqual(await readTrainRows(tiny.path('roomy', 'seed-1')))
  })
})

test.each([
  ['--learning-rate', '--learningRate'],
  ['--lora-plus-ratio', '--loraPlusRatio'],
  ['--lora_alpha', '--alpha'],
  ['--lr', '--learningRate'],
  ['--sed', '--seeds'],
])('%s: %s is meant', async (flag, meant) => {
  const { code, stderr } = await run([base, '--data', data, flag, '1', '-o', tiny.path('no')])
  expect(stderr).toContain(`error: unknown option '${flag}'\n(Did you mean ${meant}?)`)
  expect(code).toBe(2)
})

test('an unknown trainer is told the known ones', async () => {
  const { code, stderr } = await run([base, '--data', data, '--trainer', 'trl', '-o', tiny.path('no')])
  expect(stderr).toContain("'trl' is invalid. Allowed choices are embedded.")
  expect(code).toBe(2)
})

test.each([
  ['to train', []],
  ['to preview', ['--preview']],
])('a base with an adapter on it: refused %s', async (_, more) => {
  const adapted = `${base}+${tiny.path('made', 'seed-1', 'adapter')}`
  const { code, stderr } = await run([adapted, '--data', data, ...more, '-o', tiny.path('no')])
  expect(stderr).toContain('has an adapter on it, and training begins at a model without one')
  expect(stderr).toContain('tunediff export BASE+ADAPTER --merged')
  expect(code).toBe(2)
})

test('an end token that the model does not know is told, not trained on', async () => {
  const odd = tiny.path('odd-end')
  cpSync(base, odd, { recursive: true })
  const config = JSON.parse(readFileSync(join(odd, 'config.json'), 'utf8'))
  writeFileSync(join(odd, 'config.json'), JSON.stringify({ ...config, eos_token_id: 999 }))
  const { code, stderr } = await run([odd, '--data', data, '--steps', '1', '-o', tiny.path('no')])
  expect(stderr).toContain(`has token 999, and ${odd} has ${VOCABULARY} tokens`)
  expect(stderr).toContain('eos_token_id')
  expect(code).toBe(2)
})

test.each(['1,,2', '1,', '0x10', '-1', 'a'])('seeds %s are refused', async (seeds) => {
  const { code, stderr } = await run([base, '--data', data, '--seeds', seeds, '-o', tiny.path('no')])
  expect(stderr).toContain(`wanted whole numbers with commas, such as 1,2,3, got '${seeds}'`)
  expect(code).toBe(2)
})

test('--init makes nothing that cannot be trained: no data, or too large', async () => {
  const config = tiny.path('init-config', 'config.json')
  cpSync(base, tiny.path('init-config'), { recursive: true })
  const args = ['--init', config, '--method', 'full', '-o', tiny.path('init-none')]
  const missing = await run([...args, '--data', tiny.path('nope.jsonl')])
  expect(missing.code, missing.stderr).toBe(2)
  const given = JSON.parse(readFileSync(config, 'utf8'))
  writeFileSync(config, JSON.stringify({ ...given, intermediate_size: 2 ** 36 }))
  const large = await run([...args, '--data', data])
  expect(large.stderr).toMatch(/config\.json makes a model of \d+ numbers, and training them all needs more/)
  expect(large.code).toBe(2)
  expect(existsSync(tiny.path('init-none'))).toBe(false)
})
