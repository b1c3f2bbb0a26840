// How one tensor that adapters touch stands in the merged model: finds the order of rounding that fits, replays the
// merge in it over all rows, and tells the status from the sums.
import type { ReadRows } from '../../model/peft/apply.ts'
import { matrixShape, shapeOf } from '../../model/rows.ts'
import type { AdapterPart, Dtype, ModelTensor, TensorSource } from '../../model/tensor.ts'
import { otherFactors } from './alternatives.ts'
import { type MergeOrder, mergeOrders, orderText } from './orders.ts'
import { type Merge, mergeOf, openReplay, type Stage } from './replay.ts'
import type { MergeDtype } from './rounding.ts'
import { strengthNote } from './strength.ts'
import { addRows, emptySums, type Sums } from './sums.ts'
import type { AppliedTensor } from './types.ts'

/** Elements that are read at once. */
const CHUNK_ELEMENTS = 1 << 18
/** Elements on which the orders of rounding are tried. */
const TRIAL_ELEMENTS = 1 << 16
/**
 * DoRA divides by norms that PyTorch sums in fp32, in an order that depends on the machine's vector width: up to 8 ulp
 * were seen on lengths of 32 to 512, and the error grows with the root of the length.
 */
const DORA_FP32_ULPS = 16
/** Below this share of equal elements it is another computation, not another order of the same. */
const MIN_EQUAL_SHARE = 0.05
/** Largest share of the replayed change, as norms, that rounding in the last place may amount to. */
const MAX_ROUNDING_SHARE = 0.1

export interface TensorCheck {
  base: ModelTensor
  merged: ModelTensor
  mergedDtype: MergeDtype
  parts: readonly AdapterPart[]
  /** Parts of the same adapters on other tensors, for factors that went astray. */
  otherParts: readonly AdapterPart[]
  /** Whether an adapter's config says use_rslora. */
  usesRsLora: boolean
  read: ReadRows
  onRows?: (elements: number) => void
}

export function checkTensor(check: TensorCheck): AppliedTensor {
  const { base, merged, parts, read } = check
  const merge = mergeOf(base.source, parts)
  const shape = matrixShape(shapeOf(merge.start))
  const step = Math.max(1, Math.floor(CHUNK_ELEMENTS / Math.max(1, shape.columns)))
  const order = bestOrder(check, merge)
  const replayer = openReplay(merge, order, read)
  const sums = emptySums()
  for (let start = 0; start < shape.rows; start += step) {
    const end = Math.min(shape.rows, start + step)
    const rows = {
      base: baseRows(base.source, merge, start, end, read),
      merged: read(merged.source, start, end),
    }
    addRows(sums, { ...rows, replay: replayer.rows(start, end) }, order)
    check.onRows?.(rows.merged.length)
  }
  return tell(check, merge, order, sums)
}

/** Rows of the base; where the adapter brings rows that the base has not (a larger vocabulary), its own. */
function baseRows(
  base: TensorSource,
  merge: Merge,
  start: number,
  end: number,
  read: ReadRows,
): Float32Array {
  const rows = matrixShape(shapeOf(base)).rows
  return end <= rows ? read(base, start, end) : read(merge.start, start, end)
}

/**
 * The order with most elements that are exactly the replayed ones, on some rows; the more common one of equals. Where
 * none fits, the one without rounding, which takes no coarse unit for an excuse.
 */
function bestOrder(check: TensorCheck, merge: Merge): MergeOrder {
  const { base, merged, read } = check
  const { rows, columns } = matrixShape(shapeOf(merge.start))
  const end = Math.min(rows, Math.max(1, Math.floor(TRIAL_ELEMENTS / Math.max(1, columns))))
  const orders = mergeOrders(base.dtype, adapterDtype(merge), check.mergedDtype)
  const baseValues = baseRows(base.source, merge, 0, end, read)
  const mergedValues = read(merged.source, 0, end)
  let best = orders[0]!
  let mostEqual = -1
  for (const order of orders) {
    const sums = emptySums()
    const replay = openReplay(merge, order, read).rows(0, end)
    addRows(sums, { base: baseValues, merged: mergedValues, replay }, order)
    if (sums.equal > mostEqual) [best, mostEqual] = [order, sums.equal]
    if (sums.equal === sums.n) break
  }
  const isFound = mostEqual >= MIN_EQUAL_SHARE * baseValues.length
  return isFound ? best : (orders.find(({ load, delta }) => load === 'F32' && delta === 'F32') ?? best)
}

function adapterDtype({ start, stages }: Merge): Dtype {
  const [first] = stages
  const source = first ? trainedPart(first) : start
  return source.kind === 'stored' ? source.dtype : 'F32'
}

function trainedPart(stage: Stage): TensorSource {
  if (stage.kind === 'lora') return stage.factors.b
  return stage.kind === 'scaled' ? stage.by : stage.add
}

function tell(check: TensorCheck, merge: Merge, order: MergeOrder, sums: Sums): AppliedTensor {
  const strength = sums.dd > 0 ? sums.ed / sums.dd : null
  const left = strength === null ? null : Math.max(0, sums.ee - strength * sums.ed)
  const row: AppliedTensor = {
    tensor: check.parts[0]!.tensor,
    method: [...new Set(check.parts.map((part) => part.method))].join(' + '),
    shape: shapeOf(merge.start),
    elements: sums.n,
    status: 'altered',
    equalShare: share(sums.equal, sums.n),
    movedShare: share(sums.moved, sums.n),
    maxUlps: sums.maxUlps,
    strength,
    residual: left === null ? null : Math.sqrt(left / sums.dd),
    roundingResidual: strength === null ? null : Math.sqrt(sums.rounding / sums.dd),
    order: orderText(order),
    note: null,
  }
  return { ...row, ...statusOf(check, merge, order, { sums, row }) }
}

type Told = Pick<AppliedTensor, 'status' | 'note'>

function statusOf(
  check: TensorCheck,
  merge: Merge,
  order: MergeOrder,
  { sums, row }: { sums: Sums; row: AppliedTensor },
): Told {
  const isBase = sums.equalToBase === sums.n
  if (sums.moved === 0 && isBase) {
    const why =
      sums.dd === 0 ? 'the adapter changes nothing here' : 'the change is below the rounding of this format'
    return { status: 'no-effect', note: why }
  }
  if (sums.equal === sums.n) return { status: 'exact', note: null }
  if (isBase) return { status: 'not-applied', note: 'equal to the base' }
  if (sums.nonFinite > 0) return { status: 'altered', note: `${sums.nonFinite} elements are not finite` }
  const isOrder = row.equalShare >= MIN_EQUAL_SHARE && sums.maxUlps <= mostUlps(merge, order)
  if (isOrder && sums.rr <= MAX_ROUNDING_SHARE ** 2 * sums.mm) {
    return { status: 'within-rounding', note: null }
  }
  return (
    strengthNote(row, merge, check.usesRsLora) ??
    otherFactors(check, merge) ?? { status: 'altered', note: alteredNote(row) }
  )
}

/** One unit; in fp32, where each step of a sum of products shows, what another order of summing may add up to. */
function mostUlps({ stages }: Merge, { load, saved }: MergeOrder): number {
  if (load !== 'F32' || saved !== 'F32') return 1
  const lora = stages.filter((stage) => stage.kind === 'lora')
  const ranks = lora.map(({ factors }) => matrixShape(shapeOf(factors.a)).rows)
  return Math.max(
    lora.some(({ magnitude }) => magnitude) ? DORA_FP32_ULPS : 1,
    ranks.length > 0 ? 1 + Math.sqrt(Math.max(...ranks)) : 1,
  )
}

function alteredNote({ strength, residual, maxUlps }: AppliedTensor): string {
  if (strength === null || residual === null) return 'neither the base nor the merge'
  return `${strength.toFixed(3)} of the delta, and ${residual.toPrecision(2)} times its size of something else (up to ${maxUlps.toPrecision(2)} ulp)`
}

const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
