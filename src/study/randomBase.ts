// The base of a training that begins from random weights: made from a config.json into the variant's folder, where it is a
// model as any other.
import { join } from 'node:path'
import { gigabytes, usableBytes } from '../model/engine/memory.ts'
import { readInitConfig } from '../model/init/config.ts'
import { writeRandomModel } from '../model/init/index.ts'
import { readVariant } from '../store/variantFolder.ts'
import { BYTES_PER_TRAINED } from '../train/memory.ts'
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

/** Before it is written: what cannot be trained here need not be there. */
async function refuseLarge(path: string): Promise<void> {
  const { weights } = await readInitConfig(path)
  const numbers = weights.reduce((sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1), 0)
  const [bytes, usable] = [BYTES_PER_TRAINED * numbers, usableBytes()]
  if (bytes <= usable) return
  throw new UserError(
    `${path} makes a model of ${numbers} numbers, and training them all needs more than ${gigabytes(bytes)} of memory, of which ${gigabytes(usable)} may be used`,
    { hint: 'make it smaller: hidden_size, num_hidden_layers, intermediate_size, vocab_size' },
  )
}
