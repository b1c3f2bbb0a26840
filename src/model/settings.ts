// What a model is besides its weights: configs, tokenizer, special tokens, chat templates, as its small files or its GGUF
// metadata have them. Read with caps on sizes; a file that cannot be read is a fault that is told, never an end.
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import { readTextFile } from '../util/textFile.ts'
import { type ChatTemplate, firstOfEach, templatesIn, templatesOfGguf } from './chatTemplates.ts'
import { readGgufHeader } from './gguf/header.ts'
import { isArray, readArray } from './gguf/metadata.ts'
import type { LeftOut, Model, ModelFile } from './tensor.ts'
import {
  MAX_TOKENIZER_BYTES,
  record,
  type TokenizerSource,
  tokenizerFile,
  tokenizerOfGguf,
} from './tokenizerParts.ts'

type Values = Readonly<Record<string, unknown>>

export interface SettingsSource {
  name: string
  format: 'safetensors' | 'gguf'
  /** config.json, or GGUF metadata in its terms. */
  config: Values
  generationConfig: Values | null
  /** tokenizer_config.json, or what GGUF metadata says in its terms. */
  tokenizerConfig: Values | null
  /** bos_token, eos_token, pad_token ... as texts. */
  specialTokens: ReadonlyMap<string, string>
  /** Ids at which generation ends, and where that is said. */
  ends: { ids: readonly number[]; from: string } | null
  tokenizer: TokenizerSource | null
  /** Tokenizer files of other formats (tokenizer.model, merges.txt ...): hex SHA-256 by name. */
  otherFiles: ReadonlyMap<string, string>
  chatTemplates: readonly ChatTemplate[]
  /** adapter_config.json of the outermost adapter. */
  adapter: Values | null
  /** Files that cannot be read, and why. */
  faults: readonly LeftOut[]
}

const MAX_JSON_BYTES = 32 * 1024 * 1024
const MAX_TEMPLATE_BYTES = 1024 * 1024
const OTHER_TOKENIZERS = [
  'tokenizer.model',
  'spiece.model',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'added_tokens.json',
]

/** Reads what lies beside a model's weights, or in its GGUF metadata. */
export async function readSettings(model: Model): Promise<SettingsSource> {
  const adapter = model.adapters.at(-1)?.config ?? null
  const rest = model.format === 'gguf' ? await ofGguf(model) : await ofFolder(filesOf(model), model.config)
  return { name: model.name, format: model.format, config: model.config, adapter, ...rest }
}

/** Path by name. An adapter's tokenizer files go before the base's: all of them where it saved a whole tokenizer. */
function filesOf(model: Model): Map<string, string> {
  const ofAdapters = new Set(model.adapters.flatMap(({ files }) => files.map(({ path }) => path)))
  const paths = new Map(
    model.files.filter(({ path }) => !ofAdapters.has(path)).map((file) => [file.name, file.path]),
  )
  for (const { files } of model.adapters) {
    const own = files.filter(({ role }) => role === 'tokenizer')
    if (own.some(({ name }) => name === 'tokenizer_config.json')) drop(paths, model.files)
    for (const { name, path } of own) paths.set(name, path)
  }
  return paths
}

function drop(paths: Map<string, string>, files: readonly ModelFile[]): void {
  for (const { name, role } of files) if (role === 'tokenizer') paths.delete(name)
}

type FromFiles = Omit<SettingsSource, 'name' | 'format' | 'config' | 'adapter'>

async function ofFolder(paths: ReadonlyMap<string, string>, config: Values): Promise<FromFiles> {
  const faults: LeftOut[] = []
  const attempt = async <T>(name: string, read: (path: string) => Promise<T>): Promise<T | null> => {
    const path = paths.get(name)
    if (path === undefined) return null
    try {
      return await read(path)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      faults.push({ name, reason: error.message })
      return null
    }
  }
  const generationConfig = await attempt('generation_config.json', readJsonObject)
  const tokenizerConfig = await attempt('tokenizer_config.json', readJsonObject)
  const specialMap = await attempt('special_tokens_map.json', readJsonObject)
  const processorTemplate = await attempt('chat_template.json', readJsonObject)
  const ownTemplate = await attempt('chat_template.jinja', readTemplate)
  const otherFiles = new Map<string, string>()
  for (const name of OTHER_TOKENIZERS) {
    const hash = await attempt(name, async (path) =>
      sha256(await readFile(await capped(path, MAX_TOKENIZER_BYTES))),
    )
    if (hash) otherFiles.set(name, hash)
  }
  return {
    generationConfig,
    tokenizerConfig,
    specialTokens: specialTokens(specialMap, tokenizerConfig),
    ends: endsOf(generationConfig, config),
    tokenizer: await attempt('tokenizer.json', async (path) =>
      tokenizerFile(await capped(path, MAX_TOKENIZER_BYTES)),
    ),
    otherFiles,
    chatTemplates: firstOfEach([
      ...(ownTemplate === null ? [] : templatesIn('chat_template.jinja', ownTemplate)),
      ...(await namedTemplates(paths, faults)),
      ...templatesIn('chat_template.json', processorTemplate?.chat_template),
      ...templatesIn('tokenizer_config.json', tokenizerConfig?.chat_template),
    ]),
    faults,
  }
}

/** additional_chat_templates/NAME.jinja beside the tokenizer. */
async function namedTemplates(
  paths: ReadonlyMap<string, string>,
  faults: LeftOut[],
): Promise<ChatTemplate[]> {
  const beside = paths.get('tokenizer_config.json') ?? paths.get('chat_template.jinja')
  if (beside === undefined) return []
  const folder = join(dirname(beside), 'additional_chat_templates')
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jinja')).sort()
  const templates: ChatTemplate[] = []
  for (const name of names) {
    try {
      const text = await readTemplate(join(folder, name))
      templates.push({
        name: name.slice(0, -'.jinja'.length),
        text,
        from: `additional_chat_templates/${name}`,
      })
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      faults.push({ name: `additional_chat_templates/${name}`, reason: error.message })
    }
  }
  return templates
}

async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  const { text } = await readTextFile(await capped(path, MAX_JSON_BYTES), MAX_JSON_BYTES)
  const parsed = parseStrictJson(text)
  const value = 'value' in parsed ? record(parsed.value) : undefined
  if (value) return value
  const fault = 'fault' in parsed ? parsed.fault : 'no JSON object'
  throw new UserError(`${path}: ${fault}`, { hint: 'the file is damaged: download or copy it again' })
}

async function readTemplate(path: string): Promise<string> {
  return (await readTextFile(await capped(path, MAX_TEMPLATE_BYTES), MAX_TEMPLATE_BYTES)).text
}

/** The path, once its file is known to be small enough to be read whole. */
async function capped(path: string, maxBytes: number): Promise<string> {
  const { size } = await stat(path)
  if (size <= maxBytes) return path
  throw new UserError(`${path} has ${size} bytes, at most ${maxBytes} are read`, {
    hint: 'it is no file of this kind',
  })
}

/** Texts of special tokens: tokenizer_config.json goes before special_tokens_map.json. */
function specialTokens(map: Values | null, config: Values | null): Map<string, string> {
  const found = new Map<string, string>()
  for (const values of [map ?? {}, config ?? {}]) {
    for (const [key, value] of Object.entries(values)) {
      if (!/^[a-z]+_token$/.test(key)) continue
      const text = typeof value === 'string' ? value : record(value)?.content
      if (typeof text === 'string') found.set(key, text)
    }
  }
  return found
}

function endsOf(generation: Values | null, config: Values): SettingsSource['ends'] {
  const inText = record(config.text_config) ?? {}
  const places: [unknown, string][] = [
    [generation?.eos_token_id, 'generation_config.json'],
    [config.eos_token_id ?? inText.eos_token_id, 'config.json'],
  ]
  for (const [value, from] of places) {
    const ids = (Array.isArray(value) ? value : [value]).filter((id): id is number => typeof id === 'number')
    if (ids.length > 0) return { ids: [...new Set(ids)].sort((a, b) => a - b), from }
  }
  return null
}

async function ofGguf(model: Model): Promise<FromFiles> {
  const { path, metadata } = await readGgufHeader(model.files.find(({ role }) => role === 'weights')!.path)
  const value = (key: string) => metadata.get(`tokenizer.ggml.${key}`)
  const list = value('tokens')
  const tokens = isArray(list) ? readArray(path, list) : []
  const special = new Map<string, string>()
  const names = { bos: 'bos', eos: 'eos', unk: 'unknown', pad: 'padding' } as const
  for (const [name, key] of Object.entries(names)) {
    const text = tokens[Number(value(`${key}_token_id`) ?? Number.NaN)]
    if (typeof text === 'string') special.set(`${name}_token`, text)
  }
  const flags = ['add_bos_token', 'add_eos_token'].filter((key) => typeof value(key) === 'boolean')
  const ids = ['eos', 'eot', 'eom']
    .map((name) => value(`${name}_token_id`))
    .filter((id): id is number => typeof id === 'number')
  return {
    generationConfig: null,
    tokenizerConfig: flags.length > 0 ? Object.fromEntries(flags.map((key) => [key, value(key)])) : null,
    specialTokens: special,
    ends: ids.length > 0 ? { ids: [...new Set(ids)], from: 'GGUF' } : null,
    tokenizer: tokenizerOfGguf(path, metadata) ?? null,
    otherFiles: new Map(),
    chatTemplates: firstOfEach(templatesOfGguf(metadata)),
    faults: [],
  }
}
