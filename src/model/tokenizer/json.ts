// tokenizer.json as a TokenizerDefinition. What stands in it is checked here; parts that the llama, mistral, qwen and
// gemma families do not use (WordPiece, BertNormalizer, Precompiled ...) are refused by name, never passed over.
// Meaning of the fields: the Rust library tokenizers 0.23, whose ids the goldens hold.
import type { z } from 'zod'
import { UserError } from '../../util/errors.ts'
import { parseStrictJson } from '../../util/strictJson.ts'
import { oneLine } from '../../util/text.ts'
import { record } from '../tokenizerParts.ts'
import { type AddedToken, MAX_ID, type ModelConfig, type TokenizerDefinition } from './definition.ts'
import { addedTokens, normalizer, preTokenizer, settings, template } from './jsonParts.ts'

/** The text of a tokenizer.json. What cannot be used is a UserError that names the file and the place in it. */
export function definitionOfJson(path: string, text: string): TokenizerDefinition {
  const parsed = parseStrictJson(text)
  if ('fault' in parsed) throw damaged(path, parsed.fault)
  const file = record(parsed.value)
  const model = record(file?.model)
  if (!file || !model) throw damaged(path, 'it has no model')
  const check = <T>(schema: z.ZodType<T>, value: unknown, where: string): T => {
    const result = schema.safeParse(value)
    if (result.success) return result.data
    throw refused(path, where, value, result.error.issues[0]!)
  }
  const { pieces, ids, scores } = vocabularyOf(path, model.vocab)
  const own = check(settings, model, 'model')
  const added = check(addedTokens, file.added_tokens ?? [], 'added_tokens').sort((a, b) => a.id - b.id)
  return {
    path,
    pieces,
    model: modelOf({ path, model, own, added, ids, scores }),
    added,
    normalizer: check(normalizer.nullable(), file.normalizer ?? null, 'normalizer'),
    preTokenizer: check(preTokenizer.nullable(), file.pre_tokenizer ?? null, 'pre_tokenizer'),
    ...aroundOf(path, file.post_processor, check),
  }
}

interface Vocabulary {
  pieces: (string | undefined)[]
  ids: Map<string, number>
  scores: number[]
}

/** Checked by hand: it may hold some hundred thousand entries. */
function vocabularyOf(path: string, vocab: unknown): Vocabulary {
  const found: Vocabulary = { pieces: [], ids: new Map(), scores: [] }
  const entries = Array.isArray(vocab)
    ? vocab.map((entry: unknown, at) => (Array.isArray(entry) ? [entry[0], at, entry[1]] : [undefined]))
    : Object.entries(record(vocab) ?? {})
  for (const [piece, number, score = 0] of entries) {
    const isWhole = Number.isInteger(number) && number >= 0 && number <= MAX_ID
    if (typeof piece !== 'string' || !isWhole || typeof score !== 'number') {
      throw damaged(
        path,
        `model.vocab has an entry that is no piece: ${oneLine(JSON.stringify([piece, number]))}`,
      )
    }
    found.pieces[number] = piece
    found.scores[number] = score
    if (!found.ids.has(piece)) found.ids.set(piece, number)
  }
  if (found.ids.size === 0) throw damaged(path, 'model.vocab is empty or absent')
  return found
}

interface ModelSource extends Pick<Vocabulary, 'ids' | 'scores'> {
  path: string
  model: Record<string, unknown>
  own: z.infer<typeof settings>
  added: readonly AddedToken[]
}

function modelOf({ path, model, own, added, ids, scores }: ModelSource): ModelConfig {
  const byteFallback = own.byte_fallback === true
  const kind = model.type ?? (Array.isArray(model.merges) ? 'BPE' : undefined)
  if (kind === 'Unigram') {
    const { unk_id: unknown = null } = own
    if (unknown !== null && scores[unknown] === undefined)
      throw damaged(path, `model.unk_id ${unknown} is no piece`)
    return { kind: 'unigram', scores, byteFallback, unknown }
  }
  if (kind !== 'BPE') throw notRead(path, `a model of type ${oneLine(String(kind))}`)
  return {
    kind: 'bpe',
    merges: mergesOf(path, model.merges, ids),
    ignoreMerges: own.ignore_merges === true,
    byteFallback,
    unknown: unknownOf(path, own.unk_token, { ids, added }),
    fuseUnknown: own.fuse_unk === true,
  }
}

/** An empty name is none, as older byte-level files have it. */
function unknownOf(
  path: string,
  token: string | null | undefined,
  { ids, added }: Pick<ModelSource, 'ids' | 'added'>,
): number | null {
  if (!token) return null
  const id = ids.get(token) ?? added.find(({ content }) => content === token)?.id
  if (id !== undefined) return id
  throw damaged(path, `model.unk_token ${oneLine(JSON.stringify(token))} is no piece`)
}

/** Ids of both sides and of what they become. Older files write `a b`, newer ones `["a", "b"]`. */
function mergesOf(
  path: string,
  merges: unknown,
  ids: ReadonlyMap<string, number>,
): [number, number, number][] {
  if (!Array.isArray(merges)) throw damaged(path, 'model.merges is no list')
  return merges.map((merge: unknown) => mergeOf(path, merge, ids))
}

/** One merge, `a b` or `["a", "b"]`, as ids. */
export function mergeOf(
  path: string,
  merge: unknown,
  ids: ReadonlyMap<string, number>,
): [number, number, number] {
  const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : []
  const [left, right] = pair as [string, string]
  const found = [left, right, `${left}${right}`].map((piece) => ids.get(piece))
  if (pair.length !== 2 || found.includes(undefined)) {
    throw damaged(
      path,
      `the merge ${oneLine(JSON.stringify(merge) ?? 'undefined')} is none of pieces that it has`,
    )
  }
  return found as [number, number, number]
}

type Check = <T>(schema: z.ZodType<T>, value: unknown, where: string) => T

/** What the post-processor puts around a single text. */
function aroundOf(path: string, value: unknown, check: Check): Pick<TokenizerDefinition, 'before' | 'after'> {
  const none = { before: [], after: [] }
  if (value == null) return none
  const { type, processors } = record(value) ?? {}
  if (type === 'ByteLevel') return none
  if (type === 'Sequence' && Array.isArray(processors)) {
    const all = processors.map((processor: unknown) => aroundOf(path, processor, check))
    return {
      before: all.toReversed().flatMap(({ before }) => before),
      after: all.flatMap(({ after }) => after),
    }
  }
  if (type !== 'TemplateProcessing') throw notRead(path, `a post_processor of type ${oneLine(String(type))}`)
  const { single, special_tokens: tokens } = check(template, value, 'post_processor')
  const ids = single.map((item) => ('SpecialToken' in item ? tokens[item.SpecialToken.id]?.ids : null))
  const missing = ids.indexOf(undefined)
  if (missing >= 0)
    throw damaged(path, 'post_processor.single names a token that is not in its special_tokens')
  const text = ids.indexOf(null)
  if (text < 0) throw damaged(path, 'post_processor.single has no place for the text')
  return {
    before: ids.slice(0, text).flatMap((each) => each ?? []),
    after: ids.slice(text).flatMap((each) => each ?? []),
  }
}

function refused(path: string, where: string, value: unknown, issue: z.core.$ZodIssue): UserError {
  const place = [where, ...issue.path].join('.')
  const type = unreadType(value)
  if (type !== undefined) return notRead(path, `a ${where} of type ${oneLine(type)}`)
  return notRead(path, `${oneLine(place)} (${oneLine(issue.message)})`)
}

const READ_TYPES = new Set([
  ...['Sequence', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Replace', 'Prepend', 'Strip', 'Split', 'ByteLevel'],
  ...['Metaspace', 'Digits', 'Punctuation', 'WhitespaceSplit', 'BPE', 'Unigram', 'TemplateProcessing'],
])

/** The first type in a part that is none of those that are read. */
function unreadType(value: unknown): string | undefined {
  const { type, normalizers, pretokenizers } = record(value) ?? {}
  if (typeof type === 'string' && !READ_TYPES.has(type)) return type
  const inner = Array.isArray(normalizers) ? normalizers : Array.isArray(pretokenizers) ? pretokenizers : []
  for (const each of inner) {
    const found = unreadType(each)
    if (found !== undefined) return found
  }
  return undefined
}

const notRead = (path: string, what: string): UserError =>
  new UserError(`${path} has ${what}, which is not read`, {
    hint: 'read are the tokenizers of the llama, mistral, qwen and gemma families: BPE and Unigram with their usual parts',
  })

const damaged = (path: string, fault: string): UserError =>
  new UserError(`${path}: ${fault}`, { hint: 'the file is damaged: download or copy it again' })
