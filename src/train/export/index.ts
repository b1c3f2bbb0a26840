// What training leaves in a variant folder: adapter/ where factors were trained, model/ where weights were.
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model } from '../../model/tensor.ts'
import type { Recipe, Variant } from '../../schema/training.ts'
import type { Prepared } from '../methods/index.ts'
import { exportAdapter } from './adapter.ts'
import { baseNameOf } from './baseName.ts'
import { exportFull } from './full.ts'
import { scalings } from './names.ts'

export interface TrainedExport {
  prepared: Prepared
  recipe: Recipe
  model: Model
  base: Variant['base']
  /** The variant's. */
  folder: string
}

/** Writes it anew where a killed training left a part of it. Returns the bytes of the files. */
export async function exportTrained({
  prepared,
  recipe,
  model,
  base,
  folder,
}: TrainedExport): Promise<number> {
  const { loaded, trained } = prepared
  const isFull = recipe.method === 'full'
  const place = join(folder, isFull ? 'model' : 'adapter')
  await rm(place, { recursive: true, force: true })
  if (isFull) {
    await exportFull({ base: model, trained, folder: place })
  } else {
    await exportAdapter({
      folder: place,
      base: model,
      ...baseNameOf(base.spec),
      trained,
      scalings: scalings(loaded),
      recipe,
    })
  }
  return folderBytes(place)
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size
  return bytes
}
