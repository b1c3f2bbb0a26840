// The base of a training that begins from random weights: made from a config.json into the variant's folder, where it is a
// model as any other.
import { basename, dirname, join, resolve } from 'node:path'
import { gigabytes, usableBytes } from '../model/engine/memory.ts'
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
  await refuseLarge(config)
  await writeRandomModel({ config, seed, folder })
  return folder
}

/** Training a whole model takes so much a number (value, gradient, two moments), besides what a step needs. */
const BYTES_PER_NUMBER = 16

/** Before it is written: what cannot be trained here need not be there. */
async function refuseLarge(path: string): Promise<void> {
  const { weights } = await readInitConfig(path)
  const numbers = weights.reduce((sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1), 0)
  const [bytes, usable] = [BYTES_PER_NUMBER * numbers, usableBytes()]
  if (bytes <= usable) return
  throw new UserError(
    `${path} makes a model of ${numbers} numbers, and training them all needs more than ${gigabytes(bytes)} of memory, of which ${gigabytes(usable)} may be used`,
    { hint: 'make it smaller: hidden_size, num_hidden_layers, intermediate_size, vocab_size' },
  )
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
