// A model folder as transformers loads it: weights in shards, config.json, and the small files of another model beside
// them. What the tensors are is for merged.ts and full.ts to say.
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { transformersConfig } from '../../model/gguf/transformersConfig.ts'
import { INDEX_FILE, SINGLE_FILE } from '../../model/safetensorsFolder.ts'
import { type TensorToWrite, writeSafetensors, writtenBytes } from '../../model/safetensorsWriter.ts'
import type { FloatType, Model, ModelFile } from '../../model/tensor.ts'
import { tokenizerFiles } from '../../model/tokenizer/files.ts'
import { tokenizerJsonFiles } from '../../model/tokenizer/toJson.ts'
import { UserError } from '../../util/errors.ts'
import { writeFileWhole, writeFolderWhole } from '../../util/files.ts'

/** As transformers and the hub cut them. */
const MAX_SHARD_BYTES = 5e9

export interface ModelFolder {
  /** It must not be there. */
  folder: string
  tensors: readonly TensorToWrite[]
  config: Readonly<Record<string, unknown>>
  /** Copied as they are. */
  files: readonly ModelFile[]
  /** Written besides: texts by the name of their file. */
  texts?: ReadonlyMap<string, string>
  maxShardBytes?: number
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined
}

/** The folder appears whole or not at all. */
export async function writeModelFolder(options: ModelFolder): Promise<void> {
  const { folder, tensors, config, files, texts = [], maxShardBytes = MAX_SHARD_BYTES, onProgress } = options
  const total = bytesOf(tensors)
  const shards = shardsOf(tensors, maxShardBytes)
  let done = 0
  await writeFolderWhole(folder, async (temporary) => {
    await writeFileWhole(join(temporary, 'config.json'), jsonOf(config))
    for (const { path, name } of files) await copyFile(path, join(temporary, basename(name)))
    for (const [name, text] of texts) await writeFileWhole(join(temporary, name), text)
    for (const [name, shard] of shards) {
      await writeSafetensors(join(temporary, name), shard, (bytes) => {
        done += bytes
        onProgress?.(done, total)
      })
    }
    if (shards.size < 2) return
    const weights = [...shards].flatMap(([name, shard]) => shard.map((tensor) => [tensor.name, name]))
    const index = {
      metadata: { total_size: total },
      weight_map: Object.fromEntries(weights.sort(([x], [y]) => (x! < y! ? -1 : 1))),
    }
    await writeFileWhole(join(temporary, INDEX_FILE), jsonOf(index))
  })
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const bytesOf = (tensors: readonly TensorToWrite[]): number =>
  tensors.reduce((sum, tensor) => sum + writtenBytes(tensor), 0)

/** Tensors by file, in their order. One tensor above the limit is a shard of its own. */
function shardsOf(tensors: readonly TensorToWrite[], maxBytes: number): Map<string, TensorToWrite[]> {
  const shards: TensorToWrite[][] = [[]]
  let bytes = 0
  for (const tensor of tensors) {
    const more = writtenBytes(tensor)
    if (bytes > 0 && bytes + more > maxBytes) {
      shards.push([])
      bytes = 0
    }
    shards.at(-1)!.push(tensor)
    bytes += more
  }
  if (shards.length === 1) return new Map([[SINGLE_FILE, shards[0]!]])
  const number = (i: number): string => String(i).padStart(5, '0')
  return new Map(
    shards.map((shard, i) => [`model-${number(i + 1)}-of-${number(shards.length)}.safetensors`, shard]),
  )
}

const TYPE_NAMES: Readonly<Record<FloatType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
}

/** config.json of the written tensors: their type, how the output is tied, and no quantisation. */
export function configFor(
  model: Pick<Model, 'spec' | 'format' | 'config' | 'tensors' | 'rotaryFactors'>,
  { tensors, isUntied }: { tensors: readonly TensorToWrite[]; isUntied: boolean },
): Record<string, unknown> {
  const source = model.format === 'gguf' ? transformersConfig(model) : model.config
  const { quantization_config: _, ...config } = source
  const type = TYPE_NAMES[mainType(tensors)]
  const corrected: Record<string, unknown> = typed(config, type)
  const { text_config: inner } = config
  if (typeof inner === 'object' && inner !== null) {
    const text = inner as Record<string, unknown>
    corrected.text_config = { ...typed(text, type), ...(isUntied ? { tie_word_embeddings: false } : {}) }
  }
  if (isUntied) corrected.tie_word_embeddings = false
  return corrected
}

/** transformers 5 calls it dtype, 4 torch_dtype, which 5 reads too. */
function typed(config: Readonly<Record<string, unknown>>, type: string): Record<string, unknown> {
  const key = 'dtype' in config ? 'dtype' : 'torch_dtype'
  const { dtype: _, torch_dtype: __, ...rest } = config
  return { ...rest, [key]: type }
}

/** The one that most bytes have. */
function mainType(tensors: readonly TensorToWrite[]): FloatType {
  const bytes = new Map<FloatType, number>()
  for (const tensor of tensors) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + writtenBytes(tensor))
  return [...bytes].sort(([, x], [, y]) => y - x)[0]?.[0] ?? 'F32'
}

/** Files beside the weights of a model that a merged one has too: an adapter's tokenizer goes before the base's. */
export function filesBeside(model: Pick<Model, 'files' | 'adapters'>): ModelFile[] {
  const ofAdapters = new Set(model.adapters.flatMap(({ files }) => files.map(({ path }) => path)))
  const kept = new Map<string, ModelFile>()
  const keep = (file: ModelFile): unknown => kept.set(basename(file.name), file)
  for (const file of model.files) {
    if (ofAdapters.has(file.path) || file.role === 'weights' || file.name === 'config.json') continue
    if (file.role === 'other' && /^README/i.test(file.name)) continue
    keep(file)
  }
  for (const { files } of model.adapters) {
    const own = files.filter(({ role }) => role === 'tokenizer')
    // A whole tokenizer that an adapter saved is not mixed with the base's.
    if (own.some(({ name }) => name === 'tokenizer_config.json')) {
      for (const [name, { role }] of kept) if (role === 'tokenizer') kept.delete(name)
    }
    own.forEach(keep)
  }
  return [...kept.values()]
}

/** Of a GGUF file, as far as it has a form in transformers; else why not. */
export async function tokenizerOfGguf(model: Model): Promise<{ texts: Map<string, string>; note?: string }> {
  const missing = (why: string) => ({
    texts: new Map<string, string>(),
    note: `there is no tokenizer.json (${why}): copy tokenizer.json and tokenizer_config.json of the model that the GGUF file was made from`,
  })
  if (model.format !== 'gguf') return { texts: new Map() }
  try {
    const texts = tokenizerJsonFiles(await tokenizerFiles(model))
    return texts ? { texts } : missing('a SentencePiece tokenizer of GGUF is not converted')
  } catch (error) {
    if (error instanceof UserError) return missing(error.message)
    throw error
  }
}

/** Tensors of the base that cannot be written would be missing: refused by name. */
export function refuseLeftOut(model: Pick<Model, 'spec' | 'leftOut' | 'adapters'>): void {
  const ofAdapters = new Set(model.adapters.flatMap(({ leftOut }) => leftOut))
  const missing = model.leftOut.find((left) => !ofAdapters.has(left) && !NOT_NEEDED.test(left.name))
  if (!missing) return
  throw new UserError(`${model.spec}: ${missing.name} cannot be written: ${missing.reason}`, {
    hint: 'merge it into a copy of the base that is saved in bf16 or fp32',
  })
}

/** Buffers that transformers computes, and what GGUF holds beside weights. */
const NOT_NEEDED = /(position_ids|inv_freq|attn\.(masked_)?bias)$|^rope_(freqs|factors_(long|short))\.weight$/

export const isBuffer = (name: string): boolean => NOT_NEEDED.test(name)
