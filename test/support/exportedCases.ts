// Exports of the values that goldens/training trained and of goldens/architectures' adapters, in a folder: what the script
// goldens/training/export.py loads with peft and transformers, and what the tests compare with the running models.
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { engineModel, loadModel } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { matrixShape } from '../../src/model/shape.ts'
import type { FloatType, Model } from '../../src/model/tensor.ts'
import { type Recipe, recipeSchema } from '../../src/schema/training.ts'
import { exportAdapter } from '../../src/train/export/adapter.ts'
import { exportFull } from '../../src/train/export/full.ts'
import { exportMerged } from '../../src/train/export/merged.ts'
import { type Scaling, scalings, type TrainedValues } from '../../src/train/export/names.ts'
import { prepare } from '../../src/train/methods/index.ts'
import { root } from './cli.ts'
import { architectureCases, architectureGoldens, type TinyModels } from './engine.ts'
import { liveModel } from './liveModel.ts'

const training = join(root, 'test/goldens/training')
const goldens = JSON.parse(readFileSync(join(training, 'cases.json'), 'utf8')) as {
  cases: { name: string; model: string; recipe: Record<string, unknown> }[]
}

export interface TrainedCase {
  recipe: Recipe
  base: Model
  trained: TrainedValues[]
  scalings: Map<string, Scaling>
  /** The running variant. */
  live: Model
}

/** A case of goldens/training with the values at its end, on its base as it is run. */
export async function trainedCase(name: string, tiny: TinyModels): Promise<TrainedCase> {
  const golden = goldens.cases.find((one) => one.name === name)!
  const recipe = recipeSchema.parse(golden.recipe)
  const quantised = recipe.method === 'qlora' ? (recipe.doubleQuantisation ? 'nf4dq:' : 'nf4:') : ''
  const base = await openModel(`${quantised}${tiny.folder(golden.model)!}`)
  const path = join(training, 'final', `${name}.safetensors`)
  const { tensors } = await readSafetensorsHeader(path)
  const trained = [...tensors].map(([key, source]) => ({
    name: key,
    shape: source.shape,
    values: readValues(source, 0, matrixShape(source.shape).rows),
  }))
  const found = scalings(prepare(loadModel(engineModel(base)), recipe, 0).loaded)
  return { recipe, base, trained, scalings: found, live: await liveModel({ base, path, scalings: found }) }
}

export interface ExportedCase {
  name: string
  kind: 'adapter' | 'merged' | 'full'
  /** The running variant. */
  live: Model
  /** Of an adapter: the base that it is loaded on, a name of goldens/architectures. */
  base?: string
  /** Of the files: an adapter folder or a model folder. */
  folder: string
}

const ADAPTERS = ['lora', 'lora-cosine', 'lora-patterns', 'rslora', 'dora', 'dora-untied']
const FULL = ['full-qwen2', 'full-gemma3', 'full-untied']
const ggufs = join(root, 'test/goldens/gguf')

/** By a name of ours: MODEL, types of the files, largest shard. */
const MERGED: readonly {
  name: string
  golden?: string
  adapter?: string
  gguf?: string
  dtype?: FloatType
  maxShardBytes?: number
}[] = [
  { name: 'merged-patterns', golden: 'lora-patterns', dtype: 'F32', maxShardBytes: 30_000 },
  { name: 'merged-dora', golden: 'dora-untied', dtype: 'F32' },
  { name: 'merged-qlora', golden: 'qlora', dtype: 'F32' },
  { name: 'merged-qlora-double', golden: 'qlora-double', dtype: 'F32' },
  { name: 'merged-embedding', adapter: 'embedding-tied', dtype: 'F32' },
  { name: 'merged-ends', adapter: 'ends', dtype: 'F32' },
  { name: 'merged-ia3', adapter: 'ia3', dtype: 'F32' },
  { name: 'merged-gguf', gguf: 'tiny.gguf' },
  { name: 'merged-gguf-llama3', gguf: 'rotary.gguf' },
]

/** Writes all of them below `to`. */
export async function exportCases(tiny: TinyModels, to: string): Promise<ExportedCase[]> {
  mkdirSync(to, { recursive: true })
  const exported: ExportedCase[] = []
  for (const name of ADAPTERS) {
    const { recipe, base, trained, scalings: found, live } = await trainedCase(name, tiny)
    const folder = join(to, name)
    await exportAdapter({ folder, base, baseName: 'tiny/base', trained, scalings: found, recipe })
    const { model } = goldens.cases.find((one) => one.name === name)!
    exported.push({ name, kind: 'adapter', live, base: model, folder })
  }
  for (const name of FULL) {
    const { base, trained, live } = await trainedCase(name, tiny)
    const folder = join(to, name)
    await exportFull({ base, trained, folder })
    exported.push({ name, kind: 'full', live, folder })
  }
  for (const { name, golden, adapter, gguf, ...options } of MERGED) {
    const live =
      golden !== undefined
        ? (await trainedCase(golden, tiny)).live
        : await openModel(adapter === undefined ? join(ggufs, gguf!) : adaptedSpec(adapter, tiny))
    const folder = join(to, name)
    await exportMerged({ model: live, folder, ...options })
    exported.push({ name, kind: 'merged', live, folder })
  }
  return exported
}

export function adaptedSpec(adapter: string, tiny: TinyModels): string {
  const { base } = architectureCases.adapters.find(({ name }) => name === adapter)!
  return `${tiny.folder(base)!}+${join(architectureGoldens, 'adapters', adapter, 'adapter')}`
}

/** So that the script has all it needs in one folder. */
export function keepBases(tiny: TinyModels, cases: readonly ExportedCase[], to: string): void {
  for (const { base } of cases) {
    if (base !== undefined) cpSync(tiny.folder(base)!, join(to, 'bases', base), { recursive: true })
  }
}
