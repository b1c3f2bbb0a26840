// The public library: judge answers, compare runs and weights, and the statistics. The command line is its first user.
import { openSandbox } from './sandbox/index.ts'
import type { Limits, Verdict } from './schema/judge.ts'
import type { CodeProblem } from './schema/problem.ts'
import { cacheFolder } from './util/cache.ts'

/**
 * Judges one program against a problem's tests, behind the second wall where the machine has one. To judge many, open
 * a sandbox once: starting one takes about a second.
 */
export async function judge(
  program: string,
  problem: Pick<CodeProblem, 'id' | 'prompt' | 'entryPoint' | 'test'>,
  limits: Partial<Limits> = {},
): Promise<Verdict> {
  await using sandbox = await openSandbox({ limits, workers: 1, cacheFolder: cacheFolder() })
  return await sandbox.judge(program, problem)
}

export { openSandbox } from './sandbox/index.ts'
export type {
  Comparison,
  ComparisonReport,
  Finding,
  RuleRow,
  SideReport,
  VariantReport,
} from './schema/comparison.ts'
export type { Absent, Estimate } from './schema/estimate.ts'
export type { Judge, JudgeMode, Limits, Verdict, Wall } from './schema/judge.ts'
export type { OutcomeClass } from './schema/outcomes.ts'
export type { CodeProblem } from './schema/problem.ts'
export type { Outcome, Rule, Run, Sample } from './schema/run.ts'
export type { WeightsReport } from './schema/weights.ts'
export * from './stats/index.ts'
export { type CompareRunsOptions as CompareOptions, compareRuns as compare } from './study/compareRuns.ts'
export { type CompareWeightsOptions, compareWeights } from './study/compareWeights.ts'
export { UserError } from './util/errors.ts'
