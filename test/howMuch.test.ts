// docs/how-much.md says what its data say: a figure that is changed in either is noticed.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { root } from './support/cli.ts'

const copy = mkdtempSync(join(tmpdir(), 'tunediff-how-much-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const env = { ...process.env, TUNEDIFF_DATA: '', TUNEDIFF_CACHE: join(copy, 'cache') }
const script = join(copy, 'scripts/how-much.mjs')
const check = () => spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8', env })
function change(file: string, from: string | RegExp, to: string): void {
  const before = readFileSync(join(copy, file), 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(join(copy, file), after)
}

beforeEach(() => {
  for (const folder of ['scripts', 'docs']) {
    rmSync(join(copy, folder), { recursive: true, force: true })
    cpSync(join(root, folder), join(copy, folder), { recursive: true })
  }
  for (const shared of ['dist', 'assets', 'node_modules', 'package.json']) {
    rmSync(join(copy, shared), { force: true })
    symlinkSync(join(root, shared), join(copy, shared))
  }
})

test('the page is as its script makes it', () => {
  const { status, stderr } = check()
  expect(status, stderr).toBe(0)
})

test.each([
  ['docs/how-much.md', /\*\*100\.0\*\*/, '**99.5**'],
  ['docs/how-much.demo.json', /"value": 0\.0559\d*/, '"value": 0.0659'],
])('a figure changed in %s is noticed', (file, from, to) => {
  change(file, from, to)
  expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('how-much.md is stale') })
})

test('figures are taken from results.json', () => {
  const { side, seed } = { side: 'iso-lora', seed: 1 }
  const measure = (value: number) => ({ value, low: null, high: null })
  const whole = { tokens: 5, documents: 2, kl: measure(0.25), deltaBitsPerByte: measure(-0.125) }
  const rate = (value: number) => ({ n: 4, rate: measure(value) })
  const results = {
    tunediff: '9.9.9',
    asked: { tasks: ['iso'], margin: 0.02 },
    trainings: [{ side, seed }],
    weights: [
      {
        side,
        seed,
        matrices: {
          relativeChange: { ...measure(0.5), zero: measure(0.0625) },
          trainingAlone: measure(0.375),
        },
      },
    ],
    predictions: [{ side, seed, whole }],
    zeroLines: [{ batchShape: whole, nf4: whole }],
    scores: [
      { side: 'base', seed: null, task: 'iso', report: rate(0.75) },
      { side, seed, task: 'iso', report: rate(1) },
    ],
    effects: [
      { side, task: 'iso', finding: 'better', delta: measure(0.25), seeds: { absent: 'one' } },
      {
        side,
        task: 'add',
        finding: 'cannot-tell',
        delta: measure(-0.5),
        seeds: { ofTrainings: { finding: 'worse' } },
      },
    ],
  }
  mkdirSync(join(copy, 'study'), { recursive: true })
  writeFileSync(join(copy, 'study/results.json'), JSON.stringify(results))
  execFileSync(process.execPath, [script, '--demo', join(copy, 'study')], { env })
  const page = readFileSync(join(copy, 'docs/how-much.md'), 'utf8')
  expect(page).toContain('| iso | LoRA | 1 | 50 | 38 | 6.3 | 0.250 | -0.125 |')
  expect(page).toContain('| iso | LoRA | 1 | **100.0** |')
  expect(page).toContain('|  | base |  | 75.0 |')
  expect(page).toContain(
    '1 better, 0 worse,\n0 no worse by more than 2 points, 1 cannot tell, of which 1 are worse',
  )
  expect(page).toContain('fell most for iso-lora on add: -50.0 points')
  expect(page).toContain('tunediff 9.9.9')
})
