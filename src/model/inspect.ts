// What a path is, as far as its headers and small files say: a model, an adapter, or both. Nothing is guessed from names,
// no weights are read unless the identity is asked for, and nothing is downloaded but what was named.
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '../util/errors.ts'
import { type ModelCard, readCard } from './card.ts'
import type { ChatTemplate } from './chatTemplates.ts'
import { readGgufHeader } from './gguf/header.ts'
import { fetchFromHub, type OnDownload } from './hub.ts'
import { identityOf, layoutOf } from './identity.ts'
import {
  type AdapterInspection,
  countDtypes,
  countParameters,
  type DtypeCount,
  inspectAdapterParts,
  type ParameterCount,
  type Widths,
  widthsOf,
} from './inspectTensors.ts'
import { type InspectedVariant, inspectVariant, NO_VARIANT } from './inspectVariant.ts'
import { parseModel } from './modelPath.ts'
import { openAdapter, openModel } from './open.ts'
import { type Recognised, recognise } from './recognise.ts'
import { readSettings, type SettingsSource } from './settings.ts'
import type { Adapter, LeftOut, Model } from './tensor.ts'
import { record } from './tokenizerParts.ts'

export const INSPECTION_SCHEMA = 1

/** A statement with the file, or the key, that makes it. */
export interface Said {
  value: string
  from: string
}

export interface Inspection {
  schema: typeof INSPECTION_SCHEMA
  spec: string
  name: string
  kind: 'model' | 'adapter' | 'model with adapter'
  /** Absent for an adapter by itself, as is all that only a whole model has. */
  model: ModelInspection | null
  adapters: AdapterInspection[]
  /** Share of the base's parameters that training changed or added, or why it cannot be said. */
  trainable: { share: number; base: string } | { absent: string } | null
  bases: Said[]
  /** variant.json: how it was made, method first. */
  recipe: Said | null
  /** variant.json: the random seed. */
  seed: number | null
  licence: Said[]
  chatTemplates: { name: string; from: string; firstLine: string }[]
  tokenizer: { from: string; size: number | null } | null
  specialTokens: Record<string, string>
  ends: SettingsSource['ends']
  leftOut: LeftOut[]
  /** Of headers and sizes: a base and its fine-tune share it. */
  layout: string
  /** Hex SHA-256 of contents, if asked for. */
  identity: string | null
}

export interface ModelInspection {
  format: Model['format']
  architecture: string | null
  modelType: string | null
  parameters: ParameterCount
  tensors: number
  dtypes: DtypeCount[]
  widths: Widths
  isTied: boolean | null
  /** Quantised on load (nf4:), or as config.json says it was saved. */
  quantised: string | null
  files: number
  bytes: number
}

export interface InspectOptions {
  /** Hash the contents too. */
  hash?: boolean
  /** Base of an adapter, in place of the one that it names. */
  base?: string
  onProgress?: OnDownload
  onHash?: (doneBytes: number, totalBytes: number) => void
}

export async function inspect(spec: string, options: InspectOptions = {}): Promise<Inspection> {
  const found = await recogniseSpec(spec, options)
  const inner = found?.kind === 'variant' ? found.inner : found
  if (found?.kind === 'run') {
    throw new UserError(`${spec} is a run, not a model`, { hint: `see it with: tunediff show ${spec}` })
  }
  const variant = found?.kind === 'variant' ? await inspectVariant(found.path) : NO_VARIANT
  if (inner?.kind === 'adapter') return inspectAdapter({ spec, path: inner.path, variant }, options)
  const model = await openModel(spec, openOptions(options))
  // Adapters keep the shapes of the base's tensors.
  const parameters = countParameters(model.tensors).total
  const base = model.adapters.length > 0 ? { parameters, name: sourceName(spec) } : null
  return describe(
    {
      spec,
      model,
      variant,
      trainable: trainableShare(model.adapters, base) ?? recorded(variant),
      isAlone: false,
    },
    options,
  )
}

const openOptions = ({ base, onProgress }: InspectOptions) => ({
  ...(base === undefined ? {} : { base }),
  ...(onProgress ? { onProgress } : {}),
})

/** What lies at a MODEL that is one path; undefined for one with adapters, which openModel takes apart. */
async function recogniseSpec(spec: string, options: InspectOptions): Promise<Recognised | undefined> {
  const { source, adapters, quantised } = parseModel(spec)
  if (adapters.length > 0 || quantised) return undefined
  if (source.kind === 'path') return recognise(source.path)
  return source.kind === 'hub' ? recognise(await fetchFromHub(source, openOptions(options))) : undefined
}

/** An adapter by itself. Its base is opened only where it lies on this machine: an inspection downloads no gigabytes. */
async function inspectAdapter(
  { spec, path, variant }: { spec: string; path: string; variant: InspectedVariant },
  options: InspectOptions,
): Promise<Inspection> {
  const adapter = await openAdapter(path)
  const base = await parametersOfBase(adapter, options)
  const trainable = 'absent' in base ? (recorded(variant) ?? base) : trainableShare([adapter], base)
  const model: Model = {
    spec,
    name: path.split(/[/\\]/).at(-1)!,
    format: 'safetensors',
    tensors: new Map(),
    leftOut: adapter.leftOut,
    adapters: [adapter],
    files: adapter.files,
    config: {},
  }
  return describe({ spec, model, variant, trainable, isAlone: true }, options)
}

async function parametersOfBase(
  { baseName, folder }: Adapter,
  { base: named }: InspectOptions,
): Promise<{ parameters: number; name: string } | { absent: string }> {
  const base = named ?? baseName
  if (base === undefined) return { absent: 'the adapter does not name its base; --base MODEL names it' }
  const places = named ? [named] : isAbsolute(base) ? [base] : [base, resolve(folder, base)]
  const place = places.find((candidate) => candidate === named || existsSync(candidate))
  if (place === undefined) {
    return { absent: `its base ${base} is not on this machine; --base MODEL says where it is` }
  }
  try {
    return { parameters: countParameters((await openModel(place)).tensors).total, name: base }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { absent: `its base ${base} cannot be read: ${error.message}` }
  }
}

/** What an adapter stands on in BASE+ADAPTER. */
function sourceName(spec: string): string {
  const { source } = parseModel(spec)
  return source.kind === 'path' ? source.path : source.kind === 'hub' ? `hf:${source.repo}` : spec
}

function trainableShare(
  adapters: readonly Adapter[],
  base: { parameters: number; name: string } | null,
): Inspection['trainable'] {
  if (!base) return null
  const trained = adapters.reduce((sum, { parameters }) => sum + parameters, 0)
  return { share: trained / base.parameters, base: base.name }
}

/** As variant.json says, where the base is not here. */
function recorded({ share, bases: [base] }: InspectedVariant): Inspection['trainable'] {
  return share === undefined || !base ? null : { share, base: base.value }
}

interface Described {
  spec: string
  model: Model
  variant: InspectedVariant
  trainable: Inspection['trainable']
  /** An adapter without its base. */
  isAlone: boolean
}

async function describe(
  { spec, model, variant, trainable, isAlone }: Described,
  options: InspectOptions,
): Promise<Inspection> {
  const settings = await readSettings(model)
  const cards = await readCards(model)
  const leftOut = [...model.leftOut, ...settings.faults]
  const gguf = model.format === 'gguf' ? await saidByGguf(model) : { bases: [], licence: [] }
  const ofConfig =
    typeof model.config.license === 'string' ? [{ value: model.config.license, from: 'config.json' }] : []
  return {
    schema: INSPECTION_SCHEMA,
    spec,
    name: model.name,
    kind: isAlone ? 'adapter' : model.adapters.length > 0 ? 'model with adapter' : 'model',
    model: isAlone ? null : inspectModel(model),
    adapters: model.adapters.map(inspectAdapterParts),
    trainable,
    bases: [...variant.bases, ...basesOf(model.adapters), ...gguf.bases, ...cards.bases],
    recipe: variant.recipe,
    seed: variant.seed,
    licence: [...gguf.licence, ...cards.licence, ...ofConfig],
    chatTemplates: settings.chatTemplates.map(templateLine),
    tokenizer: tokenizerOf(settings, leftOut),
    specialTokens: Object.fromEntries(settings.specialTokens),
    ends: settings.ends,
    leftOut,
    layout: layoutOf(model),
    identity: options.hash
      ? await identityOf(model, options.onHash ? { onProgress: options.onHash } : {})
      : null,
  }
}

function inspectModel(model: Model): ModelInspection {
  const { config } = model
  const [architecture] = Array.isArray(config.architectures) ? (config.architectures as unknown[]) : []
  const saved = record(config.quantization_config)?.quant_method
  // The index of shards belongs to the weights, and holds none.
  const weights = model.files.filter(({ role, name }) => role === 'weights' && !name.endsWith('.json'))
  const tied = config.tie_word_embeddings
  return {
    format: model.format,
    architecture: typeof architecture === 'string' ? architecture : null,
    modelType: typeof config.model_type === 'string' ? config.model_type : null,
    parameters: countParameters(model.tensors),
    tensors: model.tensors.size,
    dtypes: countDtypes(model.tensors),
    widths: widthsOf(config),
    isTied: typeof tied === 'boolean' ? tied : null,
    quantised: model.quantised ?? (typeof saved === 'string' ? saved : null),
    files: weights.length,
    bytes: weights.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

const basesOf = (adapters: readonly Adapter[]): Said[] =>
  adapters.flatMap(({ baseName, config }) => {
    if (baseName === undefined) return []
    const revision = typeof config.revision === 'string' && config.revision ? `@${config.revision}` : ''
    return [{ value: `${baseName}${revision}`, from: 'adapter_config.json' }]
  })

/** README.md beside the weights, and beside each adapter. */
async function readCards(model: Model): Promise<{ bases: Said[]; licence: Said[] }> {
  const folders = new Set(model.files.map(({ path }) => dirname(path)))
  const bases: Said[] = []
  const licence: Said[] = []
  for (const folder of folders) {
    const card: ModelCard = await readCard(join(folder, 'README.md'))
    const inAdapter = model.adapters.some((adapter) => adapter.folder === folder)
    const from = inAdapter ? 'README.md of the adapter' : 'README.md'
    const relation = card.relation ? ` (${card.relation})` : ''
    bases.push(...card.bases.map((value) => ({ value: value + relation, from })))
    if (card.licence) licence.push({ value: card.licence, from })
  }
  return { bases, licence }
}

/** general.base_model.N.*, general.license. */
async function saidByGguf(model: Model): Promise<{ bases: Said[]; licence: Said[] }> {
  const { metadata } = await readGgufHeader(model.files.find(({ role }) => role === 'weights')!.path)
  const bases: Said[] = []
  for (let i = 0; ; i++) {
    const key = `general.base_model.${i}`
    const value = metadata.get(`${key}.repo_url`) ?? metadata.get(`${key}.name`)
    if (typeof value !== 'string') break
    bases.push({ value, from: key })
  }
  const licence = metadata.get('general.license')
  return { bases, licence: typeof licence === 'string' ? [{ value: licence, from: 'general.license' }] : [] }
}

const templateLine = ({ name, from, text }: ChatTemplate): Inspection['chatTemplates'][number] => ({
  name,
  from,
  firstLine: text.trim().split('\n', 1)[0]!,
})

/** A tokenizer.json that is damaged is put to what is left out. */
function tokenizerOf({ tokenizer, otherFiles }: SettingsSource, leftOut: LeftOut[]): Inspection['tokenizer'] {
  if (!tokenizer) {
    const [other] = otherFiles.keys()
    return other === undefined ? null : { from: other, size: null }
  }
  try {
    return { from: tokenizer.from, size: tokenizer.size() }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    leftOut.push({ name: tokenizer.from, reason: error.message })
    return { from: tokenizer.from, size: null }
  }
}
