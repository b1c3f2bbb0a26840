// States on disk: exact, whole or not there, and refused where they are damaged or of another training.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { random } from '../../src/stats/index.ts'
import { type AdamW, openAdamW } from '../../src/train/adamw.ts'
import type { Trained } from '../../src/train/methods/index.ts'
import { loadState, removeStates, saveState, stateBytes } from '../../src/train/state.ts'
import { root } from '../support/cli.ts'
import { soak } from '../support/soak.ts'

const work = mkdtempSync(join(tmpdir(), 'tunediff-state-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(work, 'run-'))
})

interface Training {
  trained: Trained[]
  adam: AdamW
}

/** Two parts; `make` gives the numbers of an element. */
function training(make: (i: number) => number = () => 0, sizes: readonly number[] = [7, 300]): Training {
  const trained = sizes.map(
    (length, part): Trained => ({
      name: `part${part}`,
      shape: [length],
      values: Float32Array.from({ length }, (_, i) => make(i)),
      group: 'weight',
      hasDecay: true,
    }),
  )
  return { trained, adam: openAdamW({ trained, recipe: recipeSchema.parse({ weightDecay: 0.1 }) }) }
}

/** One step with gradients that depend on the step alone. */
function advance({ trained, adam }: Training): void {
  const gradients = new Map(
    trained.map(({ name, values }) => [name, values.map((_, i) => Math.sin(i * 1.3 + adam.count))]),
  )
  adam.step(gradients, 1e-2)
}

const numbersOf = ({ trained, adam }: Training): unknown => [
  adam.count,
  trained.map(({ values }) => values),
  [...adam.state().values()],
]

async function saved(step: number, make: (i: number) => number): Promise<Training> {
  const made = training(make)
  for (let i = 0; i < step; i++) advance(made)
  await saveState(folder, { step, ...made, dataState: { epoch: 1, at: [step] } })
  return made
}

describe('a state', () => {
  test('comes back to the last bit, and the next steps are those that would have followed', async () => {
    const first = await saved(5, (i) => Math.fround(1 / (i - 3.5)) * 1e-30)
    const second = training()
    expect(await loadState(folder, second)).toEqual({ step: 5, dataState: { epoch: 1, at: [5] } })
    expect(numbersOf(second)).toEqual(numbersOf(first))
    for (let i = 0; i < 3; i++) {
      advance(first)
      advance(second)
    }
    expect(numbersOf(second)).toEqual(numbersOf(first))
  })

  test('keeps what is no ordinary number', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-45, 3.4e38]
    await saved(0, (i) => odd[i % odd.length]!)
    const found = training()
    await loadState(folder, found)
    expect(found.trained).toEqual(training((i) => odd[i % odd.length]!).trained)
  })

  test('is as large as is said before', async () => {
    const made = training()
    const bytes = await saveState(folder, { step: 3, ...made, dataState: null })
    expect(bytes).toBe(stateBytes(made.trained))
    expect(statSync(join(folder, 'state-3.bin')).size).toBe(bytes)
  })

  test('takes the place of the one before', async () => {
    await saved(1, () => 1)
    await saved(2, () => 2)
    expect(readdirSync(folder)).toEqual(['state-2.bin'])
    await removeStates(folder)
    expect(readdirSync(folder)).toEqual([])
    expect(await loadState(folder, training())).toBeNull()
    expect(await loadState(join(folder, 'none'), training())).toBeNull()
  })
})

const DAMAGES: [string, (path: string) => void, RegExp][] = [
  ['cut', (path) => truncateSync(path, 1000), /it ends too early/],
  ['cut in its header', (path) => truncateSync(path, 40), /header is longer/],
  ['empty', (path) => truncateSync(path, 0), /it ends too early/],
  ['without its last byte', (path) => truncateSync(path, statSync(path).size - 1), /its end/],
  ['longer', (path) => writeFileSync(path, 'x', { flag: 'a' }), /its end/],
  ['with another bit', (path) => flip(path, statSync(path).size - 500), /not what was written/],
  ['with another first letter', (path) => flip(path, 0), /does not begin/],
  ['with a damaged header', (path) => flip(path, 16), /header cannot be read/],
  ['with a header of no end', (path) => flip(path, 14), /header is longer/],
  ['another file', (path) => writeFileSync(path, 'x'.repeat(9000)), /does not begin/],
]

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

describe('a damaged state', () => {
  test.each(DAMAGES)('%s is refused, with what to do', async (_, damage, why) => {
    await saved(4, (i) => i)
    damage(join(folder, 'state-4.bin'))
    await expect(loadState(folder, training())).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(why),
      hint: expect.stringContaining('delete it and run the same command again'),
    })
  })

  test.each(DAMAGES)('%s is passed over where the one before is still there', async (_, damage) => {
    await saved(4, (i) => i)
    copyFileSync(join(folder, 'state-4.bin'), join(folder, 'kept'))
    await saved(8, (i) => -i)
    copyFileSync(join(folder, 'kept'), join(folder, 'state-4.bin'))
    damage(join(folder, 'state-8.bin'))
    const found = training()
    expect(await loadState(folder, found)).toMatchObject({ step: 4 })
    const expected = training((i) => i)
    for (let i = 0; i < 4; i++) advance(expected)
    expect(numbersOf(found)).toEqual(numbersOf(expected))
  })
})

test.each([
  [[7], /it holds 2 trained tensors, this one has 1/],
  [[7, 301], /it holds 300 numbers of part1, this one has 301/],
] as const)('a state of another training is refused: parts of %j', async (sizes, message) => {
  await saved(1, () => 1)
  await expect(
    loadState(
      folder,
      training(() => 0, sizes),
    ),
  ).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(message),
  })
})

/** Saves states 1, 2, ...; all numbers of a state are its step, but for a half in m. */
const WRITER = `
const { saveState } = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/train/state.js')).href)})
const [folder, first] = process.argv.slice(1)
const values = new Float32Array(200_000), m = new Float32Array(200_000)
const trained = [{ name: 'x', shape: [200_000], values, group: 'weight', hasDecay: true }]
for (let step = Number(first); ; step++) {
  values.fill(step)
  m.fill(step + 0.5)
  const adam = { count: step, state: () => new Map([['x', { m, v: values }]]) }
  await saveState(folder, { step, trained, adam, dataState: step })
  process.stdout.write(step + '\\n')
}
`

test('killed at random moments: the last state that was done is there, whole', async () => {
  const next = random(7)
  let last = 0
  for (let round = 0; round < soak(100); round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, folder, String(last + 1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    let told = last
    child.stdout.on('data', (text: Buffer) => {
      told = Number(text.toString().trim().split('\n').at(-1))
    })
    await once(child.stdout, 'data')
    await setTimeout(next() * 40)
    child.kill('SIGKILL')
    await closed
    const trained = training(() => 0, [200_000]).trained.map((part) => ({ ...part, name: 'x' }))
    const adam = openAdamW({ trained, recipe: recipeSchema.parse({}) })
    const found = await loadState(folder, { trained, adam })
    expect(found!.step).toBeGreaterThanOrEqual(told)
    const { step } = found!
    const { m, v } = adam.state().get('x')!
    expect([found!.dataState, adam.count]).toEqual([step, step])
    expect([trained[0]!.values, v, m].map((array) => new Set(array))).toEqual([
      new Set([step]),
      new Set([step]),
      new Set([step + 0.5]),
    ])
    // What was not finished goes away with the next state.
    expect(readdirSync(folder).filter((name) => name.startsWith('.tmp-')).length).toBeLessThanOrEqual(1)
    last = step
  }
})
