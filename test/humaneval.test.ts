// The published answers of GPT-3.5, GPT-4, Reflexion and LDB on HumanEval, compared straight from their log files.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { comparisonReportSchema, type VariantReport } from '../src/schema/comparison.ts'
import { tunediff } from './support/cli.ts'
import { sharedHumanEval, sharedLog } from './support/shared.ts'

const cache = mkdtempSync(join(tmpdir(), 'tunediff-humaneval-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

async function compare(...logs: string[]) {
  const result = await tunediff(['compare', ...logs.map((name) => sharedLog(`${name}.jsonl`)), '--json'], {
    cache,
  })
  expect(result.code, result.stderr).toBe(0)
  const [comparison] = comparisonReportSchema.parse(JSON.parse(result.stdout)).comparisons
  return comparison!
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
    const { base, variants } = await compare(
      'gpt-4-plain.reflexion',
      'gpt-4-reflexion.reflexion',
      'gpt-4-reflexion-then-gpt-3.5-ldb.ldb',
    )
    expect(base).toMatchObject({ passed: 140, claimed: { passed: 141, differs: ['HumanEval/133'] } })
    expect(rule(variants[0]!, 'header+program')).toMatchObject({
      basePassed: 142,
      baseDiffers: ['HumanEval/91', 'HumanEval/133'],
    })
    expect(variants[0]!.rules.map((row) => row.basePassed)).not.toContain(141)
    expect(variants.map((variant) => variant.passed)).toEqual([150, 156])
    expect(variants.map((variant) => variant.claimed)).toEqual([
      { passed: 150, differs: [] },
      { passed: 156, differs: [] },
    ])
  }, 300_000)
})
