// Reads a study file: YAML or JSON, strict, and what is wrong is told with its place, key, value and what is wanted.
import { dirname, resolve } from 'node:path'
import type { z } from 'zod'
import {
  modelSideSchema,
  recordedSideSchema,
  type Study,
  studySchema,
  trainedSideSchema,
} from '../schema/study.ts'
import { checkRecipe } from '../train/recipe.ts'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import { readYamlFile, type YamlFile } from '../util/yamlFile.ts'

export interface StudyFile {
  /** Absolute. */
  path: string
  /** Paths in the file are relative to it. */
  folder: string
  study: Study
  /** `study.yaml, line 4, column 3: variants.lora.data`. */
  placeOf: PlaceOf
}

type Path = readonly PropertyKey[]
type PlaceOf = (...key: Path) => string

export async function readStudyFile(path: string): Promise<StudyFile> {
  const file = await readYamlFile(path)
  if (!isObject(file.value)) {
    throw new UserError(`${path} holds no keys with values, and a study is keys with values`, {
      hint: `its keys are ${KEYS.join(', ')}`,
    })
  }
  const placeOf = (...key: Path): string => `${file.placeOf(key)}: ${oneLine(key.join('.'), 80)}`
  return { path: resolve(path), folder: dirname(resolve(path)), study: studyOf(file, placeOf), placeOf }
}

function studyOf({ value }: YamlFile, placeOf: PlaceOf): Study {
  const parsed = studySchema.safeParse(value)
  if (!parsed.success) throw faultOf(narrowed(parsed.error.issues[0]!, value, placeOf), value, placeOf)
  // A key of that name is left out by what checks the file, and nobody would know.
  if (Object.hasOwn((value as { variants: object }).variants, '__proto__'))
    throw new UserError(`${placeOf('variants', '__proto__')}: a variant needs another name`)
  for (const [name, side] of Object.entries(parsed.data.variants)) {
    if (typeof side === 'string' || !('recipe' in side) || typeof side.recipe === 'string') continue
    checkRecipe(side.recipe, (key) => placeOf('variants', name, 'recipe', key))
  }
  return parsed.data
}

type Issue = z.core.$ZodIssue

const SIDES = { model: modelSideSchema, recipe: trainedSideSchema, runs: recordedSideSchema }
const KEYS = Object.keys(studySchema.shape)
const WANTED_SIDE =
  'a side is a MODEL, or has one of model: MODEL; recipe and data, to train it here; runs: logs or run folders'

/** The kind of side that these values are meant to be. */
function kindOf(value: unknown): keyof typeof SIDES | undefined {
  const kinds = Object.keys(SIDES) as (keyof typeof SIDES)[]
  // Recorded answers may say what their model is called.
  return isObject(value) ? kinds.reverse().find((kind) => Object.hasOwn(value, kind)) : undefined
}

/** Of a side that fits none of its kinds, what is wrong with it as the kind that it is meant to be. */
function narrowed(issue: Issue, values: unknown, placeOf: PlaceOf): Issue {
  const recipe = issue.path.slice(0, 3)
  const keys = recipe[2] === 'recipe' ? valueAt(values, recipe) : undefined
  if (isObject(keys)) checkRecipe(keys, (key) => placeOf(...recipe, key))
  if (issue.code !== 'invalid_union') return issue
  const value = valueAt(values, issue.path)
  const kind = kindOf(value)
  const inner = kind && SIDES[kind].safeParse(value).error?.issues[0]
  return inner ? narrowed({ ...inner, path: [...issue.path, ...inner.path] }, values, placeOf) : issue
}

function faultOf(issue: Issue, values: unknown, placeOf: PlaceOf): UserError {
  const { path } = issue
  const value = valueAt(values, path)
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys
    const kind = kindOf(value)
    const known = path.length === 0 ? KEYS : Object.keys(kind ? SIDES[kind].shape : SIDES)
    const meant = nearest(key!, known)
    const what = path.length === 0 ? 'a study' : kind === undefined ? 'a side' : `a side with ${kind}`
    return new UserError(`${placeOf(...path, key!)} is no key of ${what}`, {
      hint: meant === undefined ? `its keys are ${known.join(', ')}` : `was ${meant} meant?`,
    })
  }
  if (value === undefined) {
    return new UserError(`${placeOf(...path)} is missing`, {
      hint: path.length === 1 ? `a study has ${KEYS.join(', ')}` : WANTED_SIDE,
    })
  }
  const isBaseTrained = path[0] === 'base' && isObject(value) && Object.hasOwn(value, 'recipe')
  const why = isBaseTrained
    ? 'the base is what variants are trained on, and is not trained itself'
    : issue.code === 'invalid_union'
      ? 'this is no side'
      : issue.message
  return new UserError(`${placeOf(...path)} is ${oneLine(JSON.stringify(value), 80)}: ${why}`, {
    hint: issue.code === 'invalid_union' ? WANTED_SIDE : 'assets/study.schema.json says what each key takes',
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valueAt(values: unknown, path: Path): unknown {
  let value = values
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined
  }
  return value
}
