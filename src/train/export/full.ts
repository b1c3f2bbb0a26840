// A model folder after full fine-tuning: the base's tensors, those that were trained replaced. Trained values are fp32,
// and so are the files unless another type is asked for.
import { readValues } from '../../model/rows.ts'
import { type TensorToWrite, tensorOf } from '../../model/safetensorsWriter.ts'
import type { FloatType, Model } from '../../model/tensor.ts'
import { UserError } from '../../util/errors.ts'
import {
  configFor,
  filesBeside,
  isBuffer,
  refuseLeftOut,
  tokenizerOfGguf,
  writeModelFolder,
} from './modelFolder.ts'
import { partOf, type TrainedValues, tensorNames } from './names.ts'

export interface FullExport {
  base: Model
  /** Values as files have them: of norms that stand for 1 + w, w. A tied output is the embedding. */
  trained: readonly TrainedValues[]
  /** It must not be there. */
  folder: string
  dtype?: FloatType
  onProgress?: (doneBytes: number, totalBytes: number) => void
}

export async function exportFull(options: FullExport): Promise<void> {
  const { base, trained, folder, dtype = 'F32', onProgress } = options
  refuseLeftOut(base)
  const names = tensorNames(base)
  const replaced = new Map<string, TrainedValues>()
  for (const values of trained) {
    const name = names.get(values.name)
    if (partOf(values.name).kind !== 'whole')
      throw new Error(`${values.name} is a factor, a model holds weights`)
    if (name === undefined || !base.tensors.has(name)) {
      throw new UserError(`${values.name} was trained, and ${base.spec} has no such weight`, {
        hint: 'the base is another one than in training: name that one',
      })
    }
    replaced.set(name, values)
  }
  // Files of a tied model may hold the embedding a second time, as it was.
  const isTied = trained.some(({ name }) => name === 'embedding') && !replaced.has(names.get('head.weight')!)
  const copy = isTied ? names.get('head.weight') : undefined
  const tensors = [...base.tensors.values()]
    .filter(({ name }) => !isBuffer(name) && name !== copy)
    .map(({ name, shape, source }): TensorToWrite => {
      const own = replaced.get(name)
      if (own) return tensorOf(name, { shape, values: own.values, dtype })
      return { name, dtype, shape, rows: (start, end) => readValues(source, start, end) }
    })
  const { texts } = await tokenizerOfGguf(base)
  await writeModelFolder({
    folder,
    tensors,
    config: configFor(base, { tensors, isUntied: false }),
    files: filesBeside(base),
    texts,
    onProgress,
  })
}
