// From rows of sums to measures: of one tensor, or pooled over several as ratios of sums (never means of ratios).
// Formulas and zero lines: docs/methods.md, Weights.
import type { Absent, Estimate } from '../../schema/estimate.ts'
import type { Measures, TensorElements, TensorRow, TensorSums } from '../../schema/weights.ts'
import { quantile } from '../../tensor/histogram.ts'
import { elementsOf } from './pairing.ts'

type Split = Exclude<NonNullable<TensorRow['split']>, Absent>

/** Measures over all compared rows. */
export function pooled(rows: readonly TensorRow[]): Measures {
  const compared = rows.filter((row) => row.sums !== null)
  const n = compared.reduce((sum, row) => sum + row.sums!.n, 0)
  const counts = {
    tensors: rows.length,
    parameters: rows.reduce((sum, row) => sum + elementsOf(row.shape), 0),
  }
  if (n === 0) return { ...counts, ...allAbsent(rows) }
  const sums = addSums(compared.map((row) => row.sums!))
  return {
    ...counts,
    relativeChange: relative(sums.delta, sums.base, { n, zero: ratio(sums.rounding, sums.base) }),
    oneMinusCosine:
      sums.base === 0
        ? ZERO_BASE
        : exact(oneMinusCosine(sums), n, 1 - 1 / Math.sqrt(1 + sums.rounding / sums.base)),
    ...elementMeasures(compared, sums),
    ...splitMeasures(compared, n),
  }
}

/** Rows by a key, in the order in which keys first occur. */
export function groupRows<K>(rows: readonly TensorRow[], key: (row: TensorRow) => K): Map<K, TensorRow[]> {
  const groups = new Map<K, TensorRow[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group) group.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}

const ratio = (squares: number, ofSquares: number): number =>
  squares === 0 ? 0 : Math.sqrt(squares / ofSquares)

const ZERO_BASE: Absent = { absent: 'the base is zero there' }

/** |delta| / |base|; absent where the base is zero and the delta is not. */
function relative(delta: number, base: number, { n, zero }: { n: number; zero: number }): Estimate | Absent {
  if (base > 0) return exact(ratio(delta, base), n, zero)
  return delta === 0 ? exact(0, n, ZERO_BASE) : ZERO_BASE
}

function exact(value: number, n: number, zero: number | Absent): Estimate {
  const bare = (v: number) => ({ value: v, low: null, high: null, n, method: 'exact' })
  return { ...bare(value), zero: typeof zero === 'number' ? bare(zero) : zero }
}

function addSums(all: readonly TensorSums[]): TensorSums {
  const total: TensorSums = { n: 0, base: 0, delta: 0, baseDelta: 0, rounding: 0, maxSpacing: 0 }
  for (const sums of all) {
    total.n += sums.n
    total.base += sums.base
    total.delta += sums.delta
    total.baseDelta += sums.baseDelta
    total.rounding += sums.rounding
    total.maxSpacing = Math.max(total.maxSpacing, sums.maxSpacing)
  }
  return total
}

/** (|D|^2 - (|V| - |W|)^2) / (2 |W| |V|), which does not cancel where D is small. */
function oneMinusCosine({ base, delta, baseDelta }: TensorSums): number {
  if (delta === 0) return 0
  const baseNorm = Math.sqrt(base)
  const variantNorm = Math.sqrt(Math.max(0, base + 2 * baseDelta + delta))
  const normChange = (2 * baseDelta + delta) / (variantNorm + baseNorm)
  return Math.max(0, delta - normChange * normChange) / (2 * baseNorm * variantNorm)
}

type ElementMeasures = Pick<
  Measures,
  'maxAbsDelta' | 'absDelta' | 'changedShare' | 'aboveOneUlpShare' | 'signFlipShare'
>

function elementMeasures(rows: readonly TensorRow[], sums: TensorSums): ElementMeasures {
  const absent = rows.find((row) => 'absent' in row.elements)?.elements as Absent | undefined
  if (absent) return absentElements(absent)
  const all = rows.map((row) => row.elements as TensorElements)
  const total = (of: (elements: TensorElements) => number): number => all.reduce((sum, e) => sum + of(e), 0)
  const { n } = sums
  const sameFormat = rows.every((row) => row.baseDtype === row.variantDtype)
  const formatZero: number | Absent = sameFormat
    ? 0
    : { absent: 'the two sides have other formats: most values change by the cast alone' }
  return {
    maxAbsDelta: exact(Math.max(0, ...all.map((e) => e.maxAbsDelta)), n, sums.maxSpacing / 2),
    absDelta: { ...quantiles(all, n), rounding: Math.sqrt(sums.rounding / n) },
    changedShare: exact(total((e) => e.changed) / n, n, formatZero),
    aboveOneUlpShare: exact(total((e) => e.aboveOneUlp) / n, n, 0),
    signFlipShare: exact(total((e) => e.signFlips) / n, n, 0),
  }
}

function quantiles(all: readonly TensorElements[], n: number): { p50: number; p90: number; p99: number } {
  const counts = new Map<number, number>()
  for (const { histogram } of all) {
    for (const [bucket, count] of histogram) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  }
  const sorted = [...counts].sort(([a], [b]) => a - b)
  const at = (p: number): number => quantile(sorted, n, p)
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

function absentElements(absent: Absent): ElementMeasures {
  return {
    maxAbsDelta: absent,
    absDelta: absent,
    changedShare: absent,
    aboveOneUlpShare: absent,
    signFlipShare: absent,
  }
}

function splitMeasures(
  rows: readonly TensorRow[],
  n: number,
): Pick<Measures, 'quantisationAlone' | 'trainingAlone'> {
  const concerned = rows.filter((row) => row.split !== undefined)
  if (concerned.length === 0) return {}
  const absent = concerned.find((row) => 'absent' in row.split!)?.split as Absent | undefined
  if (absent) return { quantisationAlone: absent, trainingAlone: absent }
  // Tensors that are not quantised count as they are: nothing by quantisation, their delta by training.
  const sum = (of: (row: TensorRow, split: Split | undefined) => number): number =>
    rows.reduce((total, row) => total + of(row, row.split as Split | undefined), 0)
  const base = sum((row) => row.sums!.base)
  const quantisation = sum((_, split) => split?.quantisation ?? 0)
  const training = sum((row, split) => split?.training ?? row.sums!.delta)
  const quantisedBase = sum((row, split) => split?.quantisedBase ?? row.sums!.base)
  return {
    quantisationAlone: relative(quantisation, base, { n, zero: 0 }),
    trainingAlone: relative(training, quantisedBase, { n, zero: 0 }),
  }
}

function allAbsent(rows: readonly TensorRow[]): Omit<Measures, 'tensors' | 'parameters'> {
  const reasons = new Set(rows.map((row) => row.status))
  const absent = {
    absent: rows.length === 0 ? 'no tensors' : `nothing to compare: ${[...reasons].join(', ')}`,
  }
  return { relativeChange: absent, oneMinusCosine: absent, ...absentElements(absent) }
}
