// kill -9 at random moments of import, judge and compare: the command, run again until it is let finish, ends with what a
// run that was never stopped ends with.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { random } from '../../src/stats/index.ts'
import { type CliResult, root, tunediff } from '../support/cli.ts'
import { soak } from '../support/soak.ts'

const KILLS = soak(100)
const folder = mkdtempSync(join(tmpdir(), 'tunediff-kills-'))
const cache = join(folder, 'cache')
const next = random(20_261_124)
const problems = join(root, 'assets/demo/problems.jsonl')
const log = join(folder, 'answers.jsonl')
const other = join(folder, 'other.jsonl')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  // Repeats of the demo's answers, so that each command lasts long enough to be killed inside.
  const rows = (name: string): string[] =>
    readFileSync(join(root, 'assets/demo', name), 'utf8')
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

/** Runs a command; kills it after a random part of `lastsMs` up to `kills` times, then lets it finish. */
async function killed(args: string[], lastsMs: number, runCache: string): Promise<CliResult> {
  const kills = 1 + Math.floor(next() * 3)
  for (let i = 0; i < kills; i++) {
    const result = await tunediff(args, {
      cache: runCache,
      started: (child) => void setTimeout(next() * lastsMs).then(() => child.kill('SIGKILL')),
    })
    if (result.signal !== 'SIGKILL') return result
  }
  return tunediff(args, { cache: runCache })
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now()
  return [await work(), performance.now() - start]
}

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n')

test(`import, killed ${KILLS} times`, async () => {
  const args = (out: string): string[] => ['import', log, '--task', problems, '-o', out]
  const whole = join(folder, 'import-whole')
  const [done, lastsMs] = await timed(() => tunediff(args(whole), { cache }))
  expect(done.code, done.stderr).toBe(0)
  for (let i = 0; i < KILLS; i++) {
    const out = join(folder, 'imports', `run-${i}`)
    const result = await killed(args(out), lastsMs, cache)
    expect(result.code, result.stderr).toBe(0)
    expect(lines(join(out, 'samples.jsonl'))).toEqual(lines(join(whole, 'samples.jsonl')))
  }
  expect(readdirSync(join(folder, 'imports')).filter((name) => name.startsWith('.tmp-')).length).toBeLessThan(
    KILLS,
  )
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
  const whole = join(folder, 'judge-whole')
  await make(whole)
  const [done, lastsMs] = await timed(() => tunediff(['judge', whole], { cache }))
  expect(done.code, done.stderr).toBe(0)
  for (let i = 0; i < KILLS; i++) {
    const out = join(folder, `judge-${i}`)
    await make(out)
    const result = await killed(['judge', out], lastsMs, cache)
    expect(result.code, result.stderr).toBe(0)
    expect(outcomes(out)).toEqual(outcomes(whole))
  }
}, 1_800_000)

test(`compare, killed ${KILLS} times`, async () => {
  const base = join(folder, 'judge-whole')
  const args = ['compare', base, other, '--task', problems, '--rule', 'prompt+body', '--json']
  const [done, lastsMs] = await timed(() => tunediff(args, { cache }))
  expect(done.code, done.stderr).toBe(0)
  for (let i = 0; i < KILLS; i++) {
    // Imported runs and their outcomes start anew; the boot image stays.
    rmSync(join(cache, 'runs'), { recursive: true, force: true })
    const result = await killed(args, lastsMs, cache)
    expect(result.code, result.stderr).toBe(0)
    expect(JSON.parse(result.stdout)).toEqual(JSON.parse(done.stdout))
  }
}, 1_800_000)
