// Which weights a recipe trains, with which rank and scale. Names and patterns mean what they mean in peft (0.21):
// `q_proj`, or any end of `model.layers.3.self_attn.q_proj` that begins behind a dot; the first pattern that fits counts.
// Unlike there, a name that fits nothing is refused.
import type { LoadedModel } from '../../model/engine/index.ts'
import { endings, patternKeys } from '../../model/peft/patterns.ts'
import type { Recipe } from '../../schema/training.ts'
import { UserError } from '../../util/errors.ts'
import { nearest, oneLine, plural } from '../../util/text.ts'

/** A linear weight that gets factors. */
export interface Target {
  layer: number
  /** In its layer: `self_attn.q_proj.weight`. */
  weight: string
  rank: number
  /** alpha / rank (arXiv 2106.09685, section 4.1), or alpha / sqrt(rank) (arXiv 2312.03732). */
  scale: number
}

const KINDS: Readonly<Record<string, string>> = { attention: 'self_attn.', mlp: 'mlp.' }

interface Module {
  layer: number
  weight: string
  /** As peft sees it. */
  name: string
}

/** Linear weights of the chosen layers that are targets, in the model's order. What names nothing is a UserError. */
export function targetsOf(loaded: LoadedModel, recipe: Recipe): Target[] {
  const all = linearModules(loaded)
  const layers = layersOf(loaded, recipe)
  const isTargeted = chooser(all, recipe.targets)
  const modules = all.filter(({ layer, weight, name }) => layers.has(layer) && isTargeted(weight, name))
  if (modules.length === 0) {
    throw new UserError(
      `targets is ${shown(recipe.targets)} and layers ${String(recipe.layers)}: no weight is both`,
      {
        hint: 'leave layers out, or name targets by their last part, such as q_proj',
      },
    )
  }
  const ranks = valuesByPattern('rankPattern', { recipe, all, modules })
  const alphas = valuesByPattern('alphaPattern', { recipe, all, modules })
  return modules.map(({ layer, weight }, i) => {
    const rank = ranks[i] ?? recipe.rank
    const alpha = alphas[i] ?? recipe.alpha
    return { layer, weight, rank, scale: alpha / (recipe.rslora ? Math.sqrt(rank) : rank) }
  })
}

/** Numbers of the layers that are trained. A layer that is not there is a UserError. */
export function layersOf({ model, parameters }: LoadedModel, { layers }: Recipe): Set<number> {
  const count = parameters.layers.length
  if (layers === null) return new Set(parameters.layers.keys())
  const missing = layers.find((layer) => layer >= count)
  if (missing === undefined) return new Set(layers)
  throw new UserError(`layers names layer ${missing}, and ${model.spec} has ${plural(count, 'layer')}`, {
    hint: `layers count from 0 to ${count - 1}`,
  })
}

/** Linear weights of the decoder layers: what peft calls all-linear, so without the output layer. */
function linearModules({ parameters }: LoadedModel): Module[] {
  return parameters.layers.flatMap((weights, layer) =>
    [...weights]
      .filter(([weight, { shape }]) => shape.length === 2 && weight.endsWith('.weight'))
      .map(([weight]) => ({
        layer,
        weight,
        name: `model.layers.${layer}.${weight.slice(0, -'.weight'.length)}`,
      })),
  )
}

type IsTargeted = (weight: string, name: string) => boolean

function chooser(all: readonly Module[], targets: Recipe['targets']): IsTargeted {
  if (targets === 'all-linear') return () => true
  if (!Array.isArray(targets)) return (weight) => weight.startsWith(KINDS[targets as string]!)
  const known = new Set(all.flatMap(({ name }) => endings(name)))
  for (const target of targets) if (!known.has(target)) throw unknown('targets', target, all)
  const wanted = new Set(targets)
  return (_, name) => endings(name).some((ending) => wanted.has(ending))
}

/** For each module what the first pattern that fits it says. */
function valuesByPattern(
  key: 'rankPattern' | 'alphaPattern',
  { recipe, all, modules }: { recipe: Recipe; all: readonly Module[]; modules: readonly Module[] },
): (number | undefined)[] {
  const patterns = recipe[key]
  const names = all.map(({ name }) => name)
  for (const pattern of Object.keys(patterns)) {
    if (patternKeys([pattern], names, key).every((found) => found === undefined))
      throw unknown(key, pattern, all)
  }
  const found = patternKeys(
    Object.keys(patterns),
    modules.map(({ name }) => name),
    key,
  )
  return found.map((pattern) => (pattern === undefined ? undefined : patterns[pattern]))
}

function unknown(key: string, name: string, all: readonly Module[]): UserError {
  const last = [...new Set(all.map((module) => endings(module.name).at(-1)!))]
  const meant = nearest(name, [...last, ...all.flatMap((module) => endings(module.name))])
  return new UserError(
    `${key} names ${oneLine(name, 60)}, which is no linear weight of the layers; those are ${last.join(', ')}`,
    { hint: meant === undefined ? `take one of those names for ${key}` : `was ${meant} meant?` },
  )
}

const shown = (targets: Recipe['targets']): string =>
  Array.isArray(targets) ? targets.join(', ') : String(targets)
