// The published answers of GPT-3.5, GPT-4, Reflexion and LDB on HumanEval, compared straight from their log files. Under
// `npm test` those of GPT-4 are judged under the rules that are asked of them alone, its one endless answer is replaced by a
// wrong one, and LDB on top of Reflexion is left to test/sandbox/recorded.test.ts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { comparisonReportSchema, type VariantReport } from '../src/schema/comparison.ts'
import { tunediff } from './support/cli.ts'
import { outcomesOf, runOf, samplesOf } from './support/evaluation.ts'
import { sharedHumanEval, sharedLog } from './support/shared.ts'
import { isSoak } from './support/soak.ts'

const cache = mkdtempSync(join(tmpdir(), 'tunediff-humaneval-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

async function compare(...logs: string[]) {
  const result = await tunediff(['compare', ...logs.map(logOf), '--json'], { cache })
  expect(result.code, result.stderr).toBe(0)
  const [comparison] = comparisonReportSchema.parse(JSON.parse(result.stdout)).comparisons
  return comparison!
}

/** Logs imported: run folders. */
async function imported(...logs: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(cache, 'runs-'))
  const runs = logs.map((log) => join(folder, log))
  for (const [i, log] of logs.entries()) {
    const { code, stderr } = await tunediff(['import', logOf(log), '-o', runs[i]!], { cache })
    expect(code, stderr).toBe(0)
  }
  return runs
}

/** Under this rule, or that of each log: problems that pass, and those of which the log claims otherwise. */
async function judged(runs: readonly string[], rule?: string) {
  const { code, stderr } = await tunediff(
    ['judge', ...runs, '--wall', 'none', ...(rule ? ['--rule', rule] : [])],
    { cache },
  )
  expect(code, stderr).toBe(0)
  return runs.map((run) => {
    const own = rule ?? runOf(run).rule!.name
    const passing = outcomesOf(run).filter((row) => row.rule === own && row.class === 'pass')
    const passes = passing.map(({ sample }) => sample.replace('#0', ''))
    const differs = samplesOf(run).filter(({ problem, claimed }) => claimed !== passes.includes(problem))
    return { passes, differs: differs.map(({ problem }) => problem) }
  })
}

/** The endless answer costs both time limits under each of the rules. */
function logOf(name: string): string {
  const path = sharedLog(`${name}.jsonl`)
  if (isSoak || name !== 'gpt-4-plain.reflexion') return path
  const rows = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { task_id: string; solution: string })
  const endless = rows.find((row) => row.task_id === 'HumanEval/39')!
  endless.solution = 'def prime_fib(n):\n    return None\n'
  const copy = join(cache, `${name}.jsonl`)
  writeFileSync(copy, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return copy
}

const rule = (variant: VariantReport, name: string) => variant.rules.find((row) => row.rule === name)!

describe.skipIf(sharedHumanEval === null)('recorded answers on HumanEval', () => {
  test('GPT-3.5 plain 121, with LDB 136: 1 lost, 16 gained, exact p = 0.0003', async () => {
    const { base, variants } = await compare('gpt-3.5-plain.ldb-seed', 'gpt-3.5-ldb.ldb')
    expect(base).toMatchObject({
      passed: 121,
      n: 164,
      rule: 'typing+program',
      claimed: { passed: 121, differs: [] },
    })
    expect(variants[0]).toMatchObject({ passed: 136, rule: 'program', claimed: { passed: 136, differs: [] } })
    expect([variants[0]!.lost.length, variants[0]!.gained.length]).toEqual([1, 16])
    expect(variants[0]!.p.toFixed(4)).toBe('0.0003')
    expect(variants[0]!.finding).toBe('better')
  }, 300_000)

  test('GPT-4 plain claims 141 and gives 140, or 142 with the header; Reflexion 150, then LDB 156', async () => {
    const logs = ['gpt-4-plain.reflexion', 'gpt-4-reflexion.reflexion']
    const runs = await imported(...logs)
    expect(await judged(runs)).toMatchObject([
      { passes: { length: 140 }, differs: ['HumanEval/133'] },
      { passes: { length: 150 }, differs: [] },
    ])
    expect(await judged(runs.slice(0, 1), 'header+program')).toMatchObject([
      { passes: { length: 142 }, differs: ['HumanEval/91'] },
    ])
    if (!isSoak) return
    const { base, variants } = await compare(...logs, 'gpt-4-reflexion-then-gpt-3.5-ldb.ldb')
    expect(base).toMatchObject({ passed: 140, claimed: { passed: 141, differs: ['HumanEval/133'] } })
    expect(rule(variants[0]!, 'header+program')).toMatchObject({
      basePassed: 142,
      baseDiffers: ['HumanEval/91', 'HumanEval/133'],
    })
    expect(variants[0]!.rules.map((row) => row.basePassed)).not.toContain(141)
    const passed = [150, 156]
    expect(variants.map((variant) => variant.passed)).toEqual(passed)
    expect(variants.map((variant) => variant.claimed)).toEqual(
      passed.map((claimed) => ({ passed: claimed, differs: [] })),
    )
  }, 300_000)
})
