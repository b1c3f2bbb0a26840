// variant.json as far as it says how a variant came about: from which base, by which recipe and random seed, and how much
// of it was trained. Read loosely: what another version wrote says what it can.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { recipeSchema } from '../schema/training.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import type { Said } from './inspect.ts'
import { record } from './tokenizerParts.ts'

export interface InspectedVariant {
  bases: Said[]
  recipe: Said | null
  seed: number | null
  /** Share of the base's parameters that were trained; undefined where it does not say. */
  share: number | undefined
}

export const NO_VARIANT: InspectedVariant = { bases: [], recipe: null, seed: null, share: undefined }

const FROM = 'variant.json'

export async function inspectVariant(folder: string): Promise<InspectedVariant> {
  const parsed = parseStrictJson(await readFile(join(folder, FROM), 'utf8'))
  const { recipe, base, seed, cost } = ('value' in parsed && record(parsed.value)) || {}
  const spec = record(base)?.spec ?? base
  return {
    bases: typeof spec === 'string' ? [{ value: spec, from: FROM }] : [],
    recipe: recipe == null ? null : { value: recipeText(recipe), from: FROM },
    seed: typeof seed === 'number' ? seed : null,
    share: trainedShare(record(recipe)?.method, record(cost)),
  }
}

/** The method, then the keys that are not as a recipe has them by itself: `lora, rank 4, steps 20`. */
function recipeText(recipe: unknown): string {
  const { method, ...keys } = record(recipe) ?? {}
  if (typeof method !== 'string') return text(recipe)
  const usual: Record<string, unknown> = recipeSchema.parse({})
  const own = Object.entries(keys).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key] ?? null),
  )
  return [method, ...own.map(([key, value]) => `${key} ${text(value)}`)].join(', ')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Parameters count what a method adds, the base does not have it. */
function trainedShare(method: unknown, cost: Record<string, unknown> | undefined): number | undefined {
  const { trainedParameters: trained, parameters: all } = cost ?? {}
  if (typeof trained !== 'number' || typeof all !== 'number') return undefined
  return trained / (method === 'full' ? all : all - trained)
}
