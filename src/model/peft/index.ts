// Reads a PEFT adapter folder: adapter_config.json and adapter_model.safetensors, as PEFT 0.21 writes and loads them.
// Only headers are read; the values are read when a part is applied and its rows are asked for: apply.ts.
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../../util/errors.ts'
import { fileError } from '../../util/textFile.ts'
import { roleOf } from '../modelFiles.ts'
import { readSafetensorsHeader } from '../safetensors.ts'
import type { Adapter, ModelFile } from '../tensor.ts'
import { readAdapterConfig } from './config.ts'
import { partsOf } from './modules.ts'
import { refuseUnreadable } from './refusals.ts'

const CONFIG = 'adapter_config.json'
const WEIGHTS = 'adapter_model.safetensors'

/** Reads an adapter. One that says nothing about weights, or does not fit itself, is a UserError that says why. */
export async function readAdapter(path: string): Promise<Adapter> {
  const folder = resolve(path)
  const config = await readAdapterConfig(folder)
  refuseUnreadable(folder, config)
  const where = join(folder, WEIGHTS)
  const { tensors, leftOut } = await readSafetensorsHeader(where)
  if (tensors.size + leftOut.length === 0) {
    throw new UserError(`${where} holds no tensor`, {
      hint: 'the adapter was not saved whole: save it again',
    })
  }
  const named = [...tensors].map(([nameInFile, stored]) => ({ nameInFile, stored }))
  const sorted = partsOf(named, config, where)
  const { base_model_name_or_path: baseName } = config
  return {
    folder,
    method: config.peft_type.toLowerCase(),
    ...(baseName ? { baseName } : {}),
    ...sorted,
    leftOut: [...leftOut, ...sorted.leftOut],
    config,
    files: await filesOf(folder),
  }
}

/** The two files, and the tokenizer that may lie beside them. */
async function filesOf(folder: string): Promise<ModelFile[]> {
  try {
    const names = (await readdir(folder)).sort()
    const files = names.flatMap((name): Omit<ModelFile, 'bytes'>[] => {
      const role = name === CONFIG || name === WEIGHTS ? 'adapter' : roleOf(name)
      return role ? [{ path: join(folder, name), name: basename(name), role }] : []
    })
    return await Promise.all(files.map(async (file) => ({ ...file, bytes: (await stat(file.path)).size })))
  } catch (error) {
    throw fileError(folder, error)
  }
}
