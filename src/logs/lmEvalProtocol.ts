// What lm-evaluation-harness records of a run beside its samples: results_DATE.json (lm_eval/result_schema.py). Model,
// seeds, versions and the protocol keys; a key that a version of the harness does not write is not recorded.
import { z } from 'zod'
import type { NamedSource } from '../schema/run.ts'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { parseJson, readTextFile } from '../util/textFile.ts'
import { type Fingerprint, isObject, type JsonObject, notRecorded, recorded, UNKNOWN } from './format.ts'

// Keys of foreign files are optional, and a strange value counts as none.
const text = z.string().nullish().catch(null)
const object = z.record(z.string(), z.unknown()).nullish().catch(null)

const resultsSchema = z.object({
  config: object,
  configs: object,
  versions: object,
  'n-shot': object,
  results: object,
  higher_is_better: object,
  model_source: text,
  chat_template: text,
  chat_template_sha: text,
  system_instruction_sha: text,
  fewshot_as_multiturn: z.boolean().nullish().catch(null),
  lm_eval_version: text,
  transformers_version: text,
})
export type Results = z.infer<typeof resultsSchema>

/** Reads results_DATE.json. */
export async function readResults(path: string): Promise<Results> {
  const parsed = parseJson((await readTextFile(path)).text)
  const results = resultsSchema.safeParse('value' in parsed ? parsed.value : null)
  if (results.success) return results.data
  const fault = 'fault' in parsed ? parsed.fault : 'no object'
  throw new UserError(`${path} does not hold lm-eval results: ${fault}`, {
    hint: 'copy it again, or move it away to import the samples without their protocol',
  })
}

/** The model as the harness was told, an adapter as BASE+ADAPTER. Without arguments its name would be random. */
export function modelOf({ config }: Results): NamedSource {
  const args = argumentsOf(config?.model_args)
  const base = ['pretrained', 'model', 'path', 'engine'].map((key) => args.get(key)).find(Boolean)
  const adapter = args.get('peft')
  const quantised = ['load_in_4bit', 'load_in_8bit'].filter((key) => args.get(key)?.toLowerCase() === 'true')
  const name = base && adapter ? `${base}+${adapter}` : (base ?? textOf(config?.model))
  if (name === null) return UNKNOWN
  return recorded(quantised.length > 0 ? `${name} (${quantised.join(', ')})` : name)
}

/** `a=1,b=2` or an object, as the harness took them. */
function argumentsOf(args: unknown): Map<string, string> {
  if (isObject(args)) return new Map(Object.entries(args).map(([key, value]) => [key, String(value)]))
  if (typeof args !== 'string') return new Map()
  return new Map(
    args.split(',').map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}

const SEEDS = ['random_seed', 'numpy_seed', 'torch_seed', 'fewshot_seed']

export function seedsOf({ config }: Results): number[] {
  const seeds = SEEDS.map((key) => config?.[key]).filter((seed) => Number.isSafeInteger(seed))
  return [...new Set(seeds as number[])]
}

export function versionsOf(results: Results, task: string): Record<string, string> {
  const version = scalarOf(results.versions?.[task])
  return {
    ...(results.lm_eval_version ? { 'lm-eval': results.lm_eval_version } : {}),
    ...(results.transformers_version ? { transformers: results.transformers_version } : {}),
    ...(version === null ? {} : { task: version }),
  }
}

/** Metrics of the task that are better when lower. */
export function lowerIsBetter(results: Results | null, task: string): Set<string> {
  const directions = results?.higher_is_better?.[task]
  if (!isObject(directions)) return new Set()
  return new Set(Object.keys(directions).filter((metric) => directions[metric] === false))
}

export interface ProtocolSource {
  results: Results | null
  task: string
  filter: string | null
  first: JsonObject
}

/** Protocol keys of one task. What the first row says of the request is what was really asked. */
export function protocolOf({ results, task, filter, first }: ProtocolSource): Fingerprint {
  const request = requestOf(first)
  const generation = isObject(request) ? generationOf(request) : request === null ? {} : NOT_GENERATED
  if (!results) return { ...notRecorded(), ...generation, extraction: filter }
  const config = isObject(results.configs?.[task]) ? (results.configs[task] as JsonObject) : {}
  return {
    ...notRecorded(),
    ...generation,
    dataset: datasetOf(results, config, task),
    prompt: hashOf(config, PROMPT_KEYS, { system: results.system_instruction_sha ?? null }),
    template: results.chat_template === null ? 'none' : (results.chat_template_sha ?? null),
    fewShot: fewShotOf(results, task),
    engine: engineOf(results),
    extraction: filter && [filter, hashOf(config, ['filter_list'], {})].filter(Boolean).join(' '),
  }
}

const NOT_GENERATED = { stops: 'no generation', maxTokens: 'no generation', temperature: 'no generation' }
const PROMPT_KEYS = [
  'description',
  'doc_to_text',
  'doc_to_choice',
  'gen_prefix',
  'target_delimiter',
  'fewshot_delimiter',
]

/** Generation arguments of the first request; the continuation to score, where nothing is generated. */
function requestOf(first: JsonObject): unknown {
  const args = isObject(first.arguments) ? first.arguments.gen_args_0 : null
  return isObject(args) ? (args.arg_1 ?? null) : null
}

function generationOf(request: JsonObject): Partial<Fingerprint> {
  const sampling = ['temperature', 'top_p', 'top_k', 'min_p'].flatMap((key) => {
    const value = scalarOf(request[key])
    return value === null ? [] : [key === 'temperature' ? value : `${key} ${value}`]
  })
  const greedy = request.do_sample === false || scalarOf(request.temperature) === '0'
  return {
    stops: jsonOf(request.until),
    maxTokens: scalarOf(request.max_gen_toks ?? request.max_tokens ?? request.max_new_tokens),
    temperature: greedy ? '0' : sampling.join(', ') || null,
  }
}

function datasetOf(results: Results, config: JsonObject, task: string): string | null {
  const parts = ['dataset_path', 'dataset_name'].map((key) => textOf(config[key]))
  const split = textOf(config.test_split) ?? textOf(config.validation_split)
  const version = scalarOf(results.versions?.[task])
  const known = [...parts, split, version === null ? null : `version ${version}`].filter(Boolean)
  return known.length > 0 ? known.join(' ') : null
}

function fewShotOf(results: Results, task: string): string | null {
  const count = scalarOf(results['n-shot']?.[task])
  if (count === null || count === '0') return count
  const seed = scalarOf(results.config?.fewshot_seed)
  const turns = results.fewshot_as_multiturn ? ', as turns' : ''
  return `${count}${seed === null ? '' : `, seed ${seed}`}${turns}`
}

function engineOf({ config, model_source, lm_eval_version, transformers_version }: Results): string | null {
  const source = textOf(config?.model) ?? model_source
  if (!source) return null
  const batch = scalarOf(config?.batch_size)
  return [
    source,
    lm_eval_version && `lm-eval ${lm_eval_version}`,
    transformers_version && `transformers ${transformers_version}`,
    batch !== null && `batch ${batch}`,
  ]
    .filter(Boolean)
    .join(', ')
}

/** Hash of some keys of a task's configuration. Functions are written with their addresses, which go. */
function hashOf(config: JsonObject, keys: string[], more: JsonObject): string | null {
  const values = Object.fromEntries(keys.map((key) => [key, config[key] ?? null]))
  const json = jsonOf({ ...values, ...more })
  return json === null ? null : sha256(json.replace(/ at 0x[0-9a-f]+/g, '')).slice(0, 16)
}

/** JSON of a value; null for none, and for one that is nested too deeply to write. */
function jsonOf(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null
  } catch {
    return null
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const scalarOf = (value: unknown): string | null =>
  typeof value === 'number' || typeof value === 'string' ? String(value) : null
