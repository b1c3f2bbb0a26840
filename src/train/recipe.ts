// A recipe: a YAML file whose keys are those of src/schema/training.ts, and flags of the same names over it. What is wrong
// is told with line, key, value and what is wanted; the command line is never a reason to guess.
import { parse } from 'yaml'
import { z } from 'zod'
import { type Recipe, recipeSchema } from '../schema/training.ts'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import { readYamlFile, type YamlFile } from '../util/yamlFile.ts'

const KEYS = Object.keys(recipeSchema.shape)
const DEFAULTS = recipeSchema.parse({})
/** What other trainers call the same. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  r: 'rank',
  lora_r: 'rank',
  lora_alpha: 'alpha',
  target_modules: 'targets',
  layers_to_transform: 'layers',
  use_rslora: 'rslora',
  lr: 'learningRate',
  lr_scheduler_type: 'schedule',
  warmup_ratio: 'warmup',
  max_steps: 'steps',
  num_train_epochs: 'epochs',
  per_device_train_batch_size: 'batch',
  gradient_accumulation_steps: 'accumulation',
  max_grad_norm: 'clip',
  max_seq_length: 'maxTokens',
  prompt_loss_weight: 'promptLossWeight',
}

export interface RecipeSource {
  /** A YAML file; all defaults where there is none. */
  path?: string
  /** By key: values, or text as it was typed (read as YAML; lists also as `a,b`). They go before the file. */
  flags?: Readonly<Record<string, unknown>>
}

/** Reads and merges. Whatever is wrong is a UserError. */
export async function readRecipe({ path, flags = {} }: RecipeSource): Promise<Recipe> {
  const file = path === undefined ? undefined : await readYamlFile(path)
  const fromFlags = Object.fromEntries(
    Object.entries(flags).map(([key, value]) => [key, typeof value === 'string' ? typed(key, value) : value]),
  )
  const place = (key: string): string =>
    Object.hasOwn(fromFlags, key) ? `--${key}` : `${file?.placeOf([key])}: ${oneLine(key, 60)}`
  return checkRecipe({ ...(file ? valuesOf(file, path!) : {}), ...fromFlags }, place)
}

/** A recipe from its keys; `place` says where one of them stands. */
export function checkRecipe(
  given: Readonly<Record<string, unknown>>,
  place: (key: string) => string,
): Recipe {
  const parsed = recipeSchema.safeParse(given)
  if (parsed.success) {
    refuseIdle(parsed.data, place)
    return parsed.data
  }
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, { place, given }))
  throw new UserError(faults.map(({ what }) => what).join('; '), { hint: faults[0]!.hint })
}

/** Of methods with factors alone. */
const FACTOR_KEYS = ['rank', 'alpha', 'rankPattern', 'alphaPattern', 'rslora', 'loraPlusRatio'] as const

/** Keys that do nothing with this method, or without another key. */
function refuseIdle(recipe: Recipe, place: (key: string) => string): void {
  const { method, heldOut, evalEvery, patience, trainOn, promptLossWeight } = recipe
  const unused = [
    ...(method === 'full' ? FACTOR_KEYS : []),
    ...(method === 'qlora' ? [] : (['doubleQuantisation'] as const)),
  ].find((key) => JSON.stringify(recipe[key]) !== JSON.stringify(DEFAULTS[key]))
  if (unused !== undefined)
    throw new UserError(`${place(unused)} is set, and method ${method} has no use for it`, {
      hint: `leave ${unused} out, or take method ${unused === 'doubleQuantisation' ? 'qlora' : 'lora'}`,
    })
  const idle = (key: string, wanted: string, hint: string): UserError =>
    new UserError(`${place(key)} is set, and does nothing without ${wanted}`, { hint })
  if (evalEvery !== null && heldOut === 0)
    throw idle('evalEvery', 'heldOut', 'hold some examples out: heldOut 0.1')
  if (patience !== null && (evalEvery === null || heldOut === 0))
    throw idle('patience', 'evalEvery and heldOut', 'measure on the way: heldOut 0.1 and evalEvery 20')
  if (promptLossWeight > 0 && trainOn === 'all')
    throw idle(
      'promptLossWeight',
      'trainOn: completion',
      'with trainOn: all prompts have weight 1: leave one out',
    )
}

/** An empty file is a recipe of defaults. */
function valuesOf({ value }: YamlFile, path: string): Record<string, unknown> {
  if (value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UserError(
    `${path} holds no keys with values, and a recipe is keys with values, such as rank: 8`,
    {
      hint: `its keys are ${KEYS.join(', ')}`,
    },
  )
}

/** A flag as it was typed. */
function typed(key: string, text: string): unknown {
  const isList = key === 'layers' || (key === 'targets' && !['all-linear', 'attention', 'mlp'].includes(text))
  try {
    return parse(isList && !text.startsWith('[') && text !== 'null' ? `[${text}]` : text) as unknown
  } catch (error) {
    const why = oneLine((error as Error).message, 160)
    throw new UserError(`--${key} ${oneLine(text, 60)}: not YAML: ${why}`, {
      hint: 'a value is written as in a recipe: 8, [q_proj, v_proj], {q_proj: 4}',
    })
  }
}

interface Fault {
  what: string
  hint: string
}

type Issue = z.core.$ZodIssue

function faultsOf(
  issue: Issue,
  { place, given }: { place: (key: string) => string; given: Readonly<Record<string, unknown>> },
): Fault[] {
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    return issue.keys.map((key) => ({ what: `${place(key)} is no key of a recipe`, hint: meant(key) }))
  }
  const key = String(issue.path[0])
  const value = oneLine(JSON.stringify(given[key]) ?? 'nothing', 80)
  const wanted = wantedOf(key)
  return [{ what: `${place(key)} is ${value}, wanted is ${wanted}`, hint: `give ${key} as ${wanted}` }]
}

function meant(key: string): string {
  const known = keyMeant(key)
  return known === undefined ? `its keys are ${KEYS.join(', ')}` : `was ${known} meant?`
}

/** The key that a name most likely stands for: one of another trainer, or a misspelt one. */
export function keyMeant(name: string): string | undefined {
  const elsewhere = name.replaceAll('-', '_')
  return Object.hasOwn(ELSEWHERE, elsewhere) ? ELSEWHERE[elsewhere] : nearest(name, KEYS)
}

interface JsonSchema {
  type?: string
  enum?: string[]
  anyOf?: JsonSchema[]
  items?: JsonSchema
  additionalProperties?: JsonSchema
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  exclusiveMaximum?: number
}

/** What a key takes, in words, from the schema. */
function wantedOf(key: string): string {
  const { properties } = z.toJSONSchema(recipeSchema, { io: 'input' })
  return inWords((properties as Record<string, JsonSchema>)[key] ?? {})
}

function inWords(schema: JsonSchema): string {
  const { type, anyOf, items, additionalProperties: entries } = schema
  if (anyOf) return anyOf.map(inWords).join(' or ')
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (type === 'array') return items?.type === 'string' ? 'a list of names' : `a list of ${plurals(items!)}`
  if (type === 'object') return `names with ${plurals(entries!)}`
  if (type === 'boolean') return 'true or false'
  if (type === 'null') return 'null'
  return `a ${numberOf(schema)}${rangeOf(schema)}`
}

const plurals = (schema: JsonSchema): string => `${numberOf(schema)}s${rangeOf(schema)}`

const numberOf = ({ type }: JsonSchema): string => (type === 'integer' ? 'whole number' : 'number')

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`
  if (exclusiveMaximum !== undefined) return ` from ${minimum} to below ${exclusiveMaximum}`
  if (minimum === undefined) return ''
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ` of at least ${minimum}`
    : ` from ${minimum} to ${maximum}`
}
