// The report of one variant, derived from its rows.
import type { Adapter, Model } from '../../model/tensor.ts'
import type {
  MeasuredModel,
  SettingChange,
  TensorReport,
  TensorRow,
  VariantReport,
} from '../../schema/weights.ts'
import { weightsFinding } from './finding.ts'
import { isVectorKind } from './kinds.ts'
import { groupRows, pooled } from './pooled.ts'
import { spectralOf } from './spectral.ts'

export interface ReportInput {
  base: Model
  variant: Model
  measured: MeasuredModel
  folder: string
  rows: readonly TensorRow[]
  settings: readonly SettingChange[]
  /** What of the settings could not be compared, in words. */
  notCompared: string | null
  /** Text of a token by its row in the embedding; null where it is not known. */
  tokenOf: (row: number) => string | null
}

export function variantReport(input: ReportInput): VariantReport {
  const { base, variant, rows } = input
  const layers = groupRows(
    rows.filter((row) => row.layer !== null),
    (row) => row.layer!,
  )
  return {
    model: input.measured,
    folder: input.folder,
    ...weightsFinding({
      base: base.name,
      variant: variant.name,
      rows,
      settings: input.settings,
      notCompared: input.notCompared,
      adapters: variant.adapters.slice(base.adapters.length).map(methodOf),
    }),
    settings: [...input.settings],
    matrices: pooled(rows.filter((row) => !isVectorKind(row.kind))),
    whole: pooled(rows),
    kinds: [...groupRows(rows, (row) => row.kind)].map(([kind, group]) => ({ kind, ...pooled(group) })),
    layers: [...layers].sort(([a], [b]) => a - b).map(([layer, group]) => ({ layer, ...pooled(group) })),
    tensors: rows.map((row) => tensorReport(row, input.tokenOf)),
    leftOut: [
      ...base.leftOut.map((left) => ({ side: 'base' as const, ...left })),
      ...variant.leftOut.map((left) => ({ side: 'variant' as const, ...left })),
    ],
  }
}

/** What an adapter does: of a DoRA adapter the config says lora. */
function methodOf({ parts, method }: Adapter): string {
  const methods = new Set(parts.map((part) => part.method).filter((kind) => kind !== 'saved'))
  return methods.size > 0 ? [...methods].join(' and ') : method
}

export function tensorReport(row: TensorRow, tokenOf: ReportInput['tokenOf']): TensorReport {
  const { name, kind, layer, shape, baseDtype, variantDtype, status, isIdentical, movedRows } = row
  return {
    ...pooled([row]),
    name,
    kind,
    layer,
    shape,
    baseDtype,
    variantDtype,
    status,
    isIdentical,
    spectrum: spectralOf(row),
    ...(movedRows
      ? { movedRows: movedRows.map(([at, norm]) => ({ row: at, token: tokenOf(at), norm })) }
      : {}),
  }
}
