// A MODEL as the user wrote it, opened: found on disk or on the hub, recognised, its headers read, quantised on load
// and adapters applied where the user says so. No weights are read here.
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import { readTextFile } from '../util/textFile.ts'
import { applyAdapter, quantiseLinear } from './applied.ts'
import { readGguf } from './gguf/index.ts'
import { fetchFromHub, type OnDownload } from './hub.ts'
import { modelFiles } from './modelFiles.ts'
import { type FileSource, type ModelSpec, parseModel } from './modelPath.ts'
import { refusePacked } from './packed.ts'
import { readAdapter } from './peft/index.ts'
import { type Recognised, recognise } from './recognise.ts'
import { readSafetensors } from './safetensorsFolder.ts'
import type { Adapter, LeftOut, Model, ModelFile, ModelTensor, QuantScheme, TensorSource } from './tensor.ts'

export interface OpenOptions {
  /** MODEL that an adapter named alone is applied to; without it the one that its adapter_config.json names. */
  base?: string
  /** Adapters are opened and listed, and not applied: the tensors are those of the base. */
  isBare?: boolean
  onProgress?: OnDownload
}

/** Adapters whose base is an adapter: more is a circle. */
const MAX_DEPTH = 4

const TRANSPOSED_TYPES = new Set(['gpt2', 'openai-gpt', 'imagegpt', 'decision_transformer'])

/** A model without what is done to it. */
interface Plain {
  name: string
  format: 'safetensors' | 'gguf'
  tensors: ReadonlyMap<string, ModelTensor>
  leftOut: readonly LeftOut[]
  files: readonly ModelFile[]
  config: Readonly<Record<string, unknown>>
  rotaryFactors?: TensorSource
}

/** Opens a model that has weights here. What cannot be opened is a UserError that says why and what to do. */
export async function openModel(spec: string, options: OpenOptions = {}): Promise<Model> {
  return openWithin(spec, options, 0)
}

async function openWithin(spec: string, options: OpenOptions, depth: number): Promise<Model> {
  const parsed = parseModel(spec)
  const source = weightsSource(parsed)
  const found = await find(source, options)
  if (found.kind === 'adapter') {
    const quantised = parsed.quantised ?? (await schemeOfVariant(found.path))
    const whole = quantised === undefined ? parsed : { ...parsed, quantised }
    return openOnBase(whole, await readAdapter(found.path), { ...options, depth })
  }
  const plain = await openPlain(found)
  const adapters: Adapter[] = []
  for (const adapter of parsed.adapters) adapters.push(await openAdapterAt(adapter, options))
  return combine(parsed, plain, adapters, options)
}

/** Opens an adapter by itself: a PEFT folder, a variant folder that holds one, or hf:owner/name. */
export async function openAdapter(spec: string, options: OpenOptions = {}): Promise<Adapter> {
  const parsed = parseModel(spec)
  if (parsed.adapters.length > 0 || parsed.quantised) {
    throw new UserError(`${spec} is a model with an adapter, wanted is the adapter alone`, {
      hint: 'name the adapter folder',
    })
  }
  return openAdapterAt(weightsSource(parsed), options)
}

async function openAdapterAt(source: FileSource, options: OpenOptions): Promise<Adapter> {
  const found = await find(source, options)
  if (found.kind === 'adapter') return readAdapter(found.path)
  throw new UserError(`${found.path} is a model, wanted is an adapter`, {
    hint: 'behind + stands a PEFT adapter folder; compare two models as BASE VARIANT',
  })
}

/** An adapter that was named alone, on the base that the options or its own config name. */
async function openOnBase(
  parsed: ModelSpec,
  adapter: Adapter,
  { base: named, depth, ...options }: OpenOptions & { depth: number },
): Promise<Model> {
  if (depth === MAX_DEPTH) {
    throw new UserError(`${adapter.folder}: its base is an adapter, and so on ${MAX_DEPTH} deep`, {
      hint: 'name the base model: write BASE+ADAPTER',
    })
  }
  const base = await openWithin(named ?? baseOf(adapter), options, depth + 1)
  const upper: Adapter[] = []
  for (const source of parsed.adapters) upper.push(await openAdapterAt(source, options))
  // The base of a 4-bit LoRA may be named as it was trained on: quantised.
  const isAlready = parsed.quantised !== undefined && parsed.quantised === base.quantised
  if (!isAlready && parsed.quantised && (base.quantised || base.adapters.length > 0)) {
    throw new UserError(`${parsed.spec}: its base ${base.spec} has an adapter or is quantised already`, {
      hint: 'write the whole MODEL: nf4:BASE+ADAPTER+ADAPTER',
    })
  }
  const name = nameOf(adapter.folder)
  const { quantised: _, ...unquantised } = parsed
  const combined = combine(isAlready ? unquantised : parsed, base, [adapter, ...upper], options)
  const quantised = combined.quantised ?? base.quantised
  return {
    ...combined,
    name,
    adapters: [...base.adapters, ...combined.adapters],
    ...(quantised ? { quantised } : {}),
  }
}

/** A 4-bit LoRA that was trained here runs on its base as it was trained on: the adapter's folder lies in its variant's. */
async function schemeOfVariant(adapter: string): Promise<'NF4' | 'NF4_DQ' | undefined> {
  const path = join(dirname(adapter), 'variant.json')
  if (basename(adapter) !== 'adapter' || !(await exists(path))) return undefined
  const parsed = parseStrictJson((await readTextFile(path)).text)
  const { recipe } = ('value' in parsed ? parsed.value : {}) as { recipe?: Record<string, unknown> }
  if (recipe?.method !== 'qlora') return undefined
  return recipe.doubleQuantisation === true ? 'NF4_DQ' : 'NF4'
}

/** The MODEL that an adapter's config names as its base. */
function baseOf(adapter: Adapter): string {
  const { baseName, folder } = adapter
  const hint = 'write BASE+ADAPTER'
  if (!baseName) throw new UserError(`${folder} does not say which base it belongs to`, { hint })
  if (existsSync(baseName)) return baseName
  const beside = resolve(folder, baseName)
  if (existsSync(beside)) return beside
  const { revision } = adapter.config
  if (/^\w[\w.-]*\/\w[\w.-]*$/.test(baseName)) {
    return `hf:${baseName}${typeof revision === 'string' && revision ? `@${revision}` : ''}`
  }
  throw new UserError(`${folder} names ${baseName} as its base, and there is no such folder`, { hint })
}

function combine(
  parsed: ModelSpec,
  plain: Plain,
  adapters: readonly Adapter[],
  { isBare = false }: OpenOptions,
): Model {
  const { quantised } = parsed
  if (quantised) refuseTransposed(parsed.spec, plain.config)
  let tensors = quantised ? quantiseLinear(plain.tensors, quantised) : plain.tensors
  for (const adapter of isBare ? [] : adapters) {
    tensors = applyAdapter(tensors, adapter, { baseName: plain.name, leftOut: plain.leftOut })
  }
  const adapterFiles = adapters.flatMap(({ folder, files }) =>
    files.map((file) => ({ ...file, name: `${nameOf(folder)}/${file.name}` })),
  )
  return {
    spec: parsed.spec,
    name: prefixOf(quantised) + [plain.name, ...adapters.map(({ folder }) => nameOf(folder))].join('+'),
    format: plain.format,
    tensors,
    leftOut: [...plain.leftOut, ...adapters.flatMap(({ leftOut }) => leftOut)],
    adapters,
    ...(quantised ? { quantised } : {}),
    files: [...plain.files, ...adapterFiles].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    config: plain.config,
    ...(plain.rotaryFactors ? { rotaryFactors: plain.rotaryFactors } : {}),
  }
}

/** GPT-2 and its kin store weights as (in, out); bitsandbytes quantises their blocks along the other side. */
function refuseTransposed(spec: string, config: Readonly<Record<string, unknown>>): void {
  const { model_type: type } = config
  if (typeof type !== 'string' || !TRANSPOSED_TYPES.has(type)) return
  throw new UserError(`${spec}: quantising on load is not done for models of type ${type}`, {
    hint: 'compare without nf4:, or with a GGUF that is quantised by llama.cpp',
  })
}

const prefixOf = (quantised: QuantScheme | undefined): string =>
  quantised === 'NF4' ? 'nf4:' : quantised === 'NF4_DQ' ? 'nf4dq:' : ''

function weightsSource({ spec, source }: ModelSpec): FileSource {
  if (source.kind === 'path' || source.kind === 'hub') return source
  const what = source.kind === 'endpoint' ? 'a server' : 'a run'
  throw new UserError(`${spec} is ${what}, and its weights are not here`, {
    hint: 'name the files of the model: a folder, a .gguf file or hf:owner/name',
  })
}

type Found = Exclude<Recognised, { kind: 'variant' | 'run' }>

async function find(source: FileSource, options: OpenOptions): Promise<Found> {
  const path = source.kind === 'path' ? source.path : await fetchFromHub(source, options)
  const recognised = await recognise(path)
  const found = recognised.kind === 'variant' ? recognised.inner : recognised
  if (found.kind === 'run' || found.kind === 'variant') {
    throw new UserError(`${found.path} is a ${found.kind} folder, and its weights are not here`, {
      hint: 'name the files of the model: a folder, a .gguf file or hf:owner/name',
    })
  }
  return found
}

async function openPlain(found: Exclude<Found, { kind: 'adapter' }>): Promise<Plain> {
  const name = nameOf(found.path)
  if (found.kind === 'gguf') {
    const { tensors, leftOut, config, rotaryFactors } = await readGguf(found.path)
    const files = await modelFiles([found.path], 'alone')
    return {
      name,
      format: 'gguf',
      tensors,
      leftOut,
      config,
      files,
      ...(rotaryFactors ? { rotaryFactors } : {}),
    }
  }
  const { tensors, leftOut, files } = await readSafetensors(found.path)
  refusePacked(found.path, [...tensors.keys(), ...leftOut.map((left) => left.name)])
  const folder = dirname(files[0]!)
  const config = await readConfig(join(folder, 'config.json'))
  return { name, format: 'safetensors', tensors, leftOut, config, files: await modelFiles(files, 'folder') }
}

/** Last part of a path. `model/` or `adapter/` of a variant is called as the variant is. */
function nameOf(path: string): string {
  const inVariant =
    /^(model|adapter)$/.test(basename(path)) && existsSync(join(dirname(path), 'variant.json'))
  return basename(inVariant ? dirname(path) : path)
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  if (!(await exists(path))) return {}
  const parsed = parseStrictJson((await readTextFile(path)).text)
  const fault = 'fault' in parsed ? parsed.fault : isObject(parsed.value) ? undefined : 'no JSON object'
  if (fault === undefined && 'value' in parsed) return parsed.value as Record<string, unknown>
  throw new UserError(`${path}: ${fault}`, { hint: 'the file is damaged: download or copy it again' })
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
