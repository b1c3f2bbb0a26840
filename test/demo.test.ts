// The demo's studies and `npm start`: what they come to, and that the start goes on where it was stopped, here with its first
// steps of training. Under `npm run soak` with a cell done, and run to the end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resultsSchema } from '../src/schema/results.ts'
import { type Plan, planStudy } from '../src/study/plan.ts'
import { root } from './support/cli.ts'
import { isSoak } from './support/soak.ts'

const LONG_MS = 600_000
const folder = mkdtempSync(join(tmpdir(), 'tunediff-start-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const plan = (file: string): Promise<Plan> =>
  planStudy({ study: join(root, 'assets/demo', file), cacheFolder: join(folder, 'cache'), env: {} })
const counts = ({ cells }: Plan): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const { work } of cells) found[work.kind] = (found[work.kind] ?? 0) + 1
  return found
}

let whole: Plan
beforeAll(async () => {
  whole = await plan('study.yaml')
}, LONG_MS)

test('the whole demo: 12 trainings, and at least 100 problems of each task', () => {
  expect(counts(whole)).toMatchObject({ variant: 12, run: 13 * 8, weights: 12, predictions: 12 + 1 })
  for (const { task } of whole.tasks) expect(task.problems.size, task.name).toBeGreaterThanOrEqual(100)
  expect(whole.file.study.limit).toBeGreaterThanOrEqual(100)
})

test('the quick one is a part of it', async () => {
  const quick = await plan('quick.yaml')
  expect(counts(quick)).toMatchObject({ variant: 3, run: 4 * 3, weights: 3, predictions: 3 + 1 })
  const keys = new Set(whole.cells.map(({ key }) => key))
  // It asks fewer problems; all else is the same piece of work.
  const other = quick.cells.filter(({ key, work }) => work.kind !== 'run' && !keys.has(key))
  expect(other).toEqual([])
  const names = ({ tasks }: Plan): string[] => tasks.map(({ task }) => task.name)
  expect(names(whole)).toEqual(expect.arrayContaining(names(quick)))
})

/** As `npm start -- FLAGS` after its build; told to stop once `isEnough` of what it has said. */
async function start(
  flags: readonly string[],
  isEnough: (said: string) => boolean = () => false,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'scripts/start.mjs'), ...flags], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', TUNEDIFF_CACHE: join(folder, 'cache') },
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setInterval(() => {
    if (!isEnough(stderr)) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 10)
  child.once('exit', () => clearInterval(timer))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stderr }
}

/** Steps of training that are written, of all cells. */
function steps(): number {
  const cells = join(folder, 'demo-quick.study/cells')
  const files = existsSync(cells) ? readdirSync(cells).map((key) => join(cells, key, 'train.jsonl')) : []
  const lines = files.map((file) =>
    existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0,
  )
  return lines.reduce((sum, count) => sum + count, 0)
}

test(
  'npm start says first what will happen and how long it takes; stopped, it goes on',
  async () => {
    const stopped = await start(['--quick'], (said) => (isSoak ? said.includes('done 1 of') : steps() > 0))
    expect([stopped.code, stopped.stderr]).toEqual([75, expect.stringContaining('the same command goes on')])
    const [first] = stopped.stderr.split('cells in')
    expect(first).toContain('How far do fine-tuned variants move from their base?')
    expect(first).toMatch(/time: .* on two cores/)
    const begun = steps()
    const again = await start(['--quick'], (said) => said.includes('done before') && steps() > begun)
    expect(again.code, again.stderr).toBe(75)
    expect(again.stderr).toContain('demo-quick.study is there, and is gone on with')
    if (!isSoak) return
    expect(again.stderr).not.toContain(', 0 of them done before')
    const { code, stderr } = await start(['--quick'])
    expect(code, stderr).toBe(0)
    const results = JSON.parse(readFileSync(join(folder, 'demo-quick.study/results.json'), 'utf8'))
    expect(resultsSchema.parse(results).trainings).toHaveLength(3)
    expect(stderr).toContain('Next: tunediff diff')
  },
  LONG_MS,
)
