// Tensors of a GGUF header as those of a model: named as Hugging Face names them, and what llama.cpp's converter did to
// rows, norms and experts undone by their sources.
import { oneLine } from '../../util/text.ts'
import type { LeftOut, ModelTensor, StoredTensor, TensorSource } from '../tensor.ts'
import type { GgufHeader, GgufTensor } from './header.ts'
import type { MetadataValue } from './metadata.ts'
import { type ExpertMatrix, type Naming, namingFor } from './names.ts'
import { refuse } from './reader.ts'

/** A stack of more experts than this is left as it is. */
const MAX_EXPERTS = 4096

const ROTARY_FACTORS = 'rope_freqs.weight'
const NO_WEIGHTS: ReadonlyMap<string, string> = new Map(
  [ROTARY_FACTORS, 'rope_factors_long.weight', 'rope_factors_short.weight'].map((name) => [
    name,
    'factors of the rotary embedding, which Hugging Face keeps in config.json',
  ]),
)

export interface GgufTensors {
  tensors: Map<string, ModelTensor>
  leftOut: LeftOut[]
  /** Divisors of the rotary embedding's frequencies. */
  rotaryFactors?: StoredTensor
}

export function modelTensors(header: GgufHeader): GgufTensors {
  const { path, metadata } = header
  const architecture = metadata.get('general.architecture')
  const naming = typeof architecture === 'string' ? namingFor(architecture) : undefined
  const tensors = new Map<string, ModelTensor>()
  const leftOut: LeftOut[] = naming ? [] : [unknownArchitecture(architecture)]
  for (const tensor of header.tensors) {
    for (const named of expand(header, tensor, naming)) {
      if ('reason' in named) {
        leftOut.push(named)
        continue
      }
      const other = tensors.get(named.name)
      if (other) {
        throw refuse(
          path,
          `tensors ${quoted(other.nameInFile)} and ${quoted(tensor.name)} are both ${named.name}`,
        )
      }
      tensors.set(named.name, named)
    }
  }
  const factors = header.tensors.find(({ name }) => name === ROTARY_FACTORS)
  const stored = factors && storedOf(path, factors)
  return { tensors, leftOut, ...(stored ? { rotaryFactors: stored } : {}) }
}

function unknownArchitecture(architecture: MetadataValue | undefined): LeftOut {
  const what =
    typeof architecture === 'string'
      ? `the architecture ${oneLine(architecture)} is not known here`
      : 'the file does not name its architecture'
  return { name: 'Hugging Face names', reason: `${what}: names, rows and norms are as in the file` }
}

/** The tensors that one of the file stands for: itself, or each expert of a stack. */
function expand(
  header: GgufHeader,
  tensor: GgufTensor,
  naming: Naming | undefined,
): (ModelTensor | LeftOut)[] {
  const noWeight = naming ? NO_WEIGHTS.get(tensor.name) : undefined
  if (noWeight) return [{ name: tensor.name, reason: noWeight }]
  const name = naming?.name(tensor.name) ?? tensor.name
  const stored = storedOf(header.path, tensor)
  if (!stored) return [{ name, reason: `element type ${tensor.type} is not read` }]
  if (tensor.shape.includes(0)) return [{ name, reason: 'it holds no elements' }]
  const stack = naming ? expertStack(tensor) : undefined
  if (stack) return experts(tensor, stored, (expert) => naming!.expert(stack.layer, expert, stack.matrix))
  const source = naming ? undone(header, tensor, stored, naming) : stored
  const shape = shapeInModel(name, tensor.shape)
  const placed = source.kind === 'stored' ? { ...source, shape } : source
  return [{ name, nameInFile: tensor.name, shape, dtype: stored.dtype, source: placed }]
}

function storedOf(path: string, { dtype, offset, bytes, shape }: GgufTensor): StoredTensor | undefined {
  return dtype && { kind: 'stored', path, offset, bytes, dtype, shape }
}

/** Qwen's gate of the shared expert is one row, which the file holds as a vector. */
function shapeInModel(name: string, shape: readonly number[]): readonly number[] {
  return name.endsWith('.shared_expert_gate.weight') && shape.length === 1 ? [1, ...shape] : shape
}

function undone(header: GgufHeader, tensor: GgufTensor, source: StoredTensor, naming: Naming): TensorSource {
  const rotary = /^blk\.(\d+)\.attn_([qk])\.(weight|bias)$/.exec(tensor.name)
  if (rotary && naming.hasRotaryRows) {
    const heads = headsOf(header, Number(rotary[1]), rotary[2] === 'q' ? 'q' : 'k')
    const rows = tensor.shape[0] ?? 1
    if (rows % (2 * heads) !== 0) {
      throw refuse(
        header.path,
        `tensor ${quoted(tensor.name)} has ${rows} rows, which are no even number for each of ${heads} heads`,
      )
    }
    return { kind: 'rotary-rows', of: source, heads }
  }
  return naming.hasNormOffset && tensor.name.endsWith('norm.weight')
    ? { kind: 'plus', of: source, add: -1 }
    : source
}

/** Heads that the rows of q or k are ordered by. Some models have a number for each layer. */
function headsOf({ path, metadata }: GgufHeader, layer: number, part: 'q' | 'k'): number {
  const prefix = `${String(metadata.get('general.architecture'))}.attention.head_count`
  const key = part === 'k' && metadata.has(`${prefix}_kv`) ? `${prefix}_kv` : prefix
  const value = metadata.get(key)
  const heads = Array.isArray(value) ? value[layer] : value
  if (typeof heads === 'number' && Number.isSafeInteger(heads) && heads > 0) return heads
  const found = heads === undefined ? 'missing' : oneLine(String(heads))
  throw refuse(path, `${key} is ${found}, wanted is the number of heads that order the rows of q and k`)
}

function expertStack({ name, shape }: GgufTensor): { layer: string; matrix: ExpertMatrix } | undefined {
  const parts = /^blk\.(\d+)\.ffn_(gate|up|down)_exps\.weight$/.exec(name)
  if (!parts || shape.length !== 3 || shape[0]! > MAX_EXPERTS) return undefined
  return { layer: parts[1]!, matrix: parts[2] as ExpertMatrix }
}

function experts(
  { name: nameInFile }: GgufTensor,
  stack: StoredTensor,
  nameOf: (expert: number) => string,
): ModelTensor[] {
  const [count, ...shape] = stack.shape
  const bytes = stack.bytes / count!
  return Array.from({ length: count! }, (_, expert) => {
    const source: StoredTensor = { ...stack, offset: stack.offset + expert * bytes, bytes, shape }
    return { name: nameOf(expert), nameInFile, shape, dtype: stack.dtype, source }
  })
}

const quoted = (name: string): string => oneLine(JSON.stringify(name), 120)
