// A study over answers that other tools recorded: sides without weights, with models and solvers as the file states them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { RULES } from '../src/schema/run.ts'
import { readResults } from '../src/store/resultsFile.ts'
import { readOutcomes, readRun } from '../src/store/runFolder.ts'
import { root } from './support/cli.ts'
import { collect } from './support/collect.ts'
import { doneOf } from './support/doneCells.ts'
import { TinyStudy } from './support/tinyStudy.ts'

const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

const FEW = 6
/** The first lines of a file of the fixture, under the same name. */
function demo(name: string): string {
  const lines = readFileSync(join(root, 'test/fixtures/humanlike', name), 'utf8')
    .split('\n')
    .slice(0, FEW)
  writeFileSync(tiny.path(name), `${lines.join('\n')}\n`)
  return tiny.path(name)
}

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
  const { runs, variants, weights, predictions } = await doneOf({ ...context, study })
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
    expect(new Set(outcomes.map(({ sample }) => sample)).size).toBe(FEW)
  }
  expect(readFileSync(join(imported, 'run.json'), 'utf8')).toBe(before)
  expect(await collect(readOutcomes(imported))).toEqual([])
}, 240_000)

test('results count the outcomes of one judge; where none judged all, one does', async () => {
  const folder = tiny.path('logs.study')
  const first = await readResults(folder)
  const [judge, ...others] = [...new Set(first.asked.cells.map((cell) => cell.judge))]
  expect([judge, others]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), []])
  expect(first.scores.map(({ report }) => report.n)).toEqual([FEW, FEW, FEW, FEW])

  // As if one side had been judged within other limits, on another machine.
  const { key } = first.asked.cells[1]!
  const path = join(folder, 'cells', key, 'outcomes.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(judge!, 'f'.repeat(64)))
  const { code, stderr } = await tiny.run(['run', tiny.path('logs.yaml')])
  expect(code, stderr).toBe(0)
  const again = await readResults(folder)
  expect({ ...again, files: null }).toEqual({ ...first, files: null })
  const judges = (await collect(readOutcomes(join(folder, 'cells', key)))).map((outcome) => outcome.judge)
  expect(judges.filter((id) => id === judge)).toHaveLength(judges.length / 2)
}, 240_000)
