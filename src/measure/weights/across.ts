// Several variants of one base among each other: cosine of their deltas (task vectors, arXiv 2212.04089) and overlap of
// the subspaces that the deltas write to, each beside the value that random directions would give.
import { matrixShape } from '../../model/rows.ts'
import type { Model } from '../../model/tensor.ts'
import type { Across, TensorRow } from '../../schema/weights.ts'
import { subspaceOverlap } from '../../tensor/factors.ts'
import { elementsOf, pairTensors, type TensorPair } from './pairing.ts'
import type { WeightsPool } from './pool.ts'
import { rowRanges } from './row.ts'

const JOB_ELEMENTS = 1 << 24
/** Matrices whose subspaces are compared, and directions of each that are. */
const MAX_MATRICES = 16
const MAX_DIRECTIONS = 16

export interface AcrossInput {
  base: Model
  variants: readonly Model[]
  /** Rows of each variant's measurement. */
  rows: readonly (readonly TensorRow[])[]
  pool: WeightsPool
}

export async function acrossVariants(input: AcrossInput): Promise<Across> {
  const pairs = input.variants.map((variant) => pairTensors(input.base, variant))
  const names = sharedNames(input.rows)
  const cosine = await deltaCosine(names, pairs, input.pool)
  const overlap = await overlaps(input.rows, pairs, input.pool)
  return { names: input.variants.map(({ name }) => name), ...cosine, ...overlap }
}

/** Names of tensors that are compared for every variant. */
function sharedNames(rows: AcrossInput['rows']): string[] {
  const compared = rows.map((all) => new Set(all.filter(({ sums }) => sums).map(({ name }) => name)))
  return [...compared[0]!].filter((name) => compared.every((names) => names.has(name)))
}

async function deltaCosine(
  names: readonly string[],
  pairs: readonly TensorPair[][],
  pool: WeightsPool,
): Promise<Pick<Across, 'deltaCosine' | 'deltaCosineRandom'>> {
  const count = pairs.length
  const total = new Float64Array(count * count)
  let parameters = 0
  const byName = pairs.map((all) => new Map(all.map((pair) => [pair.name, pair])))
  const jobs = names.flatMap((name) => {
    const same = byName.map((map) => map.get(name)!)
    // A vocabulary that grew has other lengths in other variants: the rows that all of them share.
    const [shape] = same.map((pair) => pair.shape).sort((a, b) => elementsOf(a) - elementsOf(b))
    parameters += elementsOf(shape!)
    return rowRanges(shape!, JOB_ELEMENTS).map(([start, end]) =>
      pool.run({
        kind: 'gram',
        base: same[0]!.base!,
        variants: same.map((pair) => pair.variant!),
        start,
        end,
      }),
    )
  })
  for (const part of await Promise.all(jobs)) {
    for (let i = 0; i < total.length; i++) total[i]! += part[i]!
  }
  const norm = (i: number): number => Math.sqrt(total[i * count + i]!)
  const cell = (i: number, j: number): number | null =>
    norm(i) > 0 && norm(j) > 0 ? total[i * count + j]! / (norm(i) * norm(j)) : null
  return {
    deltaCosine: square(count, cell),
    deltaCosineRandom: parameters > 0 ? 1 / Math.sqrt(parameters) : 0,
  }
}

async function overlaps(
  rows: AcrossInput['rows'],
  pairs: readonly TensorPair[][],
  pool: WeightsPool,
): Promise<Pick<Across, 'subspaceOverlap' | 'subspaceOverlapRandom'>> {
  const names = commonSpectra(rows)
  const count = pairs.length
  const sums = square(count, () => ({ value: 0, random: 0, matrices: 0 }))
  for (const name of names) {
    const bases = await Promise.all(
      pairs.map(async (all, i) => {
        const row = rows[i]!.find((one) => one.name === name)!
        const above = 'absent' in row.spectrum ? 0 : row.spectrum.directionsAbove
        const pair = all.find((one) => one.name === name)!
        return above > 0 ? pool.run({ kind: 'bases', pair, count: Math.min(MAX_DIRECTIONS, above) }) : null
      }),
    )
    const { rows: height } = matrixShape(pairs[0]!.find((pair) => pair.name === name)!.shape)
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        const [one, other] = [bases[i], bases[j]]
        if (!one || !other) continue
        const sum = sums[i]![j]!
        sum.value += subspaceOverlap(one.left, one.k, other.left, other.k)
        sum.random += Math.max(one.k, other.k) / height
        sum.matrices++
      }
    }
  }
  const mean = (of: 'value' | 'random') =>
    sums.map((line) => line.map((sum) => (sum.matrices > 0 ? sum[of] / sum.matrices : null)))
  return { subspaceOverlap: mean('value'), subspaceOverlapRandom: mean('random') }
}

/** For each pair of variants the matrices in which both stand above rounding, those most changed in the first one. */
function commonSpectra(rows: AcrossInput['rows']): string[] {
  const measured = rows.map((all) =>
    all
      .filter((row) => !('absent' in row.spectrum) && row.spectrum.directionsAbove > 0)
      .sort((a, b) => b.sums!.delta / b.sums!.base - a.sums!.delta / a.sums!.base)
      .map((row) => row.name),
  )
  const names = new Set<string>()
  measured.forEach((one, i) => {
    for (const other of measured.slice(i + 1)) {
      const both = new Set(other)
      for (const name of one.filter((candidate) => both.has(candidate)).slice(0, MAX_MATRICES))
        names.add(name)
    }
  })
  return [...names]
}

const square = <T>(count: number, cell: (i: number, j: number) => T): T[][] =>
  Array.from({ length: count }, (_, i) => Array.from({ length: count }, (__, j) => cell(i, j)))
