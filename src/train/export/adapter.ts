// A PEFT adapter folder from trained values: adapter_config.json and adapter_model.safetensors, as PEFT 0.21 loads them
// (LoRA, rsLoRA, DoRA). Rank and scale are those that the engine ran with, so that the file says what was trained.
// The way back is model/peft.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type TensorToWrite, tensorOf, writeSafetensors } from '../../model/safetensorsWriter.ts'
import type { Model } from '../../model/tensor.ts'
import type { Recipe } from '../../schema/training.ts'
import { UserError } from '../../util/errors.ts'
import { writeFileWhole } from '../../util/files.ts'
import { partOf, type Scaling, type TrainedValues, tensorNames } from './names.ts'
import { chooseTargets } from './targets.ts'
import { verifyAdapter } from './verify.ts'

export interface AdapterExport {
  /** It is made where it is not there. */
  folder: string
  base: Pick<Model, 'name' | 'tensors' | 'leftOut'>
  /** What base_model_name_or_path says: a path, or a name on the hub. */
  baseName: string
  /** Of the hub. */
  revision?: string | null
  trained: readonly TrainedValues[]
  /** By the engine's name of the weight: scalings(loaded). */
  scalings: ReadonlyMap<string, Scaling>
  recipe: Pick<Recipe, 'rank' | 'alpha' | 'rslora'>
}

const ROLES = { a: 'lora_A.weight', b: 'lora_B.weight', magnitude: 'lora_magnitude_vector' } as const

/** Significant digits of alpha, which is scale times rank: what is lost in that product is beyond them. */
const DIGITS = 12

interface Module {
  /** As PEFT calls it: the tensor's name without `.weight`. */
  name: string
  rank: number
  alpha: number
}

/** Writes the folder, then reads it back: what it does to the base is what was trained, to the last bit. */
export async function exportAdapter(options: AdapterExport): Promise<void> {
  const { folder, base, baseName, revision = null, trained, recipe } = options
  const modules = modulesOf(options)
  const names = tensorNames(base)
  const tensors = trained.map(({ name, shape, values }): TensorToWrite => {
    const part = partOf(name)
    if (part.kind === 'whole') throw new Error(`${name} was trained as a whole, an adapter holds factors`)
    const inFile = `base_model.model.${moduleName(names, part.weight)}.${ROLES[part.kind]}`
    return tensorOf(inFile, { shape: part.kind === 'magnitude' ? [values.length] : shape, values })
  })
  await mkdir(folder, { recursive: true })
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), tensors)
  const config = {
    ...PLAIN,
    base_model_name_or_path: baseName,
    revision,
    r: recipe.rank,
    lora_alpha: recipe.alpha,
    rank_pattern: pattern(modules, ({ rank }) => (rank === recipe.rank ? undefined : rank)),
    alpha_pattern: pattern(modules, ({ alpha }) => (alpha === recipe.alpha ? undefined : alpha)),
    use_rslora: recipe.rslora,
    use_dora: trained.some(({ name }) => partOf(name).kind === 'magnitude'),
    ...chooseTargets(
      modules.map(({ name }) => name),
      [...base.tensors.keys()],
    ),
  }
  const sorted = Object.fromEntries(Object.entries(config).sort(([x], [y]) => (x < y ? -1 : 1)))
  await writeFileWhole(join(folder, 'adapter_config.json'), `${JSON.stringify(sorted, null, 2)}\n`)
  await verifyAdapter(options)
}

/** Fields that are the same for every adapter made here. */
const PLAIN = {
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  bias: 'none',
  lora_bias: false,
  lora_dropout: 0,
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  modules_to_save: null,
} as const

function modulesOf({ base, trained, scalings, recipe }: AdapterExport): Module[] {
  const names = tensorNames(base)
  const modules = new Map<string, Module>()
  for (const { name, shape } of trained) {
    const { kind, weight } = partOf(name)
    if (kind !== 'a') continue
    const scaling = scalings.get(weight)
    const [rank] = shape
    if (!scaling || scaling.rank !== rank)
      throw new Error(`${name} has rank ${rank}, the engine ran ${scaling?.rank}`)
    const unscaled = scaling.scale * (recipe.rslora ? Math.sqrt(rank) : rank)
    modules.set(weight, {
      name: moduleName(names, weight),
      rank,
      alpha: Number(unscaled.toPrecision(DIGITS)),
    })
  }
  return [...modules.values()].sort((x, y) => (x.name < y.name ? -1 : 1))
}

function moduleName(names: ReadonlyMap<string, string>, weight: string): string {
  const tensor = names.get(weight)
  if (tensor === undefined) {
    throw new UserError(`${weight} was trained, and the base has no such weight`, {
      hint: 'the base is another one than in training: name that one',
    })
  }
  return tensor.replace(/\.weight$/, '')
}

/** Whole names of modules, which PEFT takes as regular expressions: a dot fits itself, and no two names differ by dots alone. */
function pattern(
  modules: readonly Module[],
  wanted: (module: Module) => number | undefined,
): Record<string, number> {
  return Object.fromEntries(
    modules.flatMap((module) => {
      const value = wanted(module)
      return value === undefined ? [] : [[module.name, value]]
    }),
  )
}
