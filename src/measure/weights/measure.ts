// One measurement: base and variant, tensor by tensor, in worker threads. Rows are appended as they are done, so that a
// stopped measurement goes on where it was; pooled numbers are derived from the rows.
import type { Model } from '../../model/tensor.ts'
import type { TensorRow } from '../../schema/weights.ts'
import { openTensorRows, readTensorRows } from '../../store/weightsFolder.ts'
import { UserError } from '../../util/errors.ts'
import type { PassPart } from './jobs.ts'
import { isVocabularyKind } from './kinds.ts'
import { elementsOf, pairTensors, type TensorPair } from './pairing.ts'
import type { WeightsPool } from './pool.ts'
import { addParts, comparedRow, rowRanges, unmeasured } from './row.ts'
import { NOT_SELECTED, NOT_YET, selectSpectra } from './select.ts'

/** Elements of one job: large enough that a thread is not asked too often, small enough to share a large tensor. */
const JOB_ELEMENTS = 1 << 25

export interface MeasureOptions {
  base: Model
  variant: Model
  /** The base as the variant's scheme quantises it, for K-quants and others that are not reproduced here. */
  quantisedBase?: Model | undefined
  folder: string
  isFull: boolean
  /** Names of tensors to measure. */
  only?: (name: string) => boolean
  pool: WeightsPool
  /** Weights done, of both phases; the second phase counts matrices. */
  onProgress?: (phase: 'weights' | 'spectra', done: number, total: number) => void
}

/** Measures, and returns the rows in the base's order. */
export async function measureRows(options: MeasureOptions): Promise<TensorRow[]> {
  const { base, variant, quantisedBase, folder } = options
  const pairs = pairTensors(base, variant, {
    quantisedBase,
    ...(options.only ? { only: options.only } : {}),
  })
  if (quantisedBase && !pairs.some((pair) => pair.scheme !== null)) {
    throw new UserError(`nothing of ${variant.spec} is quantised more coarsely than ${base.spec}`, {
      hint: 'leave --quantised-base out',
    })
  }
  const rows = await readTensorRows(folder)
  await using writer = await openTensorRows(folder)
  const keep = async (row: TensorRow): Promise<void> => {
    rows.set(row.name, row)
    await writer.append(row)
  }
  await passes(pairs, rows, keep, options)
  await spectra(pairs, rows, keep, options)
  return pairs.map((pair) => rows.get(pair.name)!)
}

type Keep = (row: TensorRow) => Promise<void>

async function passes(
  pairs: readonly TensorPair[],
  rows: ReadonlyMap<string, TensorRow>,
  keep: Keep,
  { pool, onProgress }: MeasureOptions,
): Promise<void> {
  const total = pairs.reduce((sum, pair) => sum + elementsOf(pair.shape), 0)
  let done = 0
  await inOrder(pairs, {
    make: async (pair) => (rows.has(pair.name) ? null : await rowOf(pair, pool)),
    async use(row, pair) {
      if (row) await keep(row)
      done += elementsOf(pair.shape)
      onProgress?.('weights', done, total)
    },
  })
}

/** Makes all at once and uses them in their order: the file is the same whichever thread is done first. */
async function inOrder<T, R>(
  items: readonly T[],
  { make, use }: { make: (item: T) => Promise<R>; use: (made: R, item: T) => Promise<void> },
): Promise<void> {
  let before = Promise.resolve()
  const all = items.map((item) => {
    const making = make(item)
    const after = before
    before = (async () => {
      const made = await making
      await after
      await use(made, item)
    })()
    return before
  })
  await Promise.all(all)
}

async function rowOf(pair: TensorPair, pool: WeightsPool): Promise<TensorRow> {
  if (pair.status !== 'compared') return unmeasured(pair)
  if (pair.factors) {
    const { spectrum, ...part } = await pool.run({ kind: 'factors', pair })
    return {
      ...comparedRow(pair, part),
      ...(part.delta > 0 ? { spectrum } : {}),
      ...(await splitOf(pair, pool)),
    }
  }
  return {
    ...comparedRow(pair, await passOver(pair, pool, isVocabularyKind(pair.kind))),
    ...(await splitOf(pair, pool)),
  }
}

async function passOver(pair: TensorPair, pool: WeightsPool, perRow = false): Promise<PassPart> {
  const jobs = rowRanges(pair.shape, JOB_ELEMENTS).map(([start, end]) =>
    pool.run({ kind: 'pass', pair, start, end, perRow }),
  )
  return addParts(await Promise.all(jobs))
}

/** What quantisation alone and training alone did, where the variant is quantised. */
async function splitOf(pair: TensorPair, pool: WeightsPool): Promise<Pick<TensorRow, 'split'>> {
  const { scheme, quantisedBase } = pair
  if (scheme === null) return {}
  if (!quantisedBase) {
    const absent = `the scale search of ${scheme} is not reproduced here: give the base quantised by the same tool with --quantised-base`
    return { split: { absent } }
  }
  const alone = await passOver({ ...pair, variant: quantisedBase }, pool)
  const training = await passOver({ ...pair, base: quantisedBase }, pool)
  return {
    split: { scheme, quantisation: alone.delta, training: training.delta, quantisedBase: training.base },
  }
}

async function spectra(
  pairs: readonly TensorPair[],
  rows: ReadonlyMap<string, TensorRow>,
  keep: Keep,
  { pool, isFull, onProgress }: MeasureOptions,
): Promise<void> {
  const selected = selectSpectra([...rows.values()], isFull)
  const wanted = pairs.filter((pair) => {
    const spectrum = rows.get(pair.name)!.spectrum
    return 'absent' in spectrum && selected.has(pair.name)
  })
  let done = 0
  await inOrder(wanted, {
    make: (pair) => pool.run({ kind: 'spectrum', pair, isFull }),
    async use(spectrum, pair) {
      await keep({ ...rows.get(pair.name)!, spectrum })
      onProgress?.('spectra', ++done, wanted.length)
    },
  })
  for (const row of rows.values()) {
    if ('absent' in row.spectrum && row.spectrum.absent === NOT_YET)
      await keep({ ...row, spectrum: { absent: NOT_SELECTED } })
  }
}
