// Which files of a hub repository a model needs: weights in one format, config, tokenizer, licence and card, from its
// top folder; or one GGUF file that was named.
import type { ExpectedFile } from '../util/download.ts'
import { UserError } from '../util/errors.ts'
import { parseJson } from '../util/textFile.ts'
import { roleOf } from './modelFiles.ts'
import { refuseFormats } from './recognise.ts'
import { INDEX_FILE, SINGLE_FILE } from './safetensorsFolder.ts'

export interface HubFile extends ExpectedFile {
  /** Inside the repository, with forward slashes. */
  path: string
}

interface Choice {
  /** The .gguf that the user named. */
  file: string | undefined
  /** Content of one of the files. */
  readText: (path: string) => Promise<string>
}

/** `what` is named in errors. */
export async function chooseFiles(
  what: string,
  files: readonly HubFile[],
  choice: Choice,
): Promise<HubFile[]> {
  // Names come from a server and become paths here: none may have parts that lead elsewhere.
  const top = files.filter(({ path }) => /^[^./\\:\0][^/\\:\0]*$/.test(path))
  const names = top.map(({ path }) => path)
  if (choice.file !== undefined) {
    const named = files.find(({ path }) => path === choice.file)
    if (named) return [named, ...top.filter(({ path }) => roleOf(path) === 'other')]
    throw new UserError(`${what} has no file ${choice.file}`, {
      hint: `it has ${listed(namesOfGguf(files))}`,
    })
  }
  const weights = new Set(await weightsOf(what, files, names, choice))
  return top.filter(({ path }) => weights.has(path) || roleOf(path) !== undefined)
}

async function weightsOf(
  what: string,
  files: readonly HubFile[],
  names: readonly string[],
  { readText }: Choice,
): Promise<string[]> {
  const adapter = ['adapter_config.json', 'adapter_model.safetensors']
  if (adapter.every((name) => names.includes(name))) return adapter
  if (names.includes(SINGLE_FILE)) return [SINGLE_FILE]
  if (names.includes(INDEX_FILE)) return [INDEX_FILE, ...shardsOf(await readText(INDEX_FILE))]
  const single = names.filter((name) => name.endsWith('.safetensors'))
  if (single.length === 1) return single
  const ggufs = namesOfGguf(files)
  if (ggufs.length > 0) {
    throw new UserError(`${what} holds GGUF files`, {
      hint: `name one: ${what}/${ggufs[0]}; it has ${listed(ggufs)}`,
    })
  }
  refuseFormats(what, names)
  throw new UserError(`${what} holds no model: ${listed(names)}`, {
    hint: 'wanted are safetensors, GGUF, or a PEFT adapter in its top folder',
  })
}

/** Shards that an index names; what is wrong with it is said when it is read. */
function shardsOf(index: string): string[] {
  const parsed = parseJson(index)
  const map = 'value' in parsed ? (parsed.value as { weight_map?: unknown } | null)?.weight_map : undefined
  return typeof map === 'object' && map !== null ? [...new Set(Object.values(map) as string[])] : []
}

const namesOfGguf = (files: readonly HubFile[]): string[] =>
  files.map(({ path }) => path).filter((path) => /\.gguf$/i.test(path))

const listed = (names: readonly string[]): string =>
  names.length === 0
    ? 'none of them'
    : `${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`
