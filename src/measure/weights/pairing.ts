// Which tensors of base and variant are compared, and how: a plain plan that worker threads carry out.
import { matrixShape } from '../../model/rows.ts'
import type { LoraFactors, Model, ModelTensor, QuantScheme, TensorSource } from '../../model/tensor.ts'
import type { TensorRow } from '../../schema/weights.ts'
import { UserError } from '../../util/errors.ts'
import { isVocabularyKind, placeOf } from './kinds.ts'

/** One tensor to compare. */
export interface TensorPair {
  name: string
  kind: string
  layer: number | null
  shape: readonly number[]
  baseDtype: string | null
  variantDtype: string | null
  status: TensorRow['status']
  base: TensorSource | null
  variant: TensorSource | null
  /** Tables of a vocabulary that differ in length only: `shape` is that of the rows that both have. */
  vocabularyRows: { base: number; variant: number } | null
  /** A low-rank delta on exactly this base: measured from its factors, without the dense delta. */
  factors: { factors: LoraFactors; transposed: boolean } | null
  /** The base quantised as the variant is; null where that is not known, or the variant is not quantised. */
  quantisedBase: TensorSource | null
  /** Scheme of a variant that is quantised more coarsely than the base. */
  scheme: string | null
}

const REPRODUCIBLE: readonly string[] = ['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1']
const UNQUANTISED: readonly string[] = ['F64', 'F32', 'F16', 'BF16']

/** Pairs by name, in the base's order, then what only the variant has. `only` is a predicate on names. */
export function pairTensors(
  base: Model,
  variant: Model,
  options: { quantisedBase?: Model | undefined; only?: (name: string) => boolean } = {},
): TensorPair[] {
  const only = options.only ?? (() => true)
  const names = [...base.tensors.keys(), ...[...variant.tensors.keys()].filter((n) => !base.tensors.has(n))]
  return names
    .filter(only)
    .map((name) => pairOf(name, { base, variant, quantisedBase: options.quantisedBase }))
}

function pairOf(
  name: string,
  models: { base: Model; variant: Model; quantisedBase: Model | undefined },
): TensorPair {
  const base = models.base.tensors.get(name)
  const variant = models.variant.tensors.get(name)
  const place = placeOf(name)
  const vocabularyRows = isVocabularyKind(place.kind) ? rowsThatDiffer(base, variant) : null
  const status = vocabularyRows ? 'compared' : statusOf(base, variant)
  const [height, ...width] = (base ?? variant)!.shape
  const pair: TensorPair = {
    name,
    ...place,
    shape: vocabularyRows
      ? [Math.min(vocabularyRows.base, vocabularyRows.variant), ...width]
      : [height!, ...width],
    vocabularyRows,
    baseDtype: base?.dtype ?? null,
    variantDtype: variant ? dtypeOf(variant) : null,
    status,
    base: base?.source ?? null,
    variant: variant?.source ?? null,
    factors: null,
    quantisedBase: null,
    scheme: null,
  }
  if (status !== 'compared') return pair
  return {
    ...pair,
    factors: vocabularyRows ? null : factorsOn(base!.source, variant!.source),
    ...quantisation(base!, variant!, models.quantisedBase?.tensors.get(name)),
  }
}

function statusOf(base: ModelTensor | undefined, variant: ModelTensor | undefined): TensorRow['status'] {
  if (!variant) return 'only-base'
  if (!base) return 'only-variant'
  const equal =
    base.shape.length === variant.shape.length && base.shape.every((size, i) => size === variant.shape[i])
  return equal ? 'compared' : 'shape-differs'
}

/** Lengths of two tables of equal width and other length. */
function rowsThatDiffer(
  base: ModelTensor | undefined,
  variant: ModelTensor | undefined,
): TensorPair['vocabularyRows'] {
  if (base?.shape.length !== 2 || variant?.shape.length !== 2) return null
  const [rows, columns] = base.shape
  const [variantRows, variantColumns] = variant.shape
  return columns === variantColumns && rows !== variantRows ? { base: rows!, variant: variantRows! } : null
}

/** What a row says of the variant's format: the quantised format where it is quantised in memory. */
function dtypeOf(tensor: ModelTensor): string {
  return quantisedPart(tensor.source)?.scheme ?? tensor.dtype
}

/** A plain LoRA on the very source that the base has; DoRA also scales the base and is no low-rank delta. */
function factorsOn(base: TensorSource, variant: TensorSource): TensorPair['factors'] {
  if (variant.kind !== 'lora' || variant.magnitude || !sameSource(variant.of, base)) return null
  return { factors: variant.factors, transposed: variant.transposed }
}

const sameSource = (a: TensorSource, b: TensorSource): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The quantised source under adapters, if there is one. */
function quantisedPart(source: TensorSource): (TensorSource & { kind: 'quantised' }) | undefined {
  if (source.kind === 'quantised') return source
  return source.kind === 'stored' ? undefined : quantisedPart(source.of)
}

function quantisation(
  base: ModelTensor,
  variant: ModelTensor,
  given: ModelTensor | undefined,
): Pick<TensorPair, 'quantisedBase' | 'scheme'> {
  const inMemory = quantisedPart(variant.source)
  const scheme = inMemory?.scheme ?? variant.dtype
  const isCoarser =
    UNQUANTISED.includes(base.dtype) && !UNQUANTISED.includes(scheme) && !quantisedPart(base.source)
  if (!isCoarser) return { quantisedBase: null, scheme: null }
  if (given) {
    const found = quantisedPart(given.source)?.scheme ?? given.dtype
    if (found === scheme) return { quantisedBase: given.source, scheme }
    throw new UserError(`${base.name} is ${scheme} in the variant and ${found} in the quantised base`, {
      hint: 'give the base as the same tool quantises it, in the same scheme; tensor types of a mixture can differ with the importance matrix',
    })
  }
  if (inMemory || REPRODUCIBLE.includes(scheme)) {
    const source: TensorSource = { kind: 'quantised', of: base.source, scheme: scheme as QuantScheme }
    return { quantisedBase: source, scheme }
  }
  return { quantisedBase: null, scheme }
}

/** Elements of a tensor. */
export const elementsOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1)

/** Whether it is a matrix with a spectrum worth naming: two dimensions, neither of them tiny. */
export function isMatrix(shape: readonly number[]): boolean {
  const { rows, columns } = matrixShape(shape)
  return shape.length === 2 && rows > 1 && columns > 1
}
