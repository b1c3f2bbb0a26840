// Reads task.yaml. What is wrong with it is told with line, column, key, what stands there and what is wanted.
import type { z } from 'zod'
import { SCORER_KEYS, type TaskFile, taskFileSchema } from '../schema/task.ts'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import { readYamlFile, type YamlFile } from '../util/yamlFile.ts'
import { regexFault } from './scorers/regex.ts'

export interface TaskSource {
  path: string
  file: TaskFile
  /** `PATH, line 3, column 1` of a key. */
  placeOf(...keys: PropertyKey[]): string
}

/** Which keys a kind of task needs, and which others it takes beside those that every kind has. */
const KEYS_OF: Readonly<Record<'text' | 'choice' | 'code', { needs: Key[]; takes: Key[] }>> = {
  text: { needs: ['answer'], takes: ['ask'] },
  choice: { needs: ['answer', 'choices'], takes: ['delimiter'] },
  code: { needs: ['entryPoint', 'test'], takes: ['ask'] },
}
type Key = keyof TaskFile

const KINDS = Object.keys(SCORER_KEYS).join(', ')
const WANTED: Readonly<Record<string, string>> = {
  name: 'a text of one line',
  data: 'the name of a file beside it',
  id: 'the name of a column',
  prompt: 'a template that names columns, such as "Q: {{ question }}"',
  system: 'a text',
  answer: 'the name of a column',
  scorer: `one of ${KINDS}, or an object with such a kind`,
  'scorer.kind': `one of ${KINDS}`,
  'scorer.ignoreCase': 'true or false',
  'scorer.take': 'first or last',
  'scorer.tolerance': 'a number of at least 0',
  'scorer.pattern': 'a regular expression',
  'scorer.flags': 'a text of letters among i, m, s, u and v',
  'scorer.normalise': 'one of none, characters, bytes, tokens',
  choices: 'the name of a column, or a list of two or more columns or texts',
  delimiter: 'a text',
  entryPoint: 'the name of a column',
  test: 'the name of a column',
  ask: 'an object with maxTokens, temperature, topP or stops',
  'ask.maxTokens': 'a whole number of at least 1',
  'ask.temperature': 'a number of at least 0',
  'ask.topP': 'a number above 0 and up to 1',
  'ask.stops': 'a list of texts',
}

export async function readTaskFile(path: string): Promise<TaskSource> {
  const { value, placeOf } = await readYamlFile(path)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${path} holds no keys with values`, {
      hint: 'a task needs data, prompt, answer and scorer',
    })
  }
  const parsed = taskFileSchema.safeParse(value)
  if (!parsed.success) throw faultOf(parsed.error.issues[0]!, value, placeOf)
  const source = {
    path,
    file: parsed.data,
    placeOf: (...keys: PropertyKey[]) => placeOf(keys),
  }
  refuseUnfit(source)
  return source
}

function faultOf(issue: z.core.$ZodIssue, root: unknown, placeOf: YamlFile['placeOf']): UserError {
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const within = issue.path.length === 0 ? 'a task' : issue.path.join('.')
    const known = keysWithin(issue.path, root)
    const meant = nearest(key, known)
    return new UserError(`${placeOf([...issue.path, key])}: ${oneLine(key, 60)} is no key of ${within}`, {
      hint: meant === undefined ? `its keys are ${known.join(', ')}` : `was ${meant} meant?`,
    })
  }
  // A scorer that is given by its name is read as an object of that kind.
  const isNamed = issue.path[1] === 'kind' && typeof valueAt(root, ['scorer']) === 'string'
  const path = isNamed ? ['scorer'] : issue.path
  const name = path.filter((key) => typeof key === 'string').join('.')
  const found = valueAt(root, path)
  const is = found === undefined ? 'is missing' : `is ${oneLine(JSON.stringify(found) ?? 'nothing', 80)}`
  return new UserError(`${placeOf(path)}: ${name} ${is}`, {
    hint: `wanted ${WANTED[name] ?? 'another value'}`,
  })
}

function keysWithin(path: readonly PropertyKey[], root: unknown): string[] {
  if (path.length === 0) return Object.keys(taskFileSchema.shape)
  if (path[0] === 'scorer') return [...(SCORER_KEYS[String(valueAt(root, ['scorer', 'kind']))] ?? ['kind'])]
  return Object.keys(WANTED).flatMap((key) => (key.startsWith('ask.') ? [key.slice('ask.'.length)] : []))
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

/** Keys that the scorer needs and the file lacks, or that do nothing with it. */
function refuseUnfit({ file, placeOf, path }: TaskSource): void {
  const { kind } = file.scorer
  const { needs, takes } = KEYS_OF[kind === 'choice' || kind === 'code' ? kind : 'text']
  for (const key of needs) {
    if (file[key] !== undefined || (kind === 'regex' && key === 'answer')) continue
    throw new UserError(`${placeOf('scorer')}: scorer ${kind} needs ${key}, which ${path} does not have`, {
      hint: `add ${key}: ${WANTED[key]}`,
    })
  }
  for (const key of ['answer', 'choices', 'delimiter', 'entryPoint', 'test', 'ask'] as const) {
    if (file[key] === undefined || needs.includes(key) || takes.includes(key)) continue
    throw new UserError(`${placeOf(key)}: ${key} does nothing with scorer ${kind}`, {
      hint: `delete ${key}, or choose another scorer`,
    })
  }
  if (file.scorer.kind !== 'regex') return
  const fault = regexFault(file.scorer, file.answer !== undefined)
  if (fault) throw new UserError(`${placeOf('scorer', fault.key)}: ${fault.what}`, { hint: fault.hint })
}
