// What else may stand in a merged tensor: the two factors swapped, a factor read with its dimensions swapped, DoRA
// without its magnitudes, or the factors of another module. Each is tried on some rows.
import {
  addProductRow,
  type DeltaFactors,
  deltaFactors,
  type LoraSource,
  type ReadRows,
} from '../../model/peft/apply.ts'
import { matrixShape, shapeOf } from '../../model/rows.ts'
import type { AdapterPart, TensorSource } from '../../model/tensor.ts'
import type { Merge } from './replay.ts'

/** Rows on which an alternative is tried. */
const TRIAL_ROWS = 16
/** Other modules whose factors are tried. */
const MAX_MODULES = 256
/** Share of the change, in squares, that an alternative must explain. */
const MIN_EXPLAINED = 0.9

interface Candidate {
  name: string
  factors(): DeltaFactors
}

interface Tried {
  merged: { source: TensorSource }
  otherParts: readonly AdapterPart[]
  read: ReadRows
}

/** The alternative that explains the change, as a status; undefined where none does. */
export function otherFactors(
  { merged, otherParts, read }: Tried,
  merge: Merge,
): { status: 'other-factors'; note: string } | undefined {
  const [stage] = merge.stages
  if (merge.stages.length !== 1 || stage?.kind !== 'lora') return undefined
  const { rows, columns } = matrixShape(shapeOf(merge.start))
  const change = sampledChange(merge.start, merged.source, { rows, read })
  let best: { note: string; explained: number } | undefined
  for (const candidate of candidates(stage, merge, otherParts, read)) {
    const factors = candidate.factors()
    if (factors.columns !== columns || factors.left.length !== rows * factors.rank) continue
    const { explained, strength } = explains(change, factors)
    if (explained < MIN_EXPLAINED || strength <= 0 || explained <= (best?.explained ?? 0)) continue
    const at = Math.abs(strength - 1) < 0.02 ? '' : `, at strength ${strength.toPrecision(3)}`
    best = { note: `${candidate.name}${at}`, explained }
  }
  return best && { status: 'other-factors', note: best.note }
}

interface Change {
  rows: readonly number[]
  /** merged - base, row after row. */
  values: Float64Array
  columns: number
}

function sampledChange(
  base: TensorSource,
  merged: TensorSource,
  { rows, read }: { rows: number; read: ReadRows },
): Change {
  const count = Math.min(rows, TRIAL_ROWS)
  const sampled = Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count))
  const parts = sampled.map((row) => {
    const before = read(base, row, row + 1)
    return Float64Array.from(read(merged, row, row + 1), (value, j) => value - before[j]!)
  })
  const columns = parts[0]?.length ?? 0
  const values = new Float64Array(count * columns)
  for (const [i, part] of parts.entries()) values.set(part, i * columns)
  return { rows: sampled, values, columns }
}

function explains(
  { rows, values, columns }: Change,
  factors: DeltaFactors,
): { explained: number; strength: number } {
  let [ee, ed, dd] = [0, 0, 0]
  const sums = new Float64Array(columns)
  for (const [i, row] of rows.entries()) {
    sums.fill(0)
    addProductRow(factors, row, sums)
    for (let j = 0; j < columns; j++) {
      const e = values[i * columns + j]!
      const d = sums[j]! * factors.scale
      ee += e * e
      ed += e * d
      dd += d * d
    }
  }
  return ee > 0 && dd > 0
    ? { explained: (ed * ed) / (ee * dd), strength: ed / dd }
    : { explained: 0, strength: 0 }
}

function* candidates(
  stage: LoraSource,
  merge: Merge,
  otherParts: readonly AdapterPart[],
  read: ReadRows,
): Generator<Candidate> {
  const { factors, transposed } = stage
  const own = (): DeltaFactors => deltaFactors(factors, transposed, read)
  if (stage.magnitude) yield { name: "DoRA's low-rank part without its magnitudes", factors: own }
  const { rows, columns } = matrixShape(shapeOf(merge.start))
  if (rows === columns) {
    yield {
      name: 'the factors are swapped, which is the product transposed',
      factors: () => deltaFactors(factors, !transposed, read),
    }
  }
  if (!transposed) yield* misreadFactors(own)
  yield* strayFactors(stage, merge, otherParts, read)
}

/** Factors whose numbers were laid into the other shape without being transposed: left is B, right is A. */
function* misreadFactors(own: () => DeltaFactors): Generator<Candidate> {
  const b = (): Float32Array => relaid(own().left, own().rank)
  const a = (): Float32Array => relaid(own().right, own().columns)
  const read = 'read with its dimensions swapped'
  yield { name: `factor A was ${read}`, factors: () => ({ ...own(), right: a() }) }
  yield { name: `factor B was ${read}`, factors: () => ({ ...own(), left: b() }) }
  yield { name: `each factor was ${read}`, factors: () => ({ ...own(), left: b(), right: a() }) }
}

/** The numbers of an (n, columns) matrix taken as (columns, n) and transposed. */
function relaid(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns
  const out = new Float32Array(values.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[i * columns + j] = values[j * rows + i]!
  }
  return out
}

/** Factors of other modules of the same shape, whole or one of the two. */
function* strayFactors(
  stage: LoraSource,
  merge: Merge,
  otherParts: readonly AdapterPart[],
  read: ReadRows,
): Generator<Candidate> {
  let tried = 0
  for (const part of otherParts) {
    const other = sourceOn(part, merge.start)
    if (other?.kind !== 'lora') continue
    if (tried++ === MAX_MODULES) return
    const own = (): DeltaFactors => deltaFactors(stage.factors, stage.transposed, read)
    const theirs = (): DeltaFactors => deltaFactors(other.factors, other.transposed, read)
    yield { name: `it holds the update of ${part.tensor}`, factors: theirs }
    if (part.rank === undefined || own().rank !== part.rank) continue
    yield { name: `one factor is that of ${part.tensor}`, factors: () => ({ ...own(), left: theirs().left }) }
    yield {
      name: `one factor is that of ${part.tensor}`,
      factors: () => ({ ...own(), right: theirs().right }),
    }
  }
}

/** What another part would make of this tensor; undefined where it does not fit. */
function sourceOn(part: AdapterPart, base: TensorSource): TensorSource | undefined {
  try {
    return part.apply(base)
  } catch {
    return undefined
  }
}
