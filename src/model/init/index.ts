// Models with random weights, as transformers initialises them, in a folder that transformers loads: where training from
// nothing begins.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seedOf } from '../../tensor/random.ts'
import { UserError } from '../../util/errors.ts'
import { writeFileWhole, writeFolderWhole } from '../../util/files.ts'
import { SINGLE_FILE } from '../safetensorsFolder.ts'
import { type TensorToWrite, writeSafetensors } from '../safetensorsWriter.ts'
import { matrixShape } from '../shape.ts'
import { readInitConfig } from './config.ts'
import { type Content, differenceOf, namesIn } from './held.ts'
import { normalValues } from './normal.ts'
import { tokenizerBeside } from './tokenizer.ts'
import type { Weight } from './weights.ts'

export interface RandomModelOptions {
  /** config.json as transformers writes it; the tokenizer's files lie beside it. */
  config: string
  seed: number
  /** A model folder: config.json, model.safetensors (F32), the tokenizer's files. */
  folder: string
}

/**
 * Writes a model with random weights as transformers would initialise it; one of the same config and seed is the same to
 * the last bit. A folder that holds it already (whole) is left as it is; one that holds something else is a UserError.
 */
export async function writeRandomModel({ config: path, seed, folder }: RandomModelOptions): Promise<void> {
  const config = await readInitConfig(path)
  const content: Content = {
    config: `${JSON.stringify(config.written, null, 2)}\n`,
    files: await tokenizerBeside(path, config),
    tensors: config.weights.map((weight) =>
      randomTensor(weight, { seed, standardDeviation: config.standardDeviation }),
    ),
  }
  const names = await namesIn(folder)
  if (names.length > 0) {
    const difference = await differenceOf(folder, names, content)
    if (difference === undefined) return
    throw new UserError(
      `${folder} holds something else than the model of ${path} with seed ${seed}: ${difference}`,
      { hint: 'name another folder, or remove this one' },
    )
  }
  await writeFolderWhole(folder, async (temporary) => {
    await writeFileWhole(join(temporary, 'config.json'), content.config)
    for (const { path: from, name } of content.files) await copyFile(from, join(temporary, name))
    await writeSafetensors(join(temporary, SINGLE_FILE), content.tensors)
  })
}

/** Every tensor has random numbers of its own, by its name: another layer does not change them. */
function randomTensor(
  { name, shape, first, zeroRow }: Weight,
  { seed, standardDeviation }: { seed: number; standardDeviation: number },
): TensorToWrite {
  const { columns } = matrixShape(shape)
  const stream = seedOf(`${seed} ${name}`)
  return {
    name,
    shape,
    dtype: 'F32',
    rows(start, end) {
      const count = (end - start) * columns
      if (first !== 'normal') return new Float32Array(count).fill(first)
      const values = normalValues(stream, { count, firstIndex: start * columns, standardDeviation })
      if (zeroRow !== undefined && start <= zeroRow && zeroRow < end)
        values.fill(0, (zeroRow - start) * columns, (zeroRow - start + 1) * columns)
      return values
    },
  }
}
