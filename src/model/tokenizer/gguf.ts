// GGUF metadata as a TokenizerDefinition: 'gpt2' (byte-level BPE with merges; how text is split is only named) and 'llama'
// (SentencePiece's BPE by scores). Names and defaults: llama.cpp, src/llama-vocab.cpp. Patterns are those of the
// tokenizer.json that a name stands for, with its NFC where it has one, which llama.cpp leaves out: a model and its GGUF
// file then give equal ids.
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { AddedToken, PreTokenizerConfig, TokenizerDefinition } from './definition.ts'
import type { GgufTokenizer } from './files.ts'
import { mergeOf } from './json.ts'

interface Named {
  preTokenizer: PreTokenizerConfig
  isNfc?: true
  ignoreMerges?: true
  addsBos?: true
}

const BYTES: PreTokenizerConfig = { type: 'ByteLevel', add_prefix_space: false, use_regex: false }
const GPT2: PreTokenizerConfig = { type: 'ByteLevel', add_prefix_space: false, use_regex: true }

const words = (pattern: string): PreTokenizerConfig => ({
  type: 'Sequence',
  pretokenizers: [{ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }, BYTES],
})

/** The pattern of GPT-4, with digits as a family has them. */
const gpt4 = (digits: string): string =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const TEKKEN = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const GPT2_NAMED: Named = { preTokenizer: GPT2 }
const SMOLLM: Named = {
  preTokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, GPT2] },
}
const LLAMA3: Named = {
  preTokenizer: words(gpt4(String.raw`\p{N}{1,3}`)),
  ignoreMerges: true,
  addsBos: true,
}
const QWEN2: Named = { preTokenizer: words(gpt4(String.raw`\p{N}`)), isNfc: true }

/** tokenizer.ggml.pre of the families whose weights are read. */
const NAMED: Readonly<Record<string, Named>> = {
  'gpt-2': GPT2_NAMED,
  ...{ smollm: SMOLLM, starcoder: SMOLLM },
  ...{ 'llama-bpe': LLAMA3, llama3: LLAMA3, 'llama-v3': LLAMA3 },
  ...{ qwen2: QWEN2, 'deepseek-r1-qwen': QWEN2 },
  tekken: { preTokenizer: words(TEKKEN), ignoreMerges: true, addsBos: true },
}

/** llama.cpp's way where no family is named. */
const DEFAULT: Named = {
  preTokenizer: {
    type: 'Sequence',
    pretokenizers: [
      {
        type: 'Split',
        pattern: { Regex: String.raw`[\p{P}\$\+<=>\^~\|]+` },
        behavior: 'Isolated',
        invert: false,
      },
      {
        type: 'Split',
        pattern: {
          Regex: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)`,
        },
        behavior: 'Isolated',
        invert: false,
      },
      { type: 'Split', pattern: { Regex: String.raw`\p{N}+` }, behavior: 'Isolated', invert: false },
      { type: 'Split', pattern: { Regex: '[0-9][0-9][0-9]' }, behavior: 'Isolated', invert: false },
      BYTES,
    ],
  },
}

/** The lists and values of a GGUF file. What cannot be used is a UserError that names the file. */
export function definitionOfGguf(path: string, source: GgufTokenizer): TokenizerDefinition {
  if (source.tokens.length === 0) throw damaged(path, 'it has no tokens')
  const { model } = source.values
  if (model === 'gpt2') return ofGpt2(path, source)
  if (model === 'llama') return ofLlama(path, source)
  throw new UserError(
    `${path} has a tokenizer of kind ${oneLine(String(model ?? 'that it does not name'))}, read are gpt2 and llama`,
    {
      hint: 'compare the safetensors model with its tokenizer.json',
    },
  )
}

function ofGpt2(path: string, source: GgufTokenizer): TokenizerDefinition {
  const { pre } = source.values
  const isDefault = pre === undefined || pre === '' || pre === 'default'
  const named = isDefault ? DEFAULT : Object.hasOwn(NAMED, String(pre)) ? NAMED[String(pre)] : undefined
  if (!named) {
    throw new UserError(
      `${path} splits text as ${oneLine(String(pre))} (tokenizer.ggml.pre), which is not read`,
      {
        hint: `read are ${Object.keys(NAMED).join(', ')}; compare the safetensors model with its tokenizer.json`,
      },
    )
  }
  const ids = new Map(source.tokens.map((token, id) => [token, id]))
  return {
    path,
    pieces: source.tokens,
    model: {
      kind: 'bpe',
      merges: source.merges.map((merge) => mergeOf(path, merge, ids)),
      ignoreMerges: named.ignoreMerges === true,
      byteFallback: false,
      unknown: null,
      fuseUnknown: false,
    },
    added: addedOf(source),
    normalizer: named.isNfc ? { type: 'NFC' } : null,
    preTokenizer: named.preTokenizer,
    ...aroundOf(path, source, named.addsBos === true),
  }
}

function ofLlama(path: string, source: GgufTokenizer): TokenizerDefinition {
  const { values, tokens, scores } = source
  if (scores.length !== tokens.length) {
    throw damaged(path, `it has ${tokens.length} tokens and ${scores.length} scores`)
  }
  const wrong = scores.findIndex((score) => !Number.isFinite(score))
  if (wrong >= 0) throw damaged(path, `the score of token ${wrong} is no number`)
  const marks = { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' } as const
  return {
    path,
    pieces: tokens,
    model: { kind: 'spm', scores, byteFallback: true, unknown: idOf(path, source, 'unknown') ?? 0 },
    added: addedOf(source).map(markBlanks),
    normalizer:
      values.add_space_prefix === false
        ? marks
        : { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '\u2581' }, marks] },
    preTokenizer: null,
    ...aroundOf(path, source, true),
  }
}

/** Types of tokens in GGUF. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4

function addedOf({ tokens, types }: GgufTokenizer): AddedToken[] {
  const plain = { normalized: false, lstrip: false, rstrip: false, single_word: false }
  return tokens.flatMap((content, id): AddedToken[] => {
    const type = types[id]
    if (type === USER_DEFINED) return [{ id, content, special: false, ...plain }]
    return type === CONTROL || type === UNKNOWN ? [{ id, content, special: true, ...plain }] : []
  })
}

/** SentencePiece looks for what users defined in the text that has marks for blanks; llama.cpp writes them with blanks. */
function markBlanks(token: AddedToken): AddedToken {
  if (token.special) return token
  return { ...token, content: token.content.replaceAll(' ', '\u2581'), normalized: true }
}

function aroundOf(
  path: string,
  source: GgufTokenizer,
  addsBos: boolean,
): Pick<TokenizerDefinition, 'before' | 'after'> {
  const { add_bos_token: bos = addsBos, add_eos_token: eos = false } = source.values
  const one = (does: unknown, name: string): number[] => {
    const id = does === true ? idOf(path, source, name) : undefined
    return id === undefined ? [] : [id]
  }
  return { before: one(bos, 'bos'), after: one(eos, 'eos') }
}

function idOf(path: string, { values, tokens }: GgufTokenizer, name: string): number | undefined {
  const id = values[`${name}_token_id`]
  if (id === undefined) return undefined
  if (typeof id === 'number' && tokens[id] !== undefined) return id
  throw damaged(
    path,
    `tokenizer.ggml.${name}_token_id is ${oneLine(String(id))}, it has ${tokens.length} tokens`,
  )
}

const damaged = (path: string, fault: string): UserError =>
  new UserError(`${path}: ${fault}`, { hint: 'the file is damaged: download or copy it again' })
