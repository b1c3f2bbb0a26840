// What is computed from the rows of a pair of weights: the measures of each tensor.
import { dirname, join } from 'node:path'
import { tensorReport } from '../../measure/weights/report.ts'
import type { WeightsView } from '../../schema/report.ts'
import type { WeightsResult } from '../../schema/results.ts'
import { readTensorRows } from '../../store/weightsFolder.ts'
import type { Carried } from './rows.ts'

/** `ids`: rows of the vocabulary that are named in it. */
export async function weightsView(
  { folder }: Carried,
  { from }: WeightsResult,
): Promise<{ view: WeightsView; ids: number[] }> {
  const rows = [...(await readTensorRows(join(folder, dirname(from[0]!.file)))).values()]
  return {
    view: { tensors: rows.map((row) => tensorReport(row, () => null)) },
    ids: rows.flatMap(({ movedRows = [] }) => movedRows.map(([row]) => row)),
  }
}
