// A tokenizer taken apart, from tokenizer.json or from GGUF metadata, so that two can be compared piece by piece.
// Nothing is tokenised here.
import { readFileSync } from 'node:fs'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import { parseJson } from '../util/textFile.ts'
import { isArray, type Metadata, readArray } from './gguf/metadata.ts'

/** A vocabulary of 262,000 tokens has some 33 MB. */
export const MAX_TOKENIZER_BYTES = 256 * 1024 * 1024

export interface AddedToken {
  id: number
  content: string
  special: boolean
}

export interface TokenizerParts {
  /** BPE, Unigram, WordPiece ...; for GGUF what stands in tokenizer.ggml.model. */
  kind: string
  /** Id of each piece; tokens that were added are in `added`. For GGUF all are here. */
  vocab: ReadonlyMap<string, number>
  /** Two pieces with a space between them, in order of priority. */
  merges: readonly string[]
  /** Unigram: log-probability of each piece. */
  scores: ReadonlyMap<string, number> | null
  added: readonly AddedToken[]
  /** normalizer, pre_tokenizer ... and the settings of the model, as they stand in the file. */
  parts: ReadonlyMap<string, unknown>
}

export interface TokenizerSource {
  /** tokenizer.json, or GGUF metadata. */
  from: 'tokenizer.json' | 'GGUF'
  /** Where tokenizer.json lies. */
  path?: string
  /** Hex SHA-256: equal ones need not be taken apart. */
  hash(): string
  /** How many ids it names. */
  size(): number
  read(): TokenizerParts
}

/** tokenizer.json; one that is not whole is a UserError when it is read. */
export function tokenizerFile(path: string): TokenizerSource {
  return {
    from: 'tokenizer.json',
    path,
    hash: () => sha256(readFileSync(path)),
    size: () => countIds(path),
    read: () => partsOfJson(path, readFileSync(path, 'utf8')),
  }
}

/** Only counts: a large file takes a quarter of the time that taking it apart does. */
function countIds(path: string): number {
  const parsed = parseJson(readFileSync(path, 'utf8'))
  if ('fault' in parsed) throw damaged(path, parsed.fault)
  const { model, added_tokens: added } = record(parsed.value) ?? {}
  const vocab = record(model)?.vocab
  const isList = Array.isArray(vocab)
  const pieces = isList
    ? new Set(vocab.map((entry: unknown) => (Array.isArray(entry) ? entry[0] : entry)))
    : undefined
  const size = isList ? vocab.length : Object.keys(record(vocab) ?? {}).length
  const has = (token: string): boolean => pieces?.has(token) ?? Object.hasOwn(record(vocab) ?? {}, token)
  return size + addedTokens(added).filter(({ content }) => !has(content)).length
}

function partsOfJson(path: string, text: string): TokenizerParts {
  const parsed = parseStrictJson(text)
  if ('fault' in parsed) throw damaged(path, parsed.fault)
  const file = record(parsed.value)
  const model = record(file?.model)
  if (!file || !model) throw damaged(path, 'it has no model')
  const { vocab, scores } = vocabOf(model.vocab)
  const { vocab: _, merges, type, ...settings } = model
  const { model: __, added_tokens: added, version: ___, ...parts } = file
  return {
    kind: typeof type === 'string' ? type : Array.isArray(merges) ? 'BPE' : 'unknown',
    vocab,
    merges: mergesOf(merges),
    scores,
    added: addedTokens(added),
    parts: new Map([
      ...Object.entries(parts),
      ...Object.entries(settings).map(([key, value]) => [`model.${key}`, value] as const),
    ]),
  }
}

function vocabOf(vocab: unknown): Pick<TokenizerParts, 'vocab' | 'scores'> {
  if (!Array.isArray(vocab)) {
    const pairs = Object.entries(record(vocab) ?? {}).filter(
      (pair): pair is [string, number] => typeof pair[1] === 'number',
    )
    return { vocab: new Map(pairs), scores: null }
  }
  const ids = new Map<string, number>()
  const scores = new Map<string, number>()
  for (const [id, entry] of vocab.entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue
    ids.set(entry[0], id)
    if (typeof entry[1] === 'number') scores.set(entry[0], entry[1])
  }
  return { vocab: ids, scores }
}

/** Older files write `a b`, newer ones `["a", "b"]`. */
function mergesOf(merges: unknown): string[] {
  if (!Array.isArray(merges)) return []
  return merges.map((merge: unknown) => (Array.isArray(merge) ? merge.join(' ') : String(merge)))
}

/** `added_tokens` of tokenizer.json. */
function addedTokens(list: unknown): AddedToken[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown): AddedToken[] => {
    const { id, content, special } = record(entry) ?? {}
    return typeof id === 'number' && typeof content === 'string'
      ? [{ id, content, special: special === true }]
      : []
  })
}

/** GGUF metadata; undefined where it has no list of tokens. */
export function tokenizerOfGguf(path: string, metadata: Metadata): TokenizerSource | undefined {
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (!isArray(tokens)) return undefined
  return {
    from: 'GGUF',
    hash: () => {
      const { kind, vocab, merges, scores, added, parts } = partsOfGguf(path, metadata)
      return sha256(kind, JSON.stringify([[...vocab], merges, [...(scores ?? [])], added, [...parts]]))
    },
    size: () => ('kind' in tokens ? tokens.count : tokens.length),
    read: () => partsOfGguf(path, metadata),
  }
}

/** Types of tokens in GGUF. */
const CONTROL = 3
const USER_DEFINED = 4

function partsOfGguf(path: string, metadata: Metadata): TokenizerParts {
  const list = (key: string): readonly unknown[] => {
    const value = metadata.get(`tokenizer.ggml.${key}`)
    return isArray(value) ? readArray(path, value) : []
  }
  const tokens = list('tokens').map(String)
  const types = list('token_type')
  const scores = list('scores')
  return {
    kind: String(metadata.get('tokenizer.ggml.model') ?? 'unknown'),
    vocab: new Map(tokens.map((token, id) => [token, id])),
    merges: list('merges').map(String),
    scores: scores.length > 0 ? new Map(tokens.map((token, id) => [token, Number(scores[id])])) : null,
    added: tokens.flatMap((content, id) =>
      types[id] === CONTROL || types[id] === USER_DEFINED
        ? [{ id, content, special: types[id] === CONTROL }]
        : [],
    ),
    parts: new Map(
      ['pre', 'add_space_prefix', 'remove_extra_whitespaces']
        .map((key) => [key, metadata.get(`tokenizer.ggml.${key}`)] as const)
        .filter(([, value]) => value !== undefined),
    ),
  }
}

/** A JSON object, or undefined. */
export function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

const damaged = (path: string, fault: string): UserError =>
  new UserError(`${path}: ${fault}`, { hint: 'the file is damaged: download or copy it again' })
