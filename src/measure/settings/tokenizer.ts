// Two tokenizers piece by piece: vocabulary, merges, added tokens, and the steps before and after. Across formats only
// what both have is compared: which token each id is, and the merges.
import type { SettingsSource } from '../../model/settings.ts'
import type { TokenizerParts, TokenizerSource } from '../../model/tokenizerParts.ts'
import { UserError } from '../../util/errors.ts'
import { oneLine, plural } from '../../util/text.ts'
import { canonical, type Danger, differs, examples, type SettingChange } from './change.ts'

export function compareTokenizers(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  const [b, v] = [base.tokenizer, variant.tokenizer]
  if (!b || !v) return [...onlyOne(base, variant), ...compareOtherFiles(base, variant)]
  if (b.from === v.from && b.hash() === v.hash()) return []
  const left = read(b, 'base')
  const right = read(v, 'variant')
  if ('what' in left) return [left]
  if ('what' in right) return [right]
  if (b.from !== v.from) return [...compareIds(left, right), ...compareMerges(left, right)]
  return [
    ...compareKind(left, right),
    ...compareVocabularies(left, right),
    ...compareMerges(left, right),
    ...compareScores(left, right),
    ...compareAdded(left, right),
    ...compareParts(left, right),
  ]
}

const change = (
  key: string,
  danger: Danger,
  sides: { base: string | null; variant: string | null },
  what: string,
): SettingChange => ({ subject: 'tokenizer', key, ...sides, danger, what })

function read(source: TokenizerSource, side: 'base' | 'variant'): TokenizerParts | SettingChange {
  try {
    return source.read()
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const what = `The tokenizer of the ${side} cannot be read: ${error.message}. It was not compared.`
    return change('tokenizer.json', 'high', { base: null, variant: null }, what)
  }
}

function onlyOne(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  if (base.format !== variant.format || (!base.tokenizer && !variant.tokenizer)) return []
  const [has, hasNot] = base.tokenizer ? ['base', 'variant'] : ['variant', 'base']
  const sides = { base: base.tokenizer?.from ?? null, variant: variant.tokenizer?.from ?? null }
  const what = `Only the ${has} has a tokenizer.json; that of the ${hasNot} was not compared.`
  return [change('tokenizer.json', 'medium', sides, what)]
}

/** Where there is no tokenizer.json on both sides: whether the older files are the same bytes. */
function compareOtherFiles(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  return [...base.otherFiles].flatMap(([name, hash]) => {
    const other = variant.otherFiles.get(name)
    if (other === undefined || other === hash) return []
    const sides = { base: hash.slice(0, 12), variant: other.slice(0, 12) }
    return [change(name, 'high', sides, `${name} has other contents in the variant than in the base.`)]
  })
}

function compareKind(base: TokenizerParts, variant: TokenizerParts): SettingChange[] {
  if (base.kind === variant.kind) return []
  return [differs({ subject: 'tokenizer', key: 'model.type', danger: 'high' }, base.kind, variant.kind)]
}

function compareVocabularies(
  { vocab: base }: TokenizerParts,
  { vocab: variant }: TokenizerParts,
): SettingChange[] {
  const gone = [...base.keys()].filter((token) => !variant.has(token))
  const fresh = [...variant.keys()].filter((token) => !base.has(token))
  const moved = [...base].filter(([token, id]) => (variant.get(token) ?? id) !== id).map(([token]) => token)
  if (gone.length + fresh.length + moved.length === 0) return []
  const parts = [
    fresh.length > 0 ? `${plural(fresh.length, 'token')} added (${examples(fresh)})` : '',
    gone.length > 0 ? `${plural(gone.length, 'token')} taken away (${examples(gone)})` : '',
    moved.length > 0 ? `${plural(moved.length, 'token')} with another id (${examples(moved)})` : '',
  ].filter(Boolean)
  const sides = { base: plural(base.size, 'token'), variant: plural(variant.size, 'token') }
  return [change('vocab', 'high', sides, `The vocabulary differs: ${parts.join(', ')}.`)]
}

/**
 * GGUF pads its list, and tokenizer.json holds added tokens apart: ids that both name are compared. A space may stand as
 * itself or as SentencePiece's mark for it.
 */
function compareIds(base: TokenizerParts, variant: TokenizerParts): SettingChange[] {
  const [b, v] = [byId(base), byId(variant)]
  const shared = [...b.keys()].filter((id) => v.has(id))
  const plain = (token: string): string => token.replaceAll('▁', ' ')
  const other = shared.filter((id) => plain(b.get(id)!) !== plain(v.get(id)!))
  if (other.length === 0) return []
  const [first] = other
  const what = `${plural(other.length, 'id')} of ${shared.length} that both tokenizers name stand for other tokens, for instance ${first}: ${examples([b.get(first!)!])} in the base, ${examples([v.get(first!)!])} in the variant.`
  return [change('vocab', 'high', { base: plural(b.size, 'id'), variant: plural(v.size, 'id') }, what)]
}

function byId({ vocab, added }: TokenizerParts): Map<number, string> {
  const tokens = new Map([...vocab].map(([token, id]) => [id, token]))
  for (const { id, content } of added) tokens.set(id, content)
  return tokens
}

function compareMerges(
  { merges: base }: TokenizerParts,
  { merges: variant }: TokenizerParts,
): SettingChange[] {
  const [b, v] = [new Set(base), new Set(variant)]
  if (b.size === 0 || v.size === 0) return []
  const gone = [...b].filter((merge) => !v.has(merge))
  const fresh = [...v].filter((merge) => !b.has(merge))
  const parts = [
    fresh.length > 0 ? `${fresh.length} added (${examples(fresh)})` : '',
    gone.length > 0 ? `${gone.length} taken away (${examples(gone)})` : '',
  ].filter(Boolean)
  if (parts.length === 0) {
    const at = base.findIndex((merge, i) => merge !== variant[i])
    if (at < 0) return []
    parts.push(`the same ones in another order from number ${at + 1} on`)
  }
  const sides = { base: plural(b.size, 'merge'), variant: plural(v.size, 'merge') }
  return [change('merges', 'high', sides, `The merges differ: ${parts.join(', ')}.`)]
}

function compareScores(
  { scores: base }: TokenizerParts,
  { scores: variant }: TokenizerParts,
): SettingChange[] {
  if (!base || !variant) return []
  const other = [...base].filter(([token, score]) => (variant.get(token) ?? score) !== score)
  if (other.length === 0) return []
  const what = `${plural(other.length, 'token')} have another score (${examples(other.map(([token]) => token))}), so that texts may be split otherwise.`
  return [change('scores', 'high', { base: null, variant: null }, what)]
}

/** A token put in place of another one is worse than one more. */
function compareAdded({ added: base }: TokenizerParts, { added: variant }: TokenizerParts): SettingChange[] {
  const [b, v] = [base, variant].map((tokens) => new Map(tokens.map((token) => [token.id, token]))) as [
    Map<number, TokenizerParts['added'][number]>,
    Map<number, TokenizerParts['added'][number]>,
  ]
  const gone = base.filter(({ id }) => !v.has(id)).map(({ content }) => content)
  const fresh = variant.filter(({ id }) => !b.has(id)).map(({ content }) => content)
  const replaced = base.filter(({ id, content }) => (v.get(id)?.content ?? content) !== content)
  const flagged = base.filter(
    ({ id, content, special }) => v.get(id)?.content === content && v.get(id)?.special !== special,
  )
  const parts = [
    replaced.length > 0
      ? `${plural(replaced.length, 'id')} with another token (${replaced
          .slice(0, 3)
          .map(({ id, content }) => `${id}: ${examples([content])} to ${examples([v.get(id)!.content])}`)
          .join(', ')})`
      : '',
    fresh.length > 0 ? `${fresh.length} more (${examples(fresh)})` : '',
    gone.length > 0 ? `${gone.length} taken away (${examples(gone)})` : '',
    flagged.length > 0
      ? `${plural(flagged.length, 'token')} special on one side only (${examples(flagged.map(({ content }) => content))})`
      : '',
  ].filter(Boolean)
  if (parts.length === 0) return []
  const danger = replaced.length + gone.length > 0 ? 'high' : 'medium'
  const sides = { base: plural(base.length, 'added token'), variant: plural(variant.length, 'added token') }
  return [change('added_tokens', danger, sides, `Added tokens differ: ${parts.join(', ')}.`)]
}

const PARTS: Readonly<Record<string, readonly [Danger, string]>> = {
  normalizer: ['high', 'texts are changed otherwise before they are split'],
  pre_tokenizer: ['high', 'texts are split otherwise'],
  post_processor: ['high', 'other tokens are put around texts'],
  decoder: ['medium', 'tokens are written out otherwise'],
  truncation: ['medium', 'texts are cut at another length'],
  padding: ['low', 'batches are filled up otherwise'],
}

function compareParts({ parts: base }: TokenizerParts, { parts: variant }: TokenizerParts): SettingChange[] {
  return [...new Set([...base.keys(), ...variant.keys()])].flatMap((key) => {
    const [b, v] = [base.get(key), variant.get(key)].map(neutral)
    if (canonical(b) === canonical(v)) return []
    const [danger, why] = PARTS[key] ?? (['high', 'the same text may give other tokens'] as const)
    return [differs({ subject: 'tokenizer', key, danger }, brief(b), brief(v), why)]
  })
}

/** Settings that are off are not written by all versions. */
const neutral = (value: unknown): unknown =>
  value === undefined || value === false || value === '' ? null : value

const brief = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  return oneLine(canonical(value).replace(/[{}"]/g, ''), 120)
}
