// What a model's tokenizer is made from, read on the main thread as plain data that a worker thread can be handed:
// tokenizer.json, or the lists of GGUF metadata, with special tokens and the chat template.
import { UserError } from '../../util/errors.ts'
import { readTextFile } from '../../util/textFile.ts'
import type { ChatTemplate } from '../chatTemplates.ts'
import { readGgufHeader } from '../gguf/header.ts'
import { isArray, type Metadata, readArray } from '../gguf/metadata.ts'
import { readSettings } from '../settings.ts'
import type { Model } from '../tensor.ts'
import { MAX_TOKENIZER_BYTES } from '../tokenizerParts.ts'

export interface GgufTokenizer {
  kind: 'gguf'
  /** Values under tokenizer.ggml., without the lists. */
  values: Readonly<Record<string, unknown>>
  tokens: readonly string[]
  types: readonly number[]
  scores: readonly number[]
  merges: readonly string[]
}

export interface TokenizerFiles {
  /** The file, for messages. */
  path: string
  source: { kind: 'json'; text: string } | GgufTokenizer
  /** bos_token, eos_token ... as texts. */
  specialTokens: readonly (readonly [string, string])[]
  /** Ids at which generation ends, where a config says so. */
  ends: readonly number[]
  chatTemplate: ChatTemplate | null
}

/** Reads the files of a model's tokenizer. A model without one that is read is a UserError. */
export async function tokenizerFiles(model: Model): Promise<TokenizerFiles> {
  const settings = await readSettings(model)
  const { tokenizer, faults, otherFiles, name } = settings
  const fault = faults.find((left) => left.name === 'tokenizer.json')
  if (fault) throw new UserError(fault.reason, { hint: 'copy or download tokenizer.json again' })
  if (!tokenizer) {
    const [other] = otherFiles.keys()
    throw new UserError(
      `${name} has no tokenizer${other ? ` that is read: ${other} and no tokenizer.json` : ''}`,
      {
        hint: other
          ? 'save tokenizer.json beside it: AutoTokenizer.from_pretrained(...).save_pretrained(...) in transformers'
          : 'copy tokenizer.json beside its weights',
      },
    )
  }
  const path = tokenizer.path ?? model.files.find(({ role }) => role === 'weights')!.path
  return {
    path,
    source: tokenizer.path === undefined ? await readGgufTokenizer(path) : await readJson(path),
    specialTokens: [...settings.specialTokens],
    ends: settings.ends?.ids ?? [],
    chatTemplate: settings.chatTemplates.find((template) => template.name === 'default') ?? null,
  }
}

async function readJson(path: string): Promise<TokenizerFiles['source']> {
  return { kind: 'json', text: (await readTextFile(path, MAX_TOKENIZER_BYTES)).text }
}

const PREFIX = 'tokenizer.ggml.'

async function readGgufTokenizer(path: string): Promise<GgufTokenizer> {
  const { metadata } = await readGgufHeader(path)
  return {
    kind: 'gguf',
    values: Object.fromEntries(
      [...metadata]
        .filter(([key, value]) => key.startsWith(PREFIX) && !isArray(value))
        .map(([key, value]) => [key.slice(PREFIX.length), value]),
    ),
    tokens: listOf(path, metadata, 'tokens').map(String),
    types: listOf(path, metadata, 'token_type').map(Number),
    scores: listOf(path, metadata, 'scores').map(Number),
    merges: listOf(path, metadata, 'merges').map(String),
  }
}

function listOf(path: string, metadata: Metadata, key: string): readonly unknown[] {
  const value = metadata.get(PREFIX + key)
  return isArray(value) ? readArray(path, value) : []
}
