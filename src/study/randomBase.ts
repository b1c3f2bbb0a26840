// The base of a training that begins from random weights: made from a config.json into the variant's folder, where it is a
// model as any other.
import { basename, dirname, join, resolve } from 'node:path'
import { readInitConfig } from '../model/init/config.ts'
import { writeRandomModel } from '../model/init/index.ts'
import { tokenizerBeside } from '../model/init/tokenizer.ts'
import { type TokenizerFiles, tokenizerFiles } from '../model/tokenizer/files.ts'
import { readVariant } from '../store/variantFolder.ts'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'

/** Writes it where it is not there yet; returns its folder. */
export async function randomBase(config: string, seed: number, variant: string): Promise<string> {
  const folder = join(variant, 'base')
  const found = await readVariant(variant)
  if (found && !(await exists(folder))) {
    throw new UserError(`${variant} holds another training, which began at ${found.base.spec}`, {
      hint: 'give another folder with -o, or delete that one',
    })
  }
  await writeRandomModel({ config, seed, folder })
  return folder
}

/** The tokenizer that it will have. */
export async function tokenizerOfConfig(path: string): Promise<TokenizerFiles> {
  const config = await readInitConfig(path)
  const files = await tokenizerBeside(path, config)
  return tokenizerFiles({
    spec: path,
    name: basename(dirname(resolve(path))),
    format: 'safetensors',
    tensors: new Map(),
    leftOut: [],
    adapters: [],
    files,
    config: config.written,
  })
}
