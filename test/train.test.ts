// `tunediff train` as a user runs it, on tiny models: what it writes, what it says, and what a killed one leaves.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TrainRow, variantSchema } from '../src/schema/training.ts'
import { readTrainRows } from '../src/store/variantFolder.ts'
import { tunediff } from './support/cli.ts'
import { isSoak } from './support/soak.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
let base: string
let data: string
beforeAll(() => {
  base = tiny.model('qwen2', 'base', { hasBos: true })
  data = write(
    'sums',
    Array.from({ length: 60 }, (_, i) => ({
      prompt: `${i % 7} + ${i % 5} =`,
      completion: ` ${(i % 7) + (i % 5)}`,
    })),
  )
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

const FAST = ['--epochs', '3', '--batch', '2', '--learning-rate', '0.01', '--max-tokens', '64']

test.each(['lora', 'dora', 'full'])(
  '%s: the loss falls, and the variant is a model like any other',
  async (method) => {
    const out = tiny.path(`out-${method}`)
    const args = [base, '--data', data, '--method', method, ...FAST, '--held-out', '0.2', '-o', out]
    const { code, stderr, stdout } = await run([
      ...args,
      '--seeds',
      '1,2',
      ...(method === 'full' ? ['--learning-rate', '0.003'] : []),
    ])
    expect(code, stderr).toBe(0)
    expect(stdout).toContain(`${method} on ${base}`)
    for (const seed of [1, 2]) {
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
    const [first, second] = await Promise.all([1, 2].map((seed) => readTrainRows(join(out, `seed-${seed}`))))
    expect(first!.map(({ loss }) => loss)).not.toEqual(second!.map(({ loss }) => loss))
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
  },
)

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
      ['--max-tokens', '20'],
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
      ['--method', 'full', '--learning-rate', '1e9', '--steps', '30', '--packing', 'false', '--warmup', '0'],
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

test('killed at random steps and started again, train.jsonl is that of one never stopped', async () => {
  const args = (out: string): string[] => [
    ...[
      base,
      '--data',
      data,
      '--epochs',
      '16',
      '--batch',
      '1',
      '--learning-rate',
      '0.01',
      '--max-tokens',
      '64',
    ],
    ...['--save-every', '3', '-o', tiny.path(out)],
  ]
  expect((await run(args('whole'))).code).toBe(0)
  const whole = await readTrainRows(tiny.path('whole', 'seed-1'))
  for (let kill = 0; kill < (isSoak ? 20 : 3); kill++) {
    const at = 1 + ((kill * 7) % (whole.length - 2))
    const file = tiny.path('killed', 'seed-1', 'train.jsonl')
    await run(args('killed'), (child) => {
      const timer = setInterval(() => {
        if (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= at) return
        clearInterval(timer)
        child.kill('SIGKILL')
      }, 1)
      child.once('exit', () => clearInterval(timer))
    })
  }
  expect((await run(args('killed'))).code).toBe(0)
  const killed: TrainRow[] = await readTrainRows(tiny.path('killed', 'seed-1'))
  expect(killed).toEqual(whole)
  const file = 'seed-1/adapter/adapter_model.safetensors'
  expect(readFileSync(tiny.path('killed', file)).equals(readFileSync(tiny.path('whole', file)))).toBe(true)
})
