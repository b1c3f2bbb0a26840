// kill -9 at 100 random moments of import, judge and compare: the command, run again until it is let finish, ends with what a
// run that was never stopped ends with.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run } from '../../src/schema/run.ts'
import { random } from '../../src/stats/index.ts'
import { type CliResult, root, tunediff, tunediffProcess } from '../support/cli.ts'
import { isSoak } from '../support/soak.ts'

/** A hundred in all under `npm run soak`, three under `npm test`. */
const KILLS = isSoak ? 34 : 1
const folder = mkdtempSync(join(tmpdir(), 'tunediff-kills-'))
const cache = join(folder, 'cache')
const next = random(20_261_124)
const problems = join(root, 'test/fixtures/humanlike/problems.jsonl')
const log = join(folder, 'answers.jsonl')
const other = join(folder, 'other.jsonl')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  // Repeats of the human-like answers, so that each command lasts long enough to be killed inside.
  const rows = (name: string): string[] =>
    readFileSync(join(root, 'test/fixtures/humanlike', name), 'utf8')
      .trim()
      .split('\n')
  writeFileSync(
    log,
    `${Array.from({ length: 200 }, () => rows('base.jsonl'))
      .flat()
      .join('\n')}\n`,
  )
  writeFileSync(other, `${rows('variant.jsonl').join('\n')}\n`)
  // The boot image is made once, outside of what is timed.
  await tunediff(['compare', other, other, '--task', problems, '--rule', 'program'], { cache })
}, 300_000)

/** Kills that met a running command. */
let kills = 0

/** Kills a command after a random part of `lastsMs`, then lets it finish. Tells whether the kill came in time. */
async function killed(args: string[], lastsMs: number): Promise<CliResult> {
  const result = await tunediff(args, {
    cache,
    started: (child) => void setTimeout(next() * lastsMs).then(() => child.kill('SIGKILL')),
  })
  if (result.signal !== 'SIGKILL') return result
  kills++
  return tunediff(args, { cache })
}

/** Repeats until `KILLS` kills met a running command. */
async function untilKilled(once: (i: number) => Promise<void>): Promise<void> {
  kills = 0
  for (let i = 0; kills < KILLS; i++) {
    expect(i, 'commands end before they are killed').toBeLessThan(3 * KILLS + 10)
    await once(i)
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now()
  return [await work(), performance.now() - start]
}

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n')

test(`import, killed ${KILLS} times`, async () => {
  const args = (out: string): string[] => ['import', log, '--task', problems, '-o', out]
  const whole = join(folder, 'import-whole')
  const [done, lastsMs] = await timed(() => tunediffProcess(args(whole), { cache }))
  expect(done.code, done.stderr).toBe(0)
  const record = (out: string): Run => {
    const run = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as Run
    return { ...run, createdAt: '' }
  }
  await untilKilled(async (i) => {
    const out = join(folder, 'imports', `run-${i}`)
    const result = await killed(args(out), lastsMs)
    expect(result.code, result.stderr).toBe(0)
    expect(lines(join(out, 'samples.jsonl'))).toEqual(lines(join(whole, 'samples.jsonl')))
    expect(record(out)).toEqual(record(whole))
    // What the killed command left under a temporary name is gone.
    const left = readdirSync(join(folder, 'imports')).filter((name) => name.endsWith(`-run-${i}`))
    expect(left).toEqual([])
  })
}, 900_000)

test(`judge, killed ${KILLS} times`, async () => {
  const make = async (out: string): Promise<void> => {
    expect((await tunediff(['import', other, '--task', problems, '-o', out], { cache })).code).toBe(0)
  }
  const outcomes = (out: string): string[] => {
    const last = new Map<string, string>()
    for (const line of lines(join(out, 'outcomes.jsonl'))) {
      if (line === '') continue
      const row = JSON.parse(line) as Record<string, string>
      last.set(`${row.sample} ${row.rule}`, `${row.class} ${row.exception} ${row.programHash}`)
    }
    return [...last].map(([key, value]) => `${key} ${value}`).sort()
  }
  const made = join(folder, 'made')
  const whole = join(folder, 'judge-whole')
  await make(made)
  cpSync(made, whole, { recursive: true })
  const [done, lastsMs] = await timed(() => tunediffProcess(['judge', whole, '--wall', 'none'], { cache }))
  expect(done.code, done.stderr).toBe(0)
  await untilKilled(async (i) => {
    const out = join(folder, `judge-${i}`)
    cpSync(made, out, { recursive: true })
    const result = await killed(['judge', out, '--wall', 'none'], lastsMs)
    expect(result.code, result.stderr).toBe(0)
    expect(outcomes(out)).toEqual(outcomes(whole))
  })
}, 1_800_000)

test(`compare, killed ${KILLS} times`, async () => {
  const base = join(folder, 'judge-whole')
  const args = ['compare', base, other, '--task', problems, '--rule', 'prompt+body', '--json']
  const [done, lastsMs] = await timed(() => tunediffProcess(args, { cache }))
  expect(done.code, done.stderr).toBe(0)
  await untilKilled(async () => {
    // Imported runs and their outcomes start anew; the boot image stays.
    rmSync(join(cache, 'runs'), { recursive: true, force: true })
    const result = await killed(args, lastsMs)
    expect(result.code, result.stderr).toBe(0)
    expect(JSON.parse(result.stdout)).toEqual(JSON.parse(done.stdout))
  })
}, 1_800_000)
