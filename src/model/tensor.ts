// What a model's tensors are, whatever file they lie in: names and shapes as Hugging Face has them, and a source that
// says how the values come about. Sources are plain data, so that a worker thread can be handed one; rows.ts reads them.

/** Element types that can be read. Block types of GGUF have their names there. */
export const DTYPES = {
  F64: { block: 1, bytes: 8 },
  F32: { block: 1, bytes: 4 },
  F16: { block: 1, bytes: 2 },
  BF16: { block: 1, bytes: 2 },
  F8_E4M3: { block: 1, bytes: 1 },
  F8_E5M2: { block: 1, bytes: 1 },
  I8: { block: 1, bytes: 1 },
  U8: { block: 1, bytes: 1 },
  Q4_0: { block: 32, bytes: 18 },
  Q4_1: { block: 32, bytes: 20 },
  Q5_0: { block: 32, bytes: 22 },
  Q5_1: { block: 32, bytes: 24 },
  Q8_0: { block: 32, bytes: 34 },
  Q2_K: { block: 256, bytes: 84 },
  Q3_K: { block: 256, bytes: 110 },
  Q4_K: { block: 256, bytes: 144 },
  Q5_K: { block: 256, bytes: 176 },
  Q6_K: { block: 256, bytes: 210 },
  IQ4_NL: { block: 32, bytes: 18 },
  IQ4_XS: { block: 256, bytes: 136 },
} as const
export type Dtype = keyof typeof DTYPES

/** Types of floating-point numbers that are written. */
export type FloatType = 'F32' | 'F16' | 'BF16'

/** Schemes that tunediff itself can quantise with, exactly as their reference does. */
export type QuantScheme = 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'NF4' | 'NF4_DQ'

/** Bytes in a file. Values are row-major, the last dimension fastest: a weight is (out, in). */
export interface StoredTensor {
  kind: 'stored'
  /** Absolute path of the file. */
  path: string
  /** Of the first byte in the file. */
  offset: number
  bytes: number
  dtype: Dtype
  shape: readonly number[]
}

/** The two factors of a low-rank update: delta = scale * b * a, as (out, in). */
export interface LoraFactors {
  /** (rank, in). */
  a: TensorSource
  /** (out, rank). */
  b: TensorSource
  scale: number
}

/**
 * How values come about. `of` is what a source is computed from; all have the shape of `of`.
 * - rotary-rows: rows of q and k as llama.cpp orders them for its rotary embedding, put back to Hugging Face's order.
 * - plus: a constant added (Gemma's norms, which GGUF holds with 1 added).
 * - lora: of + delta, or the transposed delta for weights stored as (in, out); with `magnitude`, DoRA
 *   (arXiv 2402.09353, equation 5): rows scaled so that their norms are `magnitude`.
 * - scaled: rows or columns multiplied by a vector (IA3, arXiv 2205.05638).
 * - sum: of + scale * add, element by element (a bias that was trained beside LoRA's factors).
 * - quantised: quantised and dequantised in memory.
 * - rounded: rounded to a type of fewer bits in memory. With `isDisplaced`, numbers that this leaves as they are, since
 *   the type holds them, are moved evenly within half a spacing: what rounding does to numbers beside them.
 */
export type TensorSource =
  | StoredTensor
  | { kind: 'rotary-rows'; of: TensorSource; heads: number }
  | { kind: 'plus'; of: TensorSource; add: number }
  | { kind: 'lora'; of: TensorSource; factors: LoraFactors; transposed: boolean; magnitude?: TensorSource }
  | { kind: 'scaled'; of: TensorSource; by: TensorSource; axis: 'rows' | 'columns' }
  | { kind: 'sum'; of: TensorSource; add: TensorSource; scale: number }
  | { kind: 'quantised'; of: TensorSource; scheme: QuantScheme }
  | { kind: 'rounded'; of: TensorSource; dtype: FloatType; isDisplaced?: true }

export interface ModelTensor {
  /** As Hugging Face's transformers names it. */
  name: string
  nameInFile: string
  shape: readonly number[]
  /** As stored; of the base where an adapter is applied. */
  dtype: Dtype
  source: TensorSource
}

/** A tensor, or a part of an adapter, that is not read, and why. */
export interface LeftOut {
  name: string
  reason: string
}

export type FileRole = 'weights' | 'adapter' | 'config' | 'tokenizer' | 'other'

export interface ModelFile {
  /** Absolute. */
  path: string
  /** Inside the model's folder, with forward slashes. */
  name: string
  bytes: number
  role: FileRole
}

export interface Model {
  /** As the user wrote it. */
  spec: string
  /** Last part of the path: what tables and sentences call it. */
  name: string
  format: 'safetensors' | 'gguf'
  tensors: ReadonlyMap<string, ModelTensor>
  leftOut: readonly LeftOut[]
  /** Adapters applied on top, innermost first. */
  adapters: readonly Adapter[]
  /** `nf4:` and `nf4dq:` quantise what they stand before. */
  quantised?: QuantScheme
  /** Weights, adapter, config and tokenizer files, of which the identity is made, and what stands beside them; sorted by name. */
  files: readonly ModelFile[]
  /** config.json, or what GGUF metadata says in its terms. */
  config: Readonly<Record<string, unknown>>
  /** GGUF holds the scaling of Llama 3's rotary embedding as divisors of its frequencies. */
  rotaryFactors?: TensorSource
}

/** What one module of an adapter does to one tensor of the base. */
export interface AdapterPart {
  /** Name of the base's tensor. */
  tensor: string
  method: 'lora' | 'dora' | 'ia3' | 'saved'
  rank?: number
  /** Where the base has no such tensor the part does nothing, as the bias of a projection that IA3 scales. */
  isOptional?: true
  /** Names in the adapter's file. */
  namesInFile: readonly string[]
  /** The tensor's values with the adapter applied, given those without. */
  apply(base: TensorSource): TensorSource
}

/** A PEFT adapter folder, read. */
export interface Adapter {
  folder: string
  /** lora, ia3 ...: peft_type in lower case. */
  method: string
  /** base_model_name_or_path, where it is named. */
  baseName?: string
  parts: readonly AdapterPart[]
  leftOut: readonly LeftOut[]
  config: Readonly<Record<string, unknown>>
  files: readonly ModelFile[]
  /** Numbers that training changed. */
  parameters: number
}
