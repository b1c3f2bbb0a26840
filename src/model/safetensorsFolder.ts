// The tensors of a model in safetensors: one file, or shards that model.safetensors.index.json names. Only headers are
// read. Names and shapes are already those of transformers.
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import { oneLine } from '../util/text.ts'
import { fileError, readTextFile } from '../util/textFile.ts'
import { MAX_HEADER_BYTES, readSafetensorsHeader, type SafetensorsHeader } from './safetensors.ts'
import type { LeftOut, ModelTensor, StoredTensor } from './tensor.ts'

export const SINGLE_FILE = 'model.safetensors'
export const INDEX_FILE = 'model.safetensors.index.json'
/** Headers that are read at once. */
const AT_ONCE = 16

export interface SafetensorsModel {
  tensors: Map<string, ModelTensor>
  leftOut: LeftOut[]
  /** Of the first file. */
  metadata: Record<string, string>
  /** Absolute paths of the files that are read, the index included. */
  files: string[]
}

/** Reads the headers of a safetensors file, or of the model in a folder. `path` is absolute. */
export async function readSafetensors(path: string): Promise<SafetensorsModel> {
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  if (!info.isDirectory()) return joined([path], [await readSafetensorsHeader(path)])
  const single = await singleFile(path)
  if (single !== undefined) return joined([single], [await readSafetensorsHeader(single)])
  return readShards(path)
}

/** The one file of a folder without shards: model.safetensors before an index, as transformers chooses. */
async function singleFile(folder: string): Promise<string | undefined> {
  const names = await readdir(folder)
  if (names.includes(SINGLE_FILE)) return join(folder, SINGLE_FILE)
  if (names.includes(INDEX_FILE)) return undefined
  const others = names.filter((name) => name.endsWith('.safetensors') && !name.startsWith('adapter')).sort()
  if (others.length === 1) return join(folder, others[0]!)
  if (others.length === 0) {
    throw new UserError(`${folder} holds no safetensors file`, { hint: `it needs ${SINGLE_FILE} or shards` })
  }
  throw new UserError(
    `${folder} holds ${others.length} safetensors files (${others.slice(0, 3).join(', ')}) and no ${INDEX_FILE}`,
    { hint: 'name one of the files, or copy the index that belongs to the shards' },
  )
}

async function readShards(folder: string): Promise<SafetensorsModel> {
  const index = join(folder, INDEX_FILE)
  const shardOf = await readIndex(index)
  const files = [...new Set(shardOf.values())].sort().map((name) => join(folder, name))
  for (const file of files) {
    if (await exists(file)) continue
    throw new UserError(`${folder}: ${basename(file)} is missing, ${INDEX_FILE} names it`, {
      hint: 'download or copy the shard; a model is not compared with a part of it',
    })
  }
  const headers: SafetensorsHeader[] = []
  for (let at = 0; at < files.length; at += AT_ONCE) {
    headers.push(...(await Promise.all(files.slice(at, at + AT_ONCE).map(readSafetensorsHeader))))
  }
  const model = joined(files, headers)
  checkIndex(index, shardOf, headers, files)
  return { ...model, files: [index, ...files] }
}

/** Which shard holds which tensor. */
async function readIndex(path: string): Promise<Map<string, string>> {
  const { text } = await readTextFile(path, MAX_HEADER_BYTES)
  const parsed = parseStrictJson(text)
  if ('fault' in parsed) throw badIndex(path, parsed.fault)
  const map = (parsed.value as { weight_map?: unknown } | null)?.weight_map
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw badIndex(path, 'has no weight_map')
  const entries = Object.entries(map)
  if (entries.length === 0) throw badIndex(path, 'its weight_map is empty')
  for (const [name, shard] of entries) {
    if (typeof shard === 'string' && isPlainName(shard)) continue
    const said = oneLine(JSON.stringify(shard) ?? '', 80)
    throw badIndex(path, `${name} lies in ${said}, which is no name of a safetensors file in this folder`)
  }
  return new Map(entries as [string, string][])
}

/** A shard lies in the folder itself: a name with path parts could point anywhere. */
function isPlainName(name: string): boolean {
  return /^[^/\\:\0]+\.safetensors$/.test(name) && !name.startsWith('..')
}

function checkIndex(
  index: string,
  shardOf: ReadonlyMap<string, string>,
  headers: readonly SafetensorsHeader[],
  files: readonly string[],
): void {
  const fileOf = new Map<string, string>()
  for (const [i, header] of headers.entries()) {
    for (const name of namesIn(header)) fileOf.set(name, basename(files[i]!))
  }
  for (const [name, shard] of shardOf) {
    const found = fileOf.get(name)
    if (found === shard) continue
    const where = found === undefined ? 'no shard holds it' : `it is in ${found}`
    throw badIndex(index, `says that ${name} lies in ${shard}, but ${where}`)
  }
}

const namesIn = (header: SafetensorsHeader): string[] => [
  ...header.tensors.keys(),
  ...header.leftOut.map(({ name }) => name),
]

/** All files as one list of tensors; one that stands in two files is refused. */
function joined(files: string[], headers: readonly SafetensorsHeader[]): SafetensorsModel {
  const stored = new Map<string, StoredTensor>()
  const fileOf = new Map<string, string>()
  for (const [i, header] of headers.entries()) {
    const file = basename(files[i]!)
    for (const name of namesIn(header)) {
      const other = fileOf.get(name)
      if (other !== undefined) {
        throw new UserError(`${files[i]}: the tensor ${name} stands in ${other} and in ${file}`, {
          hint: 'the shards are of two models or two saves: download them again',
        })
      }
      fileOf.set(name, file)
    }
    for (const [name, tensor] of header.tensors) stored.set(name, tensor)
  }
  const leftOut = headers.flatMap((header) => header.leftOut)
  leftOut.push(...takeScaledFloat8(stored))
  const tensors = new Map([...stored].map(([name, source]) => [name, modelTensor(name, source)]))
  return { tensors, leftOut, metadata: headers[0]?.metadata ?? {}, files }
}

function modelTensor(name: string, source: StoredTensor): ModelTensor {
  return { name, nameInFile: name, shape: source.shape, dtype: source.dtype, source }
}

/**
 * Takes 8-bit floats that belong to a scale out of `tensors`: without it their values mean nothing. Their scales go
 * too.
 */
function takeScaledFloat8(tensors: Map<string, StoredTensor>): LeftOut[] {
  const taken: LeftOut[] = []
  for (const [name, tensor] of tensors) {
    if (!tensor.dtype.startsWith('F8_')) continue
    const scales = ['_scale', '_scale_inv']
      .map((ending) => name + ending)
      .filter((scale) => tensors.has(scale))
    if (scales.length === 0) continue
    const reason = `${tensor.dtype} with ${scales[0]} is not read yet: compare a copy saved in bf16`
    taken.push({ name, reason })
    tensors.delete(name)
    const inputScale = `${name.replace(/weight$/, '')}input_scale`
    for (const scale of [...scales, ...(tensors.has(inputScale) ? [inputScale] : [])]) {
      taken.push({ name: scale, reason: `belongs to ${name}` })
      tensors.delete(scale)
    }
  }
  return taken
}

function badIndex(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, {
    hint: 'the index is damaged or of another model: download it again',
  })
}
