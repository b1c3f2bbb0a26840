// What each training of a study took and where its loss began and ended.
import type { AskedResults, TrainingResult } from '../../schema/results.ts'
import type { TrainRow } from '../../schema/training.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { readTrainRows, readVariant } from '../../store/variantFolder.ts'
import { UserError } from '../../util/errors.ts'
import { doneCells, rowsOf } from './cells.ts'

/** Part of the steps that the first and the last loss are means of. */
const TENTH = 10

export async function trainingResults(folder: string, asked: AskedResults): Promise<TrainingResult[]> {
  const results: TrainingResult[] = []
  for (const { key, of } of doneCells(asked, 'variant')) {
    const place = cellFolder(folder, key)
    const variant = await readVariant(place)
    const rows = await readTrainRows(place)
    if (!variant?.cost || rows.length === 0) {
      throw new UserError(`${place} is called done, and its training is not whole`, {
        hint: `delete ${place}.cell.json: the next tunediff run goes on with it`,
      })
    }
    const { steps, trainedParameters, parameters, endedEarly } = variant.cost
    const { examples, trainedTokens } = variant.data
    results.push({
      ...of,
      from: rowsOf(key, 'variant.json', 'train.jsonl'),
      ...{ steps, trainedParameters, parameters, examples, trainedTokens },
      ...lossesOf(rows),
      endedEarly,
    })
  }
  return results
}

/** Steps differ in how many tokens they train, and each counts once: as they stand in train.jsonl. */
function lossesOf(rows: readonly TrainRow[]): Pick<TrainingResult, 'firstLoss' | 'lastLoss'> {
  const count = Math.max(1, Math.round(rows.length / TENTH))
  const mean = (some: readonly TrainRow[]): number =>
    some.reduce((sum, { loss }) => sum + loss, 0) / some.length
  return { firstLoss: mean(rows.slice(0, count)), lastLoss: mean(rows.slice(-count)) }
}
