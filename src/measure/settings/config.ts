// config.json against config.json, or against GGUF metadata in its terms. Keys that moved between versions of
// transformers (torch_dtype to dtype, rope_theta into rope_parameters) are one key here, and what says nothing about the
// model (transformers_version ...) is passed over.
import type { SettingsSource } from '../../model/settings.ts'
import { record } from '../../model/tokenizerParts.ts'
import { canonical, type Danger, differs, type Found, type Subject } from './change.ts'

interface Rule {
  keys: RegExp
  subject: Subject
  danger: Danger
  why?: string
}

/** First that fits the last part of a key. */
const RULES: readonly Rule[] = [
  {
    keys: /^(rope_.*|rotary_.*|partial_rotary_factor|original_max_position_embeddings)$/,
    subject: 'rope',
    danger: 'high',
    why: 'positions are encoded otherwise',
  },
  {
    keys: /^dtype$/,
    subject: 'dtype',
    danger: 'high',
    why: 'weights are loaded and computed in another type',
  },
  { keys: /^quantization_config$/, subject: 'quantisation', danger: 'high' },
  {
    keys: /^vocab_size$/,
    subject: 'vocabulary',
    danger: 'high',
    why: 'rows of the embedding were added or taken away',
  },
  {
    keys: /^tie_word_embeddings$/,
    subject: 'architecture',
    danger: 'high',
    why: 'output head and embedding are one tensor on one side only',
  },
  { keys: /^(attention_dropout|attention_probs_dropout_prob)$/, subject: 'attention', danger: 'low' },
  {
    keys: /^((use_)?sliding_window.*|max_window_layers|layer_types|attention_.*|attn_(?!implementation).*|query_pre_attn_scalar|use_qk_norm|qk_norm)$/,
    subject: 'attention',
    danger: 'high',
    why: 'attention sees or scales otherwise',
  },
  {
    keys: /^(model_type|hidden_size|intermediate_size|num_.*(layers|heads|experts).*|n_(layer|head|embd|inner)|head_dim|hidden_act(ivation)?|activation_function|.*norm_eps(ilon)?|layer_norm_epsilon|final_logit_softcapping|.*_multiplier|logits_scaling)$/,
    subject: 'architecture',
    danger: 'high',
    why: 'the same weights compute another function',
  },
  { keys: /^(max_position_embeddings|n_positions|max_seq_len.*)$/, subject: 'context', danger: 'medium' },
  { keys: /^.*_token_id$/, subject: 'special tokens', danger: 'medium' },
  {
    keys: /(dropout|_pdrop|initializer_range|^use_cache|^pretraining_tp|loss_coef)/,
    subject: 'config',
    danger: 'low',
  },
  { keys: /^architectures$/, subject: 'architecture', danger: 'medium' },
]

const PASSED_OVER =
  /^(_.*|transformers_version|attn_implementation|torchscript|unsloth_.*|name_or_path|chunk_size_feed_forward|output_(attentions|hidden_states)|return_dict|eos_token_id)$/

/** Flattened: `text_config.hidden_size`; quantisation as one value. Null is absent. */
export type FlatConfig = ReadonlyMap<string, unknown>

export function flatConfig(config: Readonly<Record<string, unknown>>): FlatConfig {
  const flat = new Map<string, unknown>()
  flatten(config, '', flat)
  return flat
}

function flatten(
  config: Readonly<Record<string, unknown>>,
  prefix: string,
  into: Map<string, unknown>,
): void {
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined || PASSED_OVER.test(key)) continue
    const inner = record(value)
    if (key === 'quantization_config') into.set(`${prefix}${key}`, value)
    else if (key === 'rope_parameters' || key === 'rope_scaling') flattenRope(inner ?? {}, prefix, into)
    else if (inner) flatten(inner, `${prefix}${key}.`, into)
    else if (key === 'torch_dtype' || key === 'dtype')
      into.set(`${prefix}dtype`, String(value).replace(/^torch\./, ''))
    else into.set(`${prefix}${key}`, value)
  }
}

/** rope_scaling of transformers 4 and rope_parameters of 5, which holds rope_theta too, for each kind of layer or once. */
function flattenRope(
  rope: Readonly<Record<string, unknown>>,
  prefix: string,
  into: Map<string, unknown>,
): void {
  const { full_attention: full, sliding_attention: sliding } = rope
  if (record(full)) {
    flattenRope(record(full)!, prefix, into)
    const theta = record(sliding)?.rope_theta
    if (theta !== undefined) into.set(`${prefix}rope_local_base_freq`, theta)
    return
  }
  for (const [key, value] of Object.entries(rope)) {
    if (value === null) continue
    if (key === 'rope_theta' || key === 'partial_rotary_factor') into.set(`${prefix}${key}`, value)
    else if (key !== 'type' && key !== 'rope_type') into.set(`${prefix}rope_scaling.${key}`, value)
    else if (value !== 'default') into.set(`${prefix}rope_scaling.rope_type`, value)
  }
}

/** What a model of that family does where the key is absent, so that writing it out is no change. */
function isDefault(key: string, value: unknown, config: FlatConfig): boolean {
  const last = lastPart(key)
  const prefix = key.slice(0, key.length - last.length)
  const of = (name: string): unknown => config.get(prefix + name)
  if (value === false || canonical(value) === '[]' || /dropout|_pdrop/.test(last)) {
    return value === false || value === 0 || canonical(value) === '[]'
  }
  if (last === 'rope_theta') return value === 10_000
  if (last === 'partial_rotary_factor') return value === 1
  if (last === 'num_key_value_heads') return value === of('num_attention_heads')
  if (last === 'head_dim') return value === Number(of('hidden_size')) / Number(of('num_attention_heads'))
  if (last === 'layer_types') return Array.isArray(value) && value.every((type) => type === 'full_attention')
  return last === 'use_cache' && value === true
}

const lastPart = (key: string): string => {
  if (/(^|\.)rope_scaling\./.test(key)) return 'rope_scaling'
  return key.slice(key.lastIndexOf('.') + 1)
}

export function compareConfigs(base: SettingsSource, variant: SettingsSource): Found {
  const found: Found = { changes: [], notRecorded: { base: 0, variant: 0 } }
  const [b, v] = [flatConfig(base.config), flatConfig(variant.config)]
  if (b.size === 0 || v.size === 0) {
    found.notRecorded.base += b.size === 0 ? v.size : 0
    found.notRecorded.variant += v.size === 0 ? b.size : 0
    return found
  }
  const acrossFormats = base.format !== variant.format
  for (const key of new Set([...b.keys(), ...v.keys()])) {
    const [left, right] = [b.get(key), v.get(key)]
    const rule = RULES.find(({ keys }) => keys.test(lastPart(key)))
    const place = { subject: rule?.subject ?? 'config', danger: rule?.danger ?? 'medium', key } as const
    const isSet = left !== undefined && right !== undefined
    if (
      isSet ? isSame(left, right, acrossFormats) : isDefault(key, left ?? right, left === undefined ? v : b)
    ) {
      continue
    }
    if (!isSet && (acrossFormats || place.danger !== 'high')) {
      found.notRecorded[left === undefined ? 'base' : 'variant']++
    } else if (place.subject === 'quantisation') found.changes.push(quantisation(key, left, right))
    else found.changes.push(differs(place, left, right, rule?.why))
  }
  return found
}

/** GGUF holds numbers in single precision. */
function isSame(left: unknown, right: unknown, acrossFormats: boolean): boolean {
  if (acrossFormats && typeof left === 'number' && typeof right === 'number') {
    return Math.fround(left) === Math.fround(right)
  }
  return canonical(left) === canonical(right)
}

function quantisation(key: string, base: unknown, variant: unknown) {
  const place = { subject: 'quantisation', danger: 'high', key } as const
  const side = (value: unknown): string | null => (value === undefined ? null : schemeOf(value))
  const [b, v] = [side(base), side(variant)]
  const say = (text: string | null): string => (text === null ? 'not quantised' : `quantised (${text})`)
  const detail = b === v ? ', with other settings' : ''
  const what = `The base is ${say(b)}, the variant is ${say(v)}${detail}.`
  return { ...place, base: b, variant: v, what }
}

function schemeOf(value: unknown): string {
  const { quant_method: method, load_in_4bit: four, load_in_8bit: eight, bits, fmt } = record(value) ?? {}
  const width = four === true ? 4 : eight === true ? 8 : bits
  return [method ?? 'no method named', width === undefined ? fmt : `${width} bit`].filter(Boolean).join(', ')
}
