// What llama.cpp calls the tensors of an architecture, what Hugging Face calls them, and what else its converter changes.
// Names: gguf/tensor_mapping.py; changes: convert_hf_to_gguf.py of llama.cpp. Architectures that are not here keep the
// names of their file.

export interface Naming {
  /** Hugging Face's name, or undefined for a tensor that the table does not have. */
  name(inFile: string): string | undefined
  /** Rows of q and k are in llama.cpp's rotary order. */
  hasRotaryRows: boolean
  /** Norms are stored with 1 added. */
  hasNormOffset: boolean
  /** Where one expert's matrix of a stack lies: `experts.E.gate_proj` and so on. */
  expert(layer: string, expert: number, matrix: ExpertMatrix): string
}

export type ExpertMatrix = 'gate' | 'up' | 'down'

type Table = Readonly<Record<string, string>>

const OUTSIDE: Table = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
}

const COMMON: Table = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}

/** Gemma 2 and 3 and OLMo 2 norm what comes out of attention and feed-forward. */
const OUTPUT_NORMS: Table = {
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'pre_feedforward_layernorm',
  post_ffw_norm: 'post_feedforward_layernorm',
}

const QWEN_EXPERTS: Table = {
  ffn_gate_inp: 'mlp.gate',
  ffn_gate_inp_shexp: 'mlp.shared_expert_gate',
  ffn_gate_shexp: 'mlp.shared_expert.gate_proj',
  ffn_up_shexp: 'mlp.shared_expert.up_proj',
  ffn_down_shexp: 'mlp.shared_expert.down_proj',
}

interface Architecture {
  /** Beside the common names. */
  table?: Table
  hasRotaryRows?: true
  hasNormOffset?: true
}

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  // Llama, Mistral, SmolLM; Mixtral where there are experts.
  llama: { table: { ffn_gate_inp: 'block_sparse_moe.gate' }, hasRotaryRows: true },
  granite: { hasRotaryRows: true },
  minicpm: { hasRotaryRows: true },
  olmo: { hasRotaryRows: true },
  smollm3: { hasRotaryRows: true },
  qwen2: {},
  qwen3: {},
  qwen2moe: { table: QWEN_EXPERTS },
  qwen3moe: { table: QWEN_EXPERTS },
  gemma: { hasNormOffset: true },
  gemma2: { table: OUTPUT_NORMS, hasNormOffset: true },
  gemma3: { table: OUTPUT_NORMS, hasNormOffset: true },
  olmo2: { table: OUTPUT_NORMS },
  'command-r': {},
  phi3: { table: { attn_qkv: 'self_attn.qkv_proj', ffn_up: 'mlp.gate_up_proj' } },
  starcoder2: { table: { ffn_up: 'mlp.c_fc', ffn_down: 'mlp.c_proj' } },
}

/** Mixtral, the one of the llama architecture with experts, has names of its own for their matrices. */
const MIXTRAL: Readonly<Record<ExpertMatrix, string>> = { gate: 'w1', up: 'w3', down: 'w2' }

/** How tensors of an architecture are called; undefined for one that is not known here. */
export function namingFor(architecture: string): Naming | undefined {
  const known = Object.hasOwn(ARCHITECTURES, architecture) ? ARCHITECTURES[architecture] : undefined
  if (!known) return undefined
  const table = { ...COMMON, ...known.table }
  return {
    name: (inFile) => huggingFaceName(inFile, table),
    hasRotaryRows: known.hasRotaryRows === true,
    hasNormOffset: known.hasNormOffset === true,
    expert: (layer, expert, matrix) =>
      architecture === 'llama'
        ? `model.layers.${layer}.block_sparse_moe.experts.${expert}.${MIXTRAL[matrix]}.weight`
        : `model.layers.${layer}.mlp.experts.${expert}.${matrix}_proj.weight`,
  }
}

function huggingFaceName(inFile: string, table: Table): string | undefined {
  const parts = /^(?:blk\.(\d+)\.)?([a-z_]+)\.(weight|bias)$/.exec(inFile)
  if (!parts) return undefined
  const [, layer, part, suffix] = parts
  const found = layer === undefined ? own(OUTSIDE, part!) : own(table, part!)
  if (found === undefined) return undefined
  return layer === undefined ? `${found}.${suffix}` : `model.layers.${layer}.${found}.${suffix}`
}

const own = (table: Table, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined
