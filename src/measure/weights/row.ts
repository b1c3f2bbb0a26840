// Parts of a pass over a tensor, put together to the row that is written.
import { type MatrixShape, matrixShape } from '../../model/rows.ts'
import type { Absent } from '../../schema/estimate.ts'
import type { TensorRow } from '../../schema/weights.ts'
import { plural } from '../../util/text.ts'
import type { PassPart } from './jobs.ts'
import { isMatrix, type TensorPair } from './pairing.ts'
import { NOT_YET } from './select.ts'

const MOVED_ROWS = 50

/** Ranges of rows of at most `elements` elements each, at least one row. */
export function rowRanges(shape: readonly number[], elements: number): [start: number, end: number][] {
  const { rows, columns }: MatrixShape = matrixShape(shape)
  const step = Math.max(1, Math.floor(elements / Math.max(1, columns)))
  const ranges: [number, number][] = []
  for (let start = 0; start < rows; start += step) ranges.push([start, Math.min(rows, start + step)])
  return ranges
}

export function addParts(parts: readonly PassPart[]): PassPart {
  const [first, ...rest] = parts
  const total: PassPart = { ...first!, histogram: [] }
  for (const part of rest) {
    for (const key of ['n', 'base', 'delta', 'baseDelta', 'spacing', 'changed', 'aboveOneUlp'] as const)
      total[key] += part[key]
    total.signFlips += part.signFlips
    total.nonFinite += part.nonFinite
    total.maxSpacing = Math.max(total.maxSpacing, part.maxSpacing)
    total.maxAbsDelta = Math.max(total.maxAbsDelta, part.maxAbsDelta)
  }
  total.histogram = addHistograms(parts)
  const norms = parts.map((part) => part.rowNorms)
  total.rowNorms = norms.every((part) => part !== null) ? concatenated(norms as Float32Array[]) : null
  return total
}

function addHistograms(parts: readonly PassPart[]): [number, number][] {
  const counts = new Map<number, number>()
  for (const { histogram } of parts) {
    for (const [bucket, count] of histogram) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
  }
  return [...counts].sort(([a], [b]) => a - b)
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const NO_ELEMENTS: Absent = {
  absent: 'the adapter is applied live: measured from its factors; merge it to measure single elements',
}

/** The row of a compared pair; the spectrum follows later where one is measured. */
export function comparedRow(pair: TensorPair, part: PassPart): TensorRow {
  const isFactors = pair.factors !== null
  return {
    ...unmeasured(pair),
    isIdentical: !pair.vocabularyRows && part.changed === 0 && part.delta === 0 && part.nonFinite === 0,
    sums: {
      n: part.n,
      base: part.base,
      delta: part.delta,
      baseDelta: part.baseDelta,
      rounding: part.spacing / 12,
      maxSpacing: part.maxSpacing,
    },
    elements: isFactors ? NO_ELEMENTS : elementsFrom(part),
    spectrum: noSpectrum(pair, part),
    ...(part.rowNorms ? { movedRows: mostMoved(part.rowNorms) } : {}),
  }
}

/** The row of a pair that cannot be compared. */
export function unmeasured(pair: TensorPair): TensorRow {
  const reason: Absent = {
    absent:
      pair.status === 'shape-differs' ? 'the shapes differ' : `it is in the ${pair.status.slice(5)} only`,
  }
  return {
    name: pair.name,
    kind: pair.kind,
    layer: pair.layer,
    shape: [...pair.shape],
    baseDtype: pair.baseDtype,
    variantDtype: pair.variantDtype,
    status: pair.status,
    ...(pair.vocabularyRows ? { vocabularyRows: pair.vocabularyRows } : {}),
    isIdentical: false,
    sums: null,
    elements: reason,
    spectrum: reason,
  }
}

function elementsFrom(part: PassPart): TensorRow['elements'] {
  const { maxAbsDelta, changed, aboveOneUlp, signFlips, nonFinite, histogram } = part
  return { maxAbsDelta, changed, aboveOneUlp, signFlips, nonFinite, histogram }
}

function noSpectrum(pair: TensorPair, part: PassPart): Absent {
  if (!isMatrix(pair.shape)) return { absent: 'not a matrix' }
  if (part.nonFinite > 0)
    return { absent: `${plural(part.nonFinite, 'element is', 'elements are')} not finite on either side` }
  if (part.delta === 0) return { absent: 'nothing changed' }
  return { absent: NOT_YET }
}

function mostMoved(norms: Float32Array): [number, number][] {
  const moved = [...norms.keys()].filter((row) => norms[row]! > 0)
  return moved
    .sort((a, b) => norms[b]! - norms[a]!)
    .slice(0, MOVED_ROWS)
    .map((row) => [row, norms[row]!])
}
