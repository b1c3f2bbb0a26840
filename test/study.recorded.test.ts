// A study over answers that other tools recorded: sides without weights, with models and solvers as the file states them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { RULES } from '../src/schema/run.ts'
import { readOutcomes, readRun } from '../src/store/runFolder.ts'
import { finishedCells } from '../src/study/finishedCells.ts'
import { planStudy } from '../src/study/plan.ts'
import { root } from './support/cli.ts'
import { collect } from './support/collect.ts'
import { TinyStudy } from './support/tinyStudy.ts'

const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())
const demo = (name: string): string => join(root, 'assets/demo', name)

test('logs become runs of the study, judged; a run folder is copied, and not changed', async () => {
  const imported = tiny.path('imported')
  const made = await tiny.run([
    'import',
    demo('variant.jsonl'),
    '--task',
    demo('problems.jsonl'),
    '-o',
    imported,
  ])
  expect(made.code, made.stderr).toBe(0)
  const before = readFileSync(join(imported, 'run.json'), 'utf8')
  const study = tiny.path('logs.yaml')
  writeFileSync(
    study,
    `name: logs
base: {runs: [${demo('base.jsonl')}], model: toy, solver: direct}
variants:
  scaffold: {runs: [${demo('variant.jsonl')}], model: toy, solver: reflexion, startFrom: base}
  folder: {runs: [imported], model: other, against: scaffold}
  again: run:imported
tasks: [${demo('problems.jsonl')}]
`,
  )
  const { code, stderr } = await tiny.run(['run', study])
  expect(code, stderr).toBe(0)
  const context = { cacheFolder: tiny.path('cache'), env: {} }
  const { runs, variants, weights, predictions } = await finishedCells(await planStudy({ ...context, study }))
  expect([variants, weights, predictions]).toEqual([[], [], []])
  expect(runs.map(({ side }) => side)).toEqual(['base', 'scaffold', 'folder', 'again'])
  const records = await Promise.all(runs.map(({ folder }) => readRun(folder)))
  expect(records.map(({ model, solver, startFrom }) => [model.name, solver.name, startFrom])).toEqual([
    ['toy', 'direct', undefined],
    ['toy', 'reflexion', join('cells', runs[0]!.key)],
    ['other', null, undefined],
    [null, null, undefined],
  ])
  for (const { folder } of runs) {
    const outcomes = await collect(readOutcomes(folder))
    expect(new Set(outcomes.map(({ rule }) => rule))).toEqual(new Set(RULES))
    expect(new Set(outcomes.map(({ sample }) => sample)).size).toBe(36)
  }
  expect(readFileSync(join(imported, 'run.json'), 'utf8')).toBe(before)
  expect(await collect(readOutcomes(imported))).toEqual([])
}, 240_000)
