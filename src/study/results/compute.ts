// The results of a study, computed from the rows in its folder and from nothing else: the same rows give the same results,
// whenever and wherever.
import { studyFindings } from '../../measure/studyFinding/index.ts'
import { type AskedResults, type Measured, RESULTS_SCHEMA, type Results } from '../../schema/results.ts'
import type { TaskContext } from '../../tasks/task.ts'
import { fileSum, type SumOf } from '../../util/hash.ts'
import { VERSION } from '../../util/version.ts'
import { answerResults } from './answers.ts'
import { filesOf } from './files.ts'
import { liveResults } from './live.ts'
import { predictionsResults, zeroLineResults } from './predictions.ts'
import { trainingResults } from './trainings.ts'
import { weightsResults } from './weights.ts'

/** `folder`: the study folder. `sumOf`: for a caller that asks for its files' sums too. */
export async function computeResults(
  folder: string,
  asked: AskedResults,
  { sumOf = fileSum, ...context }: TaskContext & { sumOf?: SumOf },
): Promise<Results> {
  const zeroLines = await zeroLineResults(folder, asked)
  const live = await liveResults(folder, asked)
  const answers = await answerResults(folder, asked, { ...context, live })
  const measured: Measured = {
    schema: RESULTS_SCHEMA,
    tunediff: VERSION,
    asked,
    trainings: await trainingResults(folder, asked),
    weights: await weightsResults(folder, asked),
    predictions: await predictionsResults(folder, asked, zeroLines),
    zeroLines,
    live,
    ...answers,
  }
  return { ...measured, findings: studyFindings(measured), files: await filesOf(folder, measured, sumOf) }
}
