// The map of layers and kinds as plain rows and cells, before anything is drawn.

import type { TensorReport } from '../../../src/schema/weights.ts'
import { percent } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'

export interface MapCell {
  /** Of the row. */
  kind: string
  layer: number | null
  /** The one that moved most stands for all. */
  tensor: TensorReport
  tensors: number
}

export interface MapRow {
  kind: string
  cells: readonly MapCell[]
}

export interface TensorMap {
  layers: number
  /** Rows with a cell a layer, then rows with a single cell that is of no layer. */
  inLayers: readonly MapRow[]
  outside: readonly MapRow[]
}

/** The order in which a block computes; what is not named stands between them and the norms, as it comes. */
const FIRST_KINDS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
/** Told apart from matrices. */
export const VECTOR_KINDS = ['norm', 'bias']

export function mapOf(tensors: readonly TensorReport[]): TensorMap {
  const inLayers = rowsOf(tensors.filter(({ layer }) => layer !== null))
  return {
    layers: Math.max(-1, ...tensors.map(({ layer }) => layer ?? -1)) + 1,
    inLayers: [...inLayers].sort((a, b) => place(a) - place(b)),
    outside: rowsOf(tensors.filter(({ layer }) => layer === null)),
  }
}

const place = ({ cells }: MapRow): number => {
  const { kind } = cells[0]!.tensor
  if (VECTOR_KINDS.includes(kind)) return FIRST_KINDS.length + 1
  const first = FIRST_KINDS.indexOf(kind)
  return first >= 0 ? first : FIRST_KINDS.length
}

function rowsOf(tensors: readonly TensorReport[]): MapRow[] {
  const rows = new Map<string, Map<number | null, MapCell>>()
  for (const tensor of tensors) {
    const kind = rowName(tensor)
    const cells = rows.get(kind) ?? new Map<number | null, MapCell>()
    rows.set(kind, cells)
    const other = cells.get(tensor.layer)
    const isLarger = !other || (changeOf(tensor) ?? -1) > (changeOf(other.tensor) ?? -1)
    cells.set(tensor.layer, {
      kind,
      layer: tensor.layer,
      tensor: isLarger ? tensor : other.tensor,
      tensors: (other?.tensors ?? 0) + 1,
    })
  }
  return [...rows].map(([kind, cells]) => ({
    kind,
    cells: [...cells.values()].sort((a, b) => (a.layer ?? 0) - (b.layer ?? 0)),
  }))
}

/** Of norms and biases, of which a layer has several, the module. */
function rowName({ name, kind, layer }: TensorReport): string {
  if (layer === null || !VECTOR_KINDS.includes(kind)) return kind
  const parts = name.replace(/\.weight$/, '').split('.')
  return (kind === 'bias' ? parts.slice(-2).join('.') : parts.at(-1)!)
    .replace('layernorm', 'norm')
    .replace('attention', 'attn')
}

/** |delta| / |base|; null where there is no ratio. */
export const changeOf = ({ relativeChange }: TensorReport): number | null =>
  'absent' in relativeChange ? null : relativeChange.value

/** What rounding alone gives; null where it is not known, and 0 where nothing is rounded. */
export const roundingOf = ({ relativeChange }: TensorReport): number | null =>
  'absent' in relativeChange || !relativeChange.zero || 'absent' in relativeChange.zero
    ? null
    : relativeChange.zero.value

export type CellState = 'moved' | 'rounding' | 'equal' | 'unknown'

export function stateOf(tensor: TensorReport): CellState {
  if (tensor.isIdentical) return 'equal'
  const change = changeOf(tensor)
  if (change === null) return 'unknown'
  return change <= (roundingOf(tensor) ?? 0) ? 'rounding' : 'moved'
}

/** `layer 3 up_proj: 9.1 % of its norm (rounding alone 0.021 %)`. */
export function cellText({ kind, layer, tensor, tensors }: MapCell): string {
  const which = `${layer === null ? '' : `layer ${layer} `}${kind}`
  const of = tensors > 1 ? `${which}, the largest of ${tensors} tensors` : which
  const rounding = roundingOf(tensor)
  const beside = rounding === null ? '' : ` (rounding alone ${percent(rounding)} %)`
  switch (stateOf(tensor)) {
    case 'equal':
      return `${of}: equal ${tensor.baseDtype === tensor.variantDtype ? 'bit for bit' : 'value for value'}`
    case 'unknown':
      return `${of}: ${unknownText(tensor)}`
    case 'rounding':
      return `${of}: ${percent(changeOf(tensor)!)} % of its norm, no more than rounding alone${beside}`
    case 'moved':
      return `${of}: ${percent(changeOf(tensor)!)} % of its norm${beside}`
  }
}

function unknownText({ status, relativeChange }: TensorReport): string {
  if (status === 'only-base') return 'only the base has it'
  if (status === 'only-variant') return 'only the variant has it'
  if (status === 'shape-differs') return 'its shape differs'
  return 'absent' in relativeChange ? relativeChange.absent : ''
}

/** Without what all names share. */
export const shortName = (name: string): string =>
  printable(name.replace(/^model\./, '').replace(/\.weight$/, ''))
