// `tunediff plan` and `tunediff run` as a user runs them, on tiny models: what is computed, what is not computed again, what
// fails, and what a killed one leaves.
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isSoak } from './support/soak.ts'
import { contentsOf, LORA, type PlanJson, TinyStudy } from './support/tinyStudy.ts'

/** Trainings share the cores with other tests. */
const LONG_MS = 240_000

const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

const ADAPTED = 'adapted: {model: models/base, against: lora1}'
const ONE = `lora1: {recipe: ${LORA.replace('rank: 2', 'rank: 3')}, data: sums.jsonl}`
const WILD =
  'wild: {recipe: {method: full, steps: 30, learningRate: 1e9, warmup: 0, packing: false, maxTokens: 48}, data: sums.jsonl}'

let study: string
beforeAll(() => {
  study = tiny.study([ADAPTED, ONE, WILD])
})

const states = ({ cells }: PlanJson): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { kind, state } of cells) counts[`${kind} ${state}`] = (counts[`${kind} ${state}`] ?? 0) + 1
  return counts
}

test(
  'a plan knows all cells before anything is made, and makes nothing',
  async () => {
    const plan = await tiny.plan(study)
    expect(states(plan)).toEqual({
      'variant missing': 2,
      'live missing': 3,
      'run missing': 3, // Of the base, and of the model that is the base again, there is one.
      'weights missing': 3,
      'predictions missing': 5, // Two sides are compared with: each has its zero lines.
    })
    expect(plan.left).toEqual({ seconds: 0, unknown: plan.cells.length })
    expect(new Set(plan.cells.map(({ key }) => key)).size).toBe(plan.cells.length)
    const [training] = plan.cells
    expect(training!.bytes).toBeGreaterThan(300e6)
    expect(existsSync(plan.folder)).toBe(false)
    const text = (await tiny.run(['plan', study])).stdout
    expect(text).toContain(
      '16 cells are left. How long they take is not known before one of each kind is done.',
    )
  },
  LONG_MS,
)

test(
  'a failed cell is kept with its reason, what needs it is left out, the rest is done and not done again',
  async () => {
    const first = await tiny.run(['run', study])
    expect(first.code, first.stderr).toBe(4)
    expect(first.stderr).toMatch(/failed: wild \(seed 1\), training: step \d+ diverged/)
    for (const what of [
      'on sums',
      'is it live against base',
      'weights against base',
      'predictions against base',
    ])
      expect(first.stderr).toContain(
        `left out: wild (seed 1)${what.startsWith('on') ? '' : ','} ${what}, since wild (seed 1), training failed`,
      )
    expect(first.stderr).toContain('11 of 16 cells done')
    const plan = await tiny.plan(study)
    expect(states(plan)).toEqual({
      'variant done': 1,
      'variant failed': 1,
      'live done': 2,
      'live missing': 1,
      'run done': 2,
      'run missing': 1,
      'weights done': 2,
      'weights missing': 1,
      'predictions done': 4,
      'predictions missing': 1,
    })
    const failed = plan.cells.find(({ state }) => state === 'failed')!
    expect(failed.message).toMatch(/diverged/)
    expect(JSON.parse(readFileSync(`${failed.folder}.error.json`, 'utf8'))).toMatchObject({ stack: null })
    // Of what is left, time is foreseen where a cell of its kind was done.
    expect(plan.left.unknown).toBe(1)
    expect(plan.left.seconds).toBeGreaterThan(0)

    const done = plan.cells.filter(({ state }) => state === 'done').map(({ folder }) => `${folder}.cell.json`)
    const before = done.map((path) => statSync(path).mtimeMs)
    const again = await tiny.run(['run', study])
    expect(again.code).toBe(4)
    expect(again.stderr).toContain('11 of them done before')
    expect(again.stderr).not.toMatch(/^done /m)
    expect(done.map((path) => statSync(path).mtimeMs)).toEqual(before)
  },
  LONG_MS,
)

test(
  'killed again and again and gone on with, and never killed: the same',
  async () => {
    const file = tiny.study([ONE], [], 'killed.yaml')
    const whole = await tiny.run(['run', file, '-o', tiny.path('whole')], { cacheName: 'cache-whole' })
    expect(whole.code, whole.stderr).toBe(0)
    const folder = tiny.path('killed')
    const when = ['train.jsonl', 'samples.jsonl', 'tensors.jsonl', 'documents.jsonl']
    for (const name of isSoak ? when : [when[0]!, when[3]!]) {
      const { signal } = await tiny.run(['run', file, '-o', folder], {
        cacheName: 'cache-killed',
        started: (child) => endAt(child, folder, name, 'SIGKILL'),
      })
      expect(signal, name).toBe('SIGKILL')
    }
    const last = await tiny.run(['run', file, '-o', folder], { cacheName: 'cache-killed' })
    expect(last.code, last.stderr).toBe(0)
    const [there, here] = [await contentsOf(tiny.path('whole')), await contentsOf(folder)]
    expect([...here.keys()].sort()).toEqual([...there.keys()].sort())
    for (const [path, content] of there) {
      // What was asked twice is known from the cache the second time.
      if (!path.endsWith('calls.jsonl')) expect(here.get(path), path).toBe(content)
    }
  },
  LONG_MS,
)

/** Once a cell that is not finished has such a file with a line in it. */
function endAt(child: ChildProcess, folder: string, name: string, signal: NodeJS.Signals): void {
  const timer = setInterval(() => {
    const cells = join(folder, 'cells')
    for (const key of existsSync(cells) ? readdirSync(cells) : []) {
      const path = join(cells, key, name)
      if (!existsSync(path) || statSync(path).size === 0) continue
      if (!readFileSync(join(cells, `${key}.cell.json`), 'utf8').includes('"finished": null')) continue
      clearInterval(timer)
      child.kill(signal)
      return
    }
  }, 1)
  child.once('exit', () => clearInterval(timer))
}

test(
  'told to stop, it ends with what a retry goes on from, and no cell counts as failed',
  async () => {
    const file = tiny.study([ONE], [], 'stopped.yaml')
    const { code, stderr } = await tiny.run(['run', file], {
      started: (child) => endAt(child, tiny.path('stopped.study'), 'train.jsonl', 'SIGTERM'),
    })
    expect(code, stderr).toBe(75)
    const plan = await tiny.plan(file)
    expect(plan.cells.filter(({ state }) => state === 'failed')).toEqual([])
    expect(plan.cells.some(({ state }) => state === 'begun')).toBe(true)
  },
  LONG_MS,
)

test(
  'a changed task is another run and nothing else; a changed scorer scores the same answers',
  async () => {
    const file = tiny.study([ONE], ['measures: [answers, weights]'], 'changed.yaml')
    expect((await tiny.run(['run', file])).code).toBe(0)
    const before = await tiny.plan(file)

    tiny.task('{kind: numeric, take: first}')
    const rescored = await tiny.plan(file)
    expect(rescored.cells.map(({ key }) => key)).toEqual(before.cells.map(({ key }) => key))
    expect(states(rescored)).toEqual({ 'variant done': 1, 'live done': 1, 'run begun': 2, 'weights done': 1 })
    const run = rescored.cells.find(({ kind }) => kind === 'run')!
    const answers = readFileSync(join(run.folder, 'samples.jsonl'), 'utf8')
    expect((await tiny.run(['run', file])).code).toBe(0)
    expect(readFileSync(join(run.folder, 'samples.jsonl'), 'utf8')).toBe(answers)
    const judges = readFileSync(join(run.folder, 'outcomes.jsonl'), 'utf8').match(/"judge":"\w+"/g)
    expect(new Set(judges).size).toBe(2)

    tiny.lines('task/items.jsonl', [{ q: '1 + 1 =', a: 2 }])
    const changed = await tiny.plan(file)
    expect(states(changed)).toEqual({
      'variant done': 1,
      'live done': 1,
      'run missing': 2,
      'weights done': 1,
    })
  },
  LONG_MS,
)
