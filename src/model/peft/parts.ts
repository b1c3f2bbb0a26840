// One part of an adapter each: what it does to one tensor of the base, as a source around the base's. Factors whose
// shapes do not fit each other, the config or the base are refused by name.
import { UserError } from '../../util/errors.ts'
import { matrixShape, shapeOf } from '../shape.ts'
import type { AdapterPart, StoredTensor, TensorSource } from '../tensor.ts'
import type { NamedTensor } from './keys.ts'

export interface LoraTensors {
  a: NamedTensor
  b: NamedTensor
  magnitude: NamedTensor | undefined
  /** What the config says. */
  rank: number
  scale: number
  /** Whether the weight is stored as (in, out). The base's shape decides where it can; a square one follows the config. */
  layout: 'transposed' | 'likely-transposed' | 'likely-plain'
  where: string
}

/** LoRA or DoRA on `<module>.weight`. */
export function loraPart(module: string, tensors: LoraTensors): AdapterPart {
  const { a, b, magnitude, rank, scale, where } = tensors
  const [inputs, outputs] = checkFactors(module, tensors)
  if (magnitude) {
    const count = elements(magnitude.stored)
    if (count !== outputs) {
      throw misfit(`${where}: ${magnitude.nameInFile} has ${count} numbers, ${module} has ${outputs} outputs`)
    }
  }
  const factors = { a: a.stored, b: b.stored, scale }
  return {
    tensor: `${module}.weight`,
    method: magnitude ? 'dora' : 'lora',
    rank,
    namesInFile: [a, b, ...(magnitude ? [magnitude] : [])].map(({ nameInFile }) => nameInFile),
    apply(base: TensorSource): TensorSource {
      const isTransposed = layoutOf(base, { module, inputs, outputs, layout: tensors.layout, where })
      const source = { kind: 'lora', of: base, factors, transposed: isTransposed } as const
      return magnitude ? { ...source, magnitude: magnitude.stored } : source
    },
  }
}

/** Inputs and outputs of the module, after the factors were checked. */
function checkFactors(module: string, { a, b, rank, where }: LoraTensors): [inputs: number, outputs: number] {
  for (const { nameInFile, stored } of [a, b]) {
    if (stored.shape.length !== 2) {
      throw misfit(`${where}: ${nameInFile} has shape ${shown(stored.shape)}, a factor has two dimensions`)
    }
  }
  const [rankOfA, inputs] = a.stored.shape as [number, number]
  const [outputs, rankOfB] = b.stored.shape as [number, number]
  if (rankOfA !== rankOfB) {
    throw misfit(
      `${where}: the factors of ${module} do not fit each other: A is ${shown(a.stored.shape)}, B is ${shown(b.stored.shape)}`,
    )
  }
  if (rankOfA !== rank) {
    throw misfit(`${where}: ${a.nameInFile} has rank ${rankOfA}, adapter_config.json says ${rank}`)
  }
  return [inputs, outputs]
}

/** Whether the base's weight is stored as (in, out). */
function layoutOf(
  base: TensorSource,
  module: { module: string; inputs: number; outputs: number; layout: LoraTensors['layout']; where: string },
): boolean {
  const { inputs, outputs, layout, where } = module
  const shape = shapeOf(base)
  const isPlain = shape.length === 2 && shape[0] === outputs && shape[1] === inputs
  const isTransposed = shape.length === 2 && shape[0] === inputs && shape[1] === outputs
  if (isPlain && isTransposed) return layout !== 'likely-plain'
  if (isTransposed || (isPlain && layout !== 'transposed')) return isTransposed
  throw misfit(
    `${where}: the factors of ${module.module} are for ${inputs} inputs and ${outputs} outputs, its weight is ${shown(shape)}`,
    'the adapter belongs to another base: name that one',
  )
}

/** lora_bias: scale times the bias of factor B, on `<module>.bias`. */
export function loraBiasPart(
  module: string,
  { nameInFile, stored }: NamedTensor,
  { scale, where }: { scale: number; where: string },
): AdapterPart {
  return {
    tensor: `${module}.bias`,
    method: 'lora',
    namesInFile: [nameInFile],
    apply(base) {
      const [wanted, given] = [shapeOf(base), stored.shape]
      if (wanted.length === 1 && given.length === 1 && wanted[0] === given[0]) {
        return { kind: 'sum', of: base, add: stored, scale }
      }
      throw misfit(`${where}: ${nameInFile} is ${shown(given)}, ${module}.bias is ${shown(wanted)}`)
    },
  }
}

/** IA3 on `<module>.weight`, and on its bias where it scales outputs. */
export function ia3Parts(
  module: string,
  vector: NamedTensor,
  { isFanInFanOut, where }: { isFanInFanOut: boolean; where: string },
): AdapterPart[] {
  const { stored, nameInFile } = vector
  const [rows, columns] = stored.shape as [number, number]
  if (stored.shape.length !== 2 || (rows !== 1 && columns !== 1)) {
    throw misfit(
      `${where}: ${nameInFile} has shape ${shown(stored.shape)}, wanted (outputs, 1) or (1, inputs)`,
    )
  }
  const scalesOutputs = columns === 1
  const length = rows * columns
  const part = { method: 'ia3' as const, namesInFile: [nameInFile] }
  const weight: AdapterPart = {
    ...part,
    tensor: `${module}.weight`,
    apply(base) {
      const axis = axisOf(shapeOf(base), { length, scalesOutputs, isFanInFanOut })
      if (axis) return { kind: 'scaled', of: base, by: stored, axis }
      throw misfit(
        `${where}: ${nameInFile} has ${length} numbers, ${module}.weight is ${shown(shapeOf(base))}`,
      )
    },
  }
  const bias: AdapterPart = {
    ...part,
    tensor: `${module}.bias`,
    isOptional: true,
    apply(base) {
      if (elements({ shape: shapeOf(base) }) === length)
        return { kind: 'scaled', of: base, by: stored, axis: 'columns' }
      throw misfit(`${where}: ${nameInFile} has ${length} numbers, ${module}.bias is ${shown(shapeOf(base))}`)
    },
  }
  return scalesOutputs ? [weight, bias] : [weight]
}

/** Outputs are the rows of a weight stored as (out, in), inputs its columns; the other way where it is (in, out). */
function axisOf(
  shape: readonly number[],
  {
    length,
    scalesOutputs,
    isFanInFanOut,
  }: { length: number; scalesOutputs: boolean; isFanInFanOut: boolean },
): 'rows' | 'columns' | undefined {
  const { rows, columns } = matrixShape(shape)
  if (shape.length !== 2) return undefined
  if (rows === length && columns === length) return scalesOutputs !== isFanInFanOut ? 'rows' : 'columns'
  return rows === length ? 'rows' : columns === length ? 'columns' : undefined
}

/** A tensor that the adapter holds whole: modules_to_save, trained biases, an embedding of another size. */
export function savedPart(tensor: string, { nameInFile, stored }: NamedTensor): AdapterPart {
  return { tensor, method: 'saved', namesInFile: [nameInFile], apply: () => stored }
}

const shown = (shape: readonly number[]): string => `(${shape.join(', ')})`

const elements = ({ shape }: Pick<StoredTensor, 'shape'>): number => shape.reduce((n, size) => n * size, 1)

function misfit(
  message: string,
  hint = 'the adapter is damaged or edited: copy or download it again',
): UserError {
  return new UserError(message, { hint })
}
