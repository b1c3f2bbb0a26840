// How far the predictions of a study's sides lie from what they are compared with, and what the same measures read where
// nothing changed: from the rows of documents.jsonl and tokens.f32 alone.
import { join } from 'node:path'
import { measuresOfFolder, readFolder, variantMeasures } from '../../measure/predictions/report.ts'
import type { Absent } from '../../schema/estimate.ts'
import type { PredictionMeasures, PredictionsMeasurement } from '../../schema/predictions.ts'
import type { AskedResults, Instance, PredictionsResult, Results, Rows } from '../../schema/results.ts'
import { readPredictions } from '../../store/predictionsFolder.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { UserError } from '../../util/errors.ts'
import { exists } from '../../util/files.ts'
import { comparedCells, isSame, rowsOf, zeroCells } from './cells.ts'

type ZeroLine = Results['zeroLines'][number]

const ROW_FILES = ['documents.jsonl', 'tokens.f32']
const NOT_MEASURED: Absent = { absent: 'not measured' }

export async function zeroLineResults(folder: string, asked: AskedResults): Promise<ZeroLine[]> {
  const results: ZeroLine[] = []
  for (const { key, of } of zeroCells(asked)) {
    const batchShape = await zeroLine(folder, key, 'zero-batch-shape')
    const nf4 = await zeroLine(folder, key, 'zero-nf4')
    const from = [...batchShape.from, ...nf4.from]
    results.push({ ...of, from, batchShape: batchShape.measures, nf4: nf4.measures })
  }
  return results
}

async function zeroLine(
  folder: string,
  key: string,
  role: PredictionsMeasurement['role'],
): Promise<{ measures: PredictionMeasures | Absent; from: Rows[] }> {
  const place = join(cellFolder(folder, key), role)
  if (!(await exists(place))) return { measures: NOT_MEASURED, from: [] }
  return {
    measures: await measuresOfFolder(place),
    from: rowsOf(key, ...ROW_FILES.map((file) => `${role}/${file}`)),
  }
}

export async function predictionsResults(
  folder: string,
  asked: AskedResults,
  zeroLines: readonly ZeroLine[],
): Promise<PredictionsResult[]> {
  const results: PredictionsResult[] = []
  for (const { key, of, against } of comparedCells(asked, 'predictions')) {
    const place = cellFolder(folder, key)
    const { corpora, settings } = await measurementOf(place)
    const zero = zeroOf(against, zeroLines)
    const { corpora: byCorpus, ...measures } = variantMeasures(await readFolder(place), zero.batchShape)
    results.push({
      ...of,
      against,
      from: [...rowsOf(key, 'measurement.json', ...ROW_FILES), ...zero.from],
      mode: settings.mode,
      corpora: corpora.map(({ from: _, ...corpus }) => corpus),
      ...measures,
      byCorpus,
    })
  }
  return results
}

/** The side against itself in another batch shape, with the rows that it is of. */
function zeroOf(against: Instance, zeroLines: readonly ZeroLine[]): Pick<ZeroLine, 'batchShape' | 'from'> {
  const line = zeroLines.find((one) => isSame(one, against))
  if (!line) return { batchShape: NOT_MEASURED, from: [] }
  const { batchShape, from } = line
  return { batchShape, from: from.filter(({ file }) => file.includes('/zero-batch-shape/')) }
}

async function measurementOf(place: string): Promise<PredictionsMeasurement> {
  const measurement = await readPredictions(place)
  if (measurement) return measurement
  throw new UserError(`${place} is called done, and has no measurement of this version`, {
    hint: `delete ${place}.cell.json: the next tunediff run measures it`,
  })
}
