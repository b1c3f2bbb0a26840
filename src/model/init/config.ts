// config.json of a model that is still to be made: which weights it has, and what is written beside them. Sizes and
// layers are read by architectures/, so that what is made can be run; here is what only a beginning needs.
import { z } from 'zod'
import { UserError } from '../../util/errors.ts'
import { parseStrictJson } from '../../util/strictJson.ts'
import { oneLine } from '../../util/text.ts'
import { readTextFile } from '../../util/textFile.ts'
import type { Architecture } from '../architectures/architecture.ts'
import { type DecoderConfig, decoderConfig } from '../architectures/config.ts'
import { architectureOf } from '../architectures/index.ts'
import { record } from '../tokenizerParts.ts'
import { INIT_TYPES, type Weight, weightsOf } from './weights.ts'

export interface InitConfig {
  weights: readonly Weight[]
  /** Of random weights. */
  standardDeviation: number
  vocabulary: number
  /** config.json of the model, with what it leaves to defaults that readers do not share. */
  written: Readonly<Record<string, unknown>>
}

/** transformers' own, where a config says nothing or 0. */
const STANDARD_DEVIATION = 0.02

const initSchema = z.looseObject({
  vocab_size: z.number().int().positive(),
  tie_word_embeddings: z.boolean().nullish(),
  initializer_range: z.number().nonnegative().nullish(),
  pad_token_id: z.number().int().nullish(),
})

/** What the types have where config.json leaves it out. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  gemma3_text: { tie_word_embeddings: true, pad_token_id: 0 },
}

/** Types whose reader in transformers wants it even where the size of a head is given. */
const HIDDEN_OF_HEADS = ['llama', 'gemma3_text']

/** What cannot be made is a UserError that names the file and the key. */
export async function readInitConfig(path: string): Promise<InitConfig> {
  const raw = await readObject(path)
  checkType(path, raw.model_type)
  const config = { ...DEFAULTS[String(raw.model_type)], ...raw }
  const { decoder, architecture } = readDecoder(path, config)
  const parsed = initSchema.safeParse(config)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw wrong(path, `${issue.path.join('.')}: ${issue.message}`)
  }
  const { vocab_size: vocabulary, tie_word_embeddings: tied, initializer_range: range } = parsed.data
  const isTied = tied ?? false
  const standardDeviation = range || STANDARD_DEVIATION
  const padding = paddingOf(path, vocabulary, parsed.data.pad_token_id ?? null)
  return {
    weights: weightsOf(decoder, architecture, { vocabulary, isTied, padding }),
    standardDeviation,
    vocabulary,
    written: written(config, architecture, { isTied, standardDeviation }),
  }
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  const parsed = parseStrictJson((await readTextFile(path)).text)
  const value = 'value' in parsed ? record(parsed.value) : undefined
  if (value) return value
  throw new UserError(`${path}: ${'fault' in parsed ? parsed.fault : 'no JSON object'}`, {
    hint: 'wanted is config.json of a decoder, as transformers writes it',
  })
}

function checkType(path: string, type: unknown): void {
  if (INIT_TYPES.includes(String(type))) return
  const found = typeof type === 'string' ? `is of type ${oneLine(type)}` : 'has no model_type'
  throw new UserError(`${path} ${found}; models are made of types ${INIT_TYPES.join(', ')}`, {
    hint:
      type === 'gemma3'
        ? 'only the text model is made: save its text_config as config.json, with "model_type": "gemma3_text"'
        : 'write one of them as model_type, with the keys that it has in transformers',
  })
}

interface Decoder {
  decoder: DecoderConfig
  architecture: Architecture
}

function readDecoder(path: string, config: Readonly<Record<string, unknown>>): Decoder {
  try {
    const decoder = decoderConfig(config)
    checkSizes(path, decoder)
    return { decoder, architecture: architectureOf(config, path) }
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith(path)) throw error
    // Its readers do not know where the file lies.
    throw wrong(path, error.message.replace(/^config\.json[,:] /, ''))
  }
}

function checkSizes(path: string, config: DecoderConfig): void {
  const { hidden_size: hidden, num_attention_heads: heads, layer_types: types } = config
  if (HIDDEN_OF_HEADS.includes(config.model_type) && hidden % heads !== 0)
    throw wrong(path, `hidden_size ${hidden} is not a multiple of num_attention_heads ${heads}`)
  if (types && types.length !== config.num_hidden_layers)
    throw wrong(
      path,
      `layer_types has ${types.length} entries, and num_hidden_layers is ${config.num_hidden_layers}`,
    )
}

/** As torch takes it: a negative id counts from the end. */
function paddingOf(path: string, vocabulary: number, id: number | null): number | null {
  if (id === null) return null
  if (id < -vocabulary || id >= vocabulary)
    throw wrong(path, `pad_token_id ${id} is no row of an embedding of vocab_size ${vocabulary}`)
  return id < 0 ? vocabulary + id : id
}

function wrong(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, {
    hint: 'correct that key: config.json of a model of this type shows what goes together',
  })
}

function written(
  config: Readonly<Record<string, unknown>>,
  { kvHeads, headDim }: Architecture,
  { isTied, standardDeviation }: { isTied: boolean; standardDeviation: number },
): Record<string, unknown> {
  // transformers 5 calls it dtype, 4 torch_dtype, which 5 reads too.
  const type = 'dtype' in config ? 'dtype' : 'torch_dtype'
  const { dtype: _, torch_dtype: __, quantization_config: ___, ...kept } = config
  return {
    ...kept,
    initializer_range: standardDeviation,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    tie_word_embeddings: isTied,
    [type]: 'float32',
  }
}
