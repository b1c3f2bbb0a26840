// The parts of tokenizer.json that are read, as zod schemas. Fields that only matter for offsets are dropped, defaults are
// those of the Rust library, so that files of several versions come to one form.
import { z } from 'zod'
import { type AddedToken, MAX_ID, type NormalizerConfig, type PreTokenizerConfig } from './definition.ts'

const pattern = z.union([z.strictObject({ String: z.string() }), z.strictObject({ Regex: z.string() })])
const behavior = z.enum(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'])

export const normalizer: z.ZodType<NormalizerConfig> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('Sequence'), normalizers: z.array(normalizer) }),
    z.object({ type: z.enum(['NFC', 'NFD', 'NFKC', 'NFKD']) }),
    z.object({ type: z.literal('Replace'), pattern, content: z.string() }),
    z.object({ type: z.literal('Prepend'), prepend: z.string() }),
    z.object({
      type: z.literal('Strip'),
      strip_left: z.boolean().default(false),
      strip_right: z.boolean().default(false),
    }),
  ]),
)

/** Older files have add_prefix_space where newer ones have prepend_scheme. */
const metaspace = z
  .object({
    type: z.literal('Metaspace'),
    replacement: z.string().min(1),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
  })
  .transform(({ add_prefix_space: adds, prepend_scheme: scheme, ...rest }) => ({
    ...rest,
    prepend_scheme: scheme ?? (adds === false ? ('never' as const) : ('always' as const)),
  }))

export const preTokenizer: z.ZodType<PreTokenizerConfig> = z.lazy(() =>
  z.union([
    z.object({ type: z.literal('Sequence'), pretokenizers: z.array(preTokenizer) }),
    z.object({ type: z.literal('Split'), pattern, behavior, invert: z.boolean().default(false) }),
    z.object({
      type: z.literal('ByteLevel'),
      add_prefix_space: z.boolean().default(true),
      use_regex: z.boolean().default(true),
    }),
    metaspace,
    z.object({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
    z.object({ type: z.literal('Punctuation'), behavior: behavior.default('Isolated') }),
    z.object({ type: z.literal('WhitespaceSplit') }),
  ]),
)

const id = z.number().int().min(0).max(MAX_ID)

export const addedTokens = z.array(
  z
    .object({
      id,
      content: z.string(),
      special: z.boolean().default(false),
      normalized: z.boolean().optional(),
      lstrip: z.boolean().default(false),
      rstrip: z.boolean().default(false),
      single_word: z.boolean().default(false),
    })
    .transform((token): AddedToken => ({ ...token, normalized: token.normalized ?? !token.special })),
)

/** Of a model, beside its vocabulary and merges. */
export const settings = z.object({
  dropout: z.literal(0).nullish(),
  continuing_subword_prefix: z.literal('').nullish(),
  end_of_word_suffix: z.literal('').nullish(),
  byte_fallback: z.boolean().nullish(),
  fuse_unk: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  unk_token: z.string().nullish(),
  unk_id: id.nullish(),
})

/** The post-processor TemplateProcessing. */
export const template = z.object({
  single: z.array(
    z.union([z.object({ SpecialToken: z.object({ id: z.string() }) }), z.object({ Sequence: z.unknown() })]),
  ),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(id) })),
})
