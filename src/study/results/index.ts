// From a study whose cells were worked on to results.json and finding.md.
import type { Results } from '../../schema/results.ts'
import { writeResults } from '../../store/resultsFile.ts'
import { lockStudy } from '../../store/studyFolder.ts'
import { type Plan, withStates } from '../plan.ts'
import { askedResults } from './asked.ts'
import { computeResults } from './compute.ts'
import { type JudgeOptions, sandboxJudge } from './judge.ts'

export interface ResultsOptions extends JudgeOptions {
  /** The results as Markdown. */
  markdown: (results: Results) => string
}

/** Computes what the cells that are done come to, and writes it into the study folder. */
export async function studyResults(plan: Plan, options: ResultsOptions): Promise<Results> {
  const { folder } = plan
  await using _lock = await lockStudy(folder, (holder) => options.onWait?.(folder, holder))
  const now = await withStates(plan)
  const asked = await askedResults(now, await sandboxJudge(now, options))
  const results = await computeResults(folder, asked, options)
  await writeResults(folder, results, options.markdown(results))
  return results
}
