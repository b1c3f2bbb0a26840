// A merged model: every tensor of a MODEL, with its adapters and quantisation on load, as one folder that transformers
// loads. Each value is the fp32 sum that model/rows.ts computes, rounded once to the type of the file. Not for checking
// it: measure/fidelity.ts.
import { readValues } from '../../model/rows.ts'
import type { TensorToWrite } from '../../model/safetensorsWriter.ts'
import { shapeOf } from '../../model/shape.ts'
import type { Dtype, FloatType, Model, ModelTensor } from '../../model/tensor.ts'
import {
  configFor,
  filesBeside,
  isBuffer,
  refuseLeftOut,
  tokenizerOfGguf,
  writeModelFolder,
} from './modelFolder.ts'

export interface MergedExport {
  model: Model
  /** It must not be there. */
  folder: string
  /** Of all tensors; each has that of the base's file where it is not given. */
  dtype?: FloatType
  maxShardBytes?: number
  onProgress?: (doneBytes: number, totalBytes: number) => void
}

export interface MergedFolder {
  /** Types that are in the files. */
  dtypes: FloatType[]
  /** What the user should know, in sentences. */
  notes: string[]
}

export async function exportMerged(options: MergedExport): Promise<MergedFolder> {
  const { model, folder, dtype, maxShardBytes, onProgress } = options
  refuseLeftOut(model)
  const output = untiedOutput(model)
  const all = [...model.tensors.values(), ...output.added].filter(({ name }) => !isBuffer(name))
  const tensors = all.map(
    ({ name, shape, source, dtype: own }): TensorToWrite => ({
      name,
      dtype: dtype ?? floatType(own),
      shape,
      rows: (start, end) => readValues(source, start, end),
    }),
  )
  const tokenizer = await tokenizerOfGguf(model)
  await writeModelFolder({
    folder,
    tensors,
    config: configFor(model, { tensors, isUntied: output.isUntied }),
    files: filesBeside(model),
    texts: tokenizer.texts,
    onProgress,
    ...(maxShardBytes === undefined ? {} : { maxShardBytes }),
  })
  return {
    dtypes: [...new Set(tensors.map((tensor) => tensor.dtype))].sort(),
    notes: [...notesOf(model, output.isUntied), ...(tokenizer.note ? [tokenizer.note] : [])],
  }
}

/** Block types and integers stand for fp32 numbers, 8-bit floats for numbers that bf16 holds. */
function floatType(dtype: Dtype): FloatType {
  if (dtype === 'F16' || dtype === 'BF16') return dtype
  return dtype.startsWith('F8_') ? 'BF16' : 'F32'
}

interface Output {
  isUntied: boolean
  added: ModelTensor[]
}

/**
 * Where the output layer is tied to the embedding and an adapter changes one of them, they are two from then on: an
 * adapter on the embedding leaves the output as it is, as the engine and peft run it.
 */
function untiedOutput({ tensors, adapters, config }: Model): Output {
  const output = tensors.get('lm_head.weight')
  const embedding = [...tensors.values()].find(({ name }) => /(^|\.)embed_tokens\.weight$/.test(name))
  if (!output) {
    if (embedding?.source.kind !== 'lora') return { isUntied: false, added: [] }
    const source = embedding.source.of
    const added = { ...embedding, name: 'lm_head.weight', shape: shapeOf(source), source }
    return { isUntied: true, added: [added] }
  }
  const wasTied = output.nameInFile === embedding?.nameInFile || config.tie_word_embeddings === true
  const isAdapted = adapters.some(({ parts }) =>
    parts.some(({ tensor }) => tensor === output.name || tensor === embedding?.name),
  )
  return { isUntied: wasTied && isAdapted, added: [] }
}

function notesOf({ name, quantised, adapters, tensors }: Model, isUntied: boolean): string[] {
  const notes: string[] = []
  if (quantised && adapters.length > 0) {
    notes.push(
      `merged into the dequantised ${quantised} weights of the base, with which the adapter was run, not into those of its files: ${name} is what the merged model is equal to`,
    )
  } else if (quantised) notes.push(`the weights are those of ${quantised}, dequantised`)
  const packed = [...new Set([...tensors.values()].map(({ dtype }) => dtype))].filter((dtype) =>
    /^I?Q/.test(dtype),
  )
  if (packed.length > 0) notes.push(`the base is dequantised from ${packed.sort().join(', ')}`)
  if (isUntied)
    notes.push('the output layer is no longer tied to the embedding: an adapter changed one of them')
  return notes
}
