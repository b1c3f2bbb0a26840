// A study over published answers on HumanEval (GPT-4 plain, in Reflexion, and Reflexion's programs debugged by GPT-3.5 in
// LDB): what each step changed, and that no plain sampling of equal budget stands beside it. By the logs' own claims; judged
// here by `tunediff run` under `npm run soak`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { importLog } from '../src/solve/recorded.ts'
import { readJudges, readSamples } from '../src/store/runFolder.ts'
import { planStudy } from '../src/study/plan.ts'
import { answerResults } from '../src/study/results/answers.ts'
import { askedResults } from '../src/study/results/asked.ts'
import { tunediff } from './support/cli.ts'
import { SANDBOX } from './support/handStudy.ts'
import { scaffoldStudy } from './support/scaffolds.ts'
import { sharedHumanEval } from './support/shared.ts'
import { isSoak } from './support/soak.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-scaffolds-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const context = { cacheFolder: join(folder, 'cache'), env: process.env }

const STUDY = scaffoldStudy()

/** The cells as `tunediff run` leaves them, but for the outcomes: a pass where the log claims one. */
async function claimedCells(study: string) {
  const plan = await planStudy({ ...context, study })
  for (const { work, folder: cell } of plan.cells) {
    if (work.kind !== 'import') throw new Error(work.kind)
    const { model, solver, startFrom } = work.names
    const names = { ...(model ? { model } : {}), ...(solver ? { solver } : {}) }
    const begun = startFrom === undefined ? {} : { startFrom: join('cells', startFrom) }
    mkdirSync(join(cell, '..'), { recursive: true })
    const [run] = await importLog(work.recorded.path, cell, { ...names, ...begun }, context)
    const rows: string[] = []
    for await (const { id, claimed } of readSamples(cell)) {
      const key = { sample: id, rule: run!.run.rule!.name, judge: SANDBOX, programHash: '' }
      rows.push(`${JSON.stringify({ ...key, class: claimed ? 'pass' : 'wrong', wallMs: 1 })}\n`)
    }
    writeFileSync(join(cell, 'outcomes.jsonl'), rows.join(''))
  }
  const asked = await askedResults(plan, null)
  const cells = asked.cells.map((cell) => ({ ...cell, state: 'done' as const, judge: SANDBOX }))
  return answerResults(plan.folder, { ...asked, cells }, { ...context, live: [] })
}

async function judgedCells(study: string) {
  const { code, stderr } = await tunediff(['run', study], { cache: context.cacheFolder })
  expect(code, stderr).toBe(0)
  const plan = await planStudy({ ...context, study })
  const [judge] = (await readJudges(plan.cells[0]!.folder)).keys()
  return answerResults(plan.folder, await askedResults(plan, judge!), { ...context, live: [] })
}

type Results = Awaited<ReturnType<typeof judgedCells>>

function expectScaffoldsApart({ changes, effects, warnings }: Results): void {
  expect(changes).toMatchObject([
    {
      ...{ side: 'reflexion', against: 'base', task: 'humaneval', modelChanged: false, solverChanged: true },
      equalBudget: { absent: expect.stringMatching(/^base samples the same model plainly, with fewer/) },
    },
    {
      ...{ side: 'ldb', against: 'reflexion', task: 'humaneval', modelChanged: true, solverChanged: true },
      equalBudget: { absent: expect.stringMatching(/with gpt-3.5 and plain sampling$/) },
    },
  ])
  // 194 reflections on 164 problems, and an implementation after each; LDB tried 85 times more.
  const [reflexion, ldb] = changes
  expect(reflexion!.calls).toEqual({ base: 1, variant: expect.closeTo((164 + 2 * 194) / 164, 10) })
  expect(ldb!.calls.variant).toBeCloseTo((164 + 2 * 194 + 85) / 164, 10)
  expect(ldb!.from.filter(({ file }) => file.endsWith('samples.jsonl'))).toHaveLength(2)
  expect(effects.map(({ side, about, problems }) => [side, about, problems])).toEqual([
    ['reflexion', 'variant', 164],
    ['ldb', 'variant', 164],
  ])
  expect(warnings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['model-and-solver-changed', 'visible-in-hidden', 'no-zero-line']),
  )
}

const passed = ({ scores }: Results) => scores.map(({ side, report }) => [side, report.passed])

describe.skipIf(sharedHumanEval === null)('GPT-4, Reflexion, then LDB', () => {
  test('as the logs claim', async () => {
    const study = join(folder, 'claimed.yaml')
    writeFileSync(study, STUDY)
    const results = await claimedCells(study)
    expect(passed(results)).toEqual([
      ['base', 141],
      ['reflexion', 150],
      ['ldb', 156],
    ])
    expectScaffoldsApart(results)
  })

  if (isSoak)
    test('as judged here', async () => {
      const study = join(folder, 'judged.yaml')
      writeFileSync(study, STUDY)
      const results = await judgedCells(study)
      // One answer of the plain run gives another outcome than claimed.
      expect(passed(results)).toEqual([
        ['base', 140],
        ['reflexion', 150],
        ['ldb', 156],
      ])
      expectScaffoldsApart(results)
      expect(results.effects.map(({ finding }) => finding)).toEqual(['better', 'better'])
    }, 900_000)
})
