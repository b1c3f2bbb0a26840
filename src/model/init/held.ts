// Whether a folder holds a model already, compared to the last bit with what would be written, a piece at a time.
import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../../util/errors.ts'
import { readSafetensorsHeader } from '../safetensors.ts'
import { SINGLE_FILE } from '../safetensorsFolder.ts'
import type { TensorToWrite } from '../safetensorsWriter.ts'
import { matrixShape } from '../shape.ts'
import type { ModelFile, StoredTensor } from '../tensor.ts'

/** What a model folder holds. */
export interface Content {
  /** Text of config.json. */
  config: string
  /** Copies. */
  files: readonly ModelFile[]
  /** Of model.safetensors, fp32. */
  tensors: readonly TensorToWrite[]
}

/** Values that are compared at once. */
const PIECE_VALUES = 1 << 22

/** Names in the folder; none where it is not there. Something else than a folder is a UserError. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return []
    if (code !== 'ENOTDIR') throw error
    throw new UserError(`${folder} is no folder`, { hint: 'name a folder that is not there yet' })
  }
}

/** In what the folder differs from the content; undefined where it is the same. */
export async function differenceOf(
  folder: string,
  names: readonly string[],
  { config, files, tensors }: Content,
): Promise<string | undefined> {
  const wanted = ['config.json', SINGLE_FILE, ...files.map(({ name }) => name)]
  const missing = wanted.find((name) => !names.includes(name))
  if (missing) return `it has no ${missing}`
  // Systems leave files of their own, whose names begin with a dot.
  const more = names.find((name) => !wanted.includes(name) && !name.startsWith('.'))
  if (more) return `it has ${more} too`
  if ((await readFile(join(folder, 'config.json'), 'utf8')) !== config) return 'its config.json is another'
  for (const { name, path } of files) {
    if (!(await readFile(path)).equals(await readFile(join(folder, name)))) return `its ${name} is another`
  }
  return weightsDifference(join(folder, SINGLE_FILE), tensors)
}

async function weightsDifference(
  path: string,
  tensors: readonly TensorToWrite[],
): Promise<string | undefined> {
  let stored: ReadonlyMap<string, StoredTensor>
  try {
    stored = (await readSafetensorsHeader(path)).tensors
  } catch (error) {
    if (error instanceof UserError) return `its ${SINGLE_FILE} is damaged`
    throw error
  }
  if (stored.size !== tensors.length) return `it has ${stored.size} tensors instead of ${tensors.length}`
  await using file = await open(path)
  for (const tensor of tensors) {
    const found = stored.get(tensor.name)
    if (!found) return `it has no ${tensor.name}`
    if (found.dtype !== tensor.dtype || String(found.shape) !== String(tensor.shape))
      return `its ${tensor.name} is ${found.dtype} (${found.shape.join(', ')})`
    const { rows, columns } = matrixShape(tensor.shape)
    const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
    for (let start = 0; start < rows; start += step) {
      const values = tensor.rows(start, Math.min(rows, start + step))
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
      const position = found.offset + start * columns * Float32Array.BYTES_PER_ELEMENT
      const there = Buffer.alloc(bytes.length)
      await file.read(there, 0, there.length, position)
      if (!there.equals(bytes)) return `its ${tensor.name} has other values`
    }
  }
  return undefined
}
