// A MODEL as the user writes it, as plain data. What lies at a path is recognise.ts, what a name on the hub means hub.ts.
//   PATH | hf:owner/name[@revision][/file.gguf] | MODEL+ADAPTER | nf4:MODEL | nf4dq:MODEL | http(s)://host/v1#name | run:DIR
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../util/errors.ts'

export interface PathSource {
  kind: 'path'
  path: string
}

export interface HubSource {
  kind: 'hub'
  /** owner/name. */
  repo: string
  /** Branch, tag or commit; the hub's default branch where it is not given. */
  revision?: string
  /** A .gguf file in it. */
  file?: string
}

export interface EndpointSource {
  kind: 'endpoint'
  /** Without the fragment. */
  url: string
  /** What the server calls the model. */
  model: string
}

export interface RunSource {
  kind: 'run'
  folder: string
}

export type FileSource = PathSource | HubSource

export interface ModelSpec {
  /** As the user wrote it. */
  spec: string
  source: FileSource | EndpointSource | RunSource
  /** Applied on top, innermost first. */
  adapters: readonly FileSource[]
  /** The source is quantised on load, before adapters. */
  quantised?: 'NF4' | 'NF4_DQ'
}

const SYNTAX =
  'a MODEL is PATH, hf:owner/name[@revision][/file.gguf], MODEL+ADAPTER, nf4:MODEL, nf4dq:MODEL, http(s)://host/v1#name or run:DIR'

/** Reads the syntax of a MODEL. Looks at the disk only to tell where `+` parts a base from an adapter folder. */
export function parseModel(spec: string): ModelSpec {
  const quantising = /^(nf4|nf4dq):/.exec(spec)
  if (!quantising) return { spec, ...parseUnquantised(spec, spec) }
  const rest = spec.slice(quantising[0].length)
  const inner = parseUnquantised(rest, spec)
  if (inner.source.kind === 'endpoint' || inner.source.kind === 'run') {
    throw malformed(spec, `${quantising[1]}: quantises weights on load, and ${rest} has none here`)
  }
  return { spec, ...inner, quantised: quantising[1] === 'nf4' ? 'NF4' : 'NF4_DQ' }
}

type Unquantised = Pick<ModelSpec, 'source' | 'adapters'>

function parseUnquantised(text: string, spec: string): Unquantised {
  if (/^https?:/i.test(text)) return { source: parseEndpoint(text, spec), adapters: [] }
  if (text.startsWith('run:')) {
    const folder = text.slice('run:'.length)
    if (folder === '') throw malformed(spec, 'no folder stands behind run:')
    return { source: { kind: 'run', folder }, adapters: [] }
  }
  if (/^nf4(dq)?:/.test(text)) throw malformed(spec, 'it is quantised twice')
  const [base, ...adapters] = splitAdapters(text, spec)
  return { source: parseFile(base!, spec), adapters: adapters.map((adapter) => parseFile(adapter, spec)) }
}

/** Parts the text at each `+` whose right side is an adapter. A path that exists is not parted. */
function splitAdapters(text: string, spec: string): string[] {
  if (existsSync(text)) return [text]
  for (
    let plus = text.lastIndexOf('+');
    plus >= 0;
    plus = plus === 0 ? -1 : text.lastIndexOf('+', plus - 1)
  ) {
    const right = text.slice(plus + 1)
    if (!right.startsWith('hf:') && !isAdapterFolder(right)) continue
    if (plus === 0) throw malformed(spec, 'no base stands before +')
    return [...splitAdapters(text.slice(0, plus), spec), right]
  }
  const plus = text.lastIndexOf('+')
  if (plus < 0) return [text]
  const right = text.slice(plus + 1)
  throw new UserError(
    `${spec}: ${right || 'nothing'} behind + is not an adapter folder (no adapter_config.json)`,
    {
      hint: 'MODEL+ADAPTER wants the path of a PEFT adapter folder, or hf:owner/name',
    },
  )
}

/** A PEFT adapter, or a variant of tunediff that is one. */
export function isAdapterFolder(path: string): boolean {
  return (
    path !== '' &&
    (existsSync(join(path, 'adapter_config.json')) ||
      (existsSync(join(path, 'variant.json')) && existsSync(join(path, 'adapter', 'adapter_config.json'))))
  )
}

function parseFile(text: string, spec: string): FileSource {
  if (text === '') throw malformed(spec, 'a path is empty')
  return text.startsWith('hf:') ? parseHub(text, spec) : { kind: 'path', path: text }
}

// Names on the hub: letters, digits, dot, dash and underscore.
const HUB =
  /^hf:(?<repo>[\w.-]+\/[\w.-]+)(?:@(?<revision>refs\/[\w.-]+\/[\w.-]+|[^/@+]+))?(?:\/(?<file>.+))?$/

function parseHub(text: string, spec: string): HubSource {
  const { repo, revision, file } = HUB.exec(text)?.groups ?? {}
  if (repo === undefined || repo.split('/').some((part) => /^\.+$/.test(part))) {
    throw malformed(spec, `${text} is not hf:owner/name[@revision][/file.gguf]`)
  }
  if (file !== undefined && (!/\.gguf$/i.test(file) || /(^|\/)(\.{0,2})(\/|$)|[\\\0]/.test(file))) {
    throw malformed(spec, `${file} is not the path of a .gguf file in ${repo}`)
  }
  return {
    kind: 'hub',
    repo,
    ...(revision === undefined ? {} : { revision }),
    ...(file === undefined ? {} : { file }),
  }
}

function parseEndpoint(text: string, spec: string): EndpointSource {
  if (!URL.canParse(text)) throw malformed(spec, `${text} is not a URL`)
  const url = new URL(text)
  if (url.username || url.password) {
    throw new UserError(`${spec.replace(/\/\/[^@]*@/, '//***@')}: a key stands in the URL`, {
      hint: 'take it out and set TUNEDIFF_API_KEY',
    })
  }
  let model: string
  try {
    model = decodeURIComponent(url.hash.slice(1))
  } catch {
    throw malformed(spec, `${url.hash} is not the name of a model`)
  }
  if (model === '') throw malformed(spec, `no #name behind ${text} says which model of the server is meant`)
  url.hash = ''
  return { kind: 'endpoint', url: url.href.replace(/\/$/, ''), model }
}

function malformed(spec: string, what: string): UserError {
  return new UserError(`${spec === '' ? 'MODEL' : spec}: ${what}`, { hint: SYNTAX })
}
