// From the rows of a measurement folder to a variant's report. Documents pass one by one; every number is derived here.
import type { Absent } from '../../schema/estimate.ts'
import type {
  Passage,
  PredictedModel,
  PredictionMeasures,
  PredictionsVariantReport,
} from '../../schema/predictions.ts'
import { readDocuments } from '../../store/predictionsFolder.ts'
import { openCalibration } from './calibration.ts'
import { predictionsFinding } from './finding.ts'
import type { Mode } from './jobs.ts'
import { openPassages, type Passages } from './passages.ts'
import { type DocumentSums, documentSums, measuresByCorpus, measuresOf, withZero } from './pooled.ts'
import { openQuantiles } from './quantiles.ts'
import { marksAround } from './ruler.ts'

/** What a folder's rows come to. */
export interface ReadFolder {
  path: string
  documents: readonly DocumentSums[]
  quantiles: PredictionsVariantReport['quantiles']
  calibration: PredictionsVariantReport['calibration']
  passages: Passages
}

export async function readFolder(path: string): Promise<ReadFolder> {
  const quantiles = openQuantiles()
  const calibration = openCalibration()
  const passages = openPassages()
  const documents: DocumentSums[] = []
  for await (const { row, tokens } of readDocuments(path)) {
    const hasDistributions = row.ids !== undefined
    documents.push(documentSums(row, hasDistributions ? tokens : undefined))
    if (!hasDistributions) continue
    quantiles.add(tokens)
    calibration.add(tokens)
    passages.add(row, tokens)
  }
  return { path, documents, quantiles: quantiles.result(), calibration: calibration.result(), passages }
}

/** The pooled measures alone, of a zero line. */
export async function measuresOfFolder(path: string): Promise<PredictionMeasures> {
  const documents: DocumentSums[] = []
  for await (const { row, tokens } of readDocuments(path)) documents.push(documentSums(row, tokens))
  return measuresOf(documents)
}

/** A variant's numbers, with those of the base against itself in another batch shape as their zero lines. */
export function variantMeasures(
  { documents, quantiles }: ReadFolder,
  batchShape: PredictionMeasures | Absent,
): Pick<PredictionsVariantReport, 'whole' | 'corpora' | 'quantiles' | 'ruler'> {
  const whole = withZero(measuresOf(documents), batchShape)
  const corpora = measuresByCorpus(documents).map(({ name, ...measures }) => ({
    name,
    ...withZero(measures, batchShape),
  }))
  const ruler = 'absent' in whole.kl ? whole.kl : marksAround(whole.kl.value)
  return { whole, corpora, quantiles, ruler }
}

export interface VariantInput {
  base: PredictedModel
  model: PredictedModel
  mode: Mode
  folder: ReadFolder
  /** Base against itself: in another batch shape, and quantised in 4 bits. */
  zero: { batchShape: PredictionMeasures | Absent; nf4: PredictionMeasures | Absent }
  /** Texts of single tokens. */
  piecesOf: (ids: readonly number[]) => Promise<readonly string[]>
}

export async function predictionsVariant(input: VariantInput): Promise<PredictionsVariantReport> {
  const { base, model, mode, folder, zero } = input
  const { calibration } = folder
  const { whole, corpora, quantiles, ruler } = variantMeasures(folder, zero.batchShape)
  const said = predictionsFinding({
    base: base.name,
    variant: model.name,
    whole,
    corpora,
    quantiles,
    calibration,
    zero,
  })
  return {
    model,
    folder: folder.path,
    mode,
    ...said,
    whole,
    corpora,
    quantiles,
    calibration,
    ruler,
    mostDifferent: await passagesOf(folder.passages, input.piecesOf),
  }
}

/** Passages with the texts of their tokens, which another thread knows. */
async function passagesOf(passages: Passages, piecesOf: VariantInput['piecesOf']): Promise<Passage[]> {
  const ids = new Set<number>()
  passages.result((id) => {
    ids.add(id)
    return ''
  })
  const list = [...ids]
  const texts = await piecesOf(list)
  const textOf = new Map(list.map((id, i) => [id, texts[i]!]))
  return passages.result((id) => textOf.get(id)!)
}
