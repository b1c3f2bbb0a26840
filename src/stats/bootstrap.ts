// Percentile bootstrap of a mean paired difference (Efron 1979; Davison and Hinkley 1997, section 5.3): problems are
// drawn with replacement, or whole clusters, never the two sides apart.

import { checkFraction, checkPaired, checkScores, checkWhole } from './check.ts'
import type { Cluster } from './clustered.ts'
import { randomBits } from './random.ts'
import type { Interval } from './rate.ts'

export interface BootstrapOptions {
  /** Whole number; the same seed gives the same limits. */
  seed: number
  draws?: number
  /** Name of each difference's cluster: clusters are drawn whole. */
  clusters?: readonly Cluster[]
  /** Two-sided level. */
  level?: number
}

/**
 * Limits of the mean difference, in the unit of the scores: order statistics (draws + 1)·(1 - level)/2 from either
 * end. Needs some 30 problems (or clusters) that carry the difference: with fewer it covers too rarely, as t does, and
 * `pairedDifference` chooses an interval that does not.
 */
export function pairedBootstrap(differences: readonly number[], options: BootstrapOptions): Interval {
  const { seed, draws = 9_999, clusters, level = 0.95 } = options
  checkScores('differences', differences, 2)
  checkFraction('level', level)
  checkWhole('draws', draws, Math.ceil(2 / (1 - level)) - 1)
  const units = clusters
    ? clusterUnits(differences, clusters)
    : { sums: Float64Array.from(differences), sizes: null }
  const means = resampledMeans(units, { next: randomBits(seed), draws }).sort()
  const tail = (1 - level) / 2
  return {
    low: orderStatistic(means, (draws + 1) * tail),
    high: orderStatistic(means, (draws + 1) * (1 - tail)),
  }
}

/** What is drawn: its sum of differences and its number of problems (null: one each). */
interface Units {
  sums: Float64Array
  sizes: Float64Array | null
}

function clusterUnits(differences: readonly number[], clusters: readonly Cluster[]): Units {
  checkPaired({ name: 'differences', list: differences }, { name: 'clusters', list: clusters })
  const totals = new Map<Cluster, { sum: number; size: number }>()
  differences.forEach((difference, i) => {
    const total = totals.get(clusters[i]!) ?? { sum: 0, size: 0 }
    totals.set(clusters[i]!, { sum: total.sum + difference, size: total.size + 1 })
  })
  if (totals.size < 2) throw new RangeError(`clusters must name at least 2 clusters, got ${totals.size}`)
  const list = [...totals.values()]
  return { sums: Float64Array.from(list, (t) => t.sum), sizes: Float64Array.from(list, (t) => t.size) }
}

function resampledMeans(
  { sums, sizes }: Units,
  { next, draws }: { next: () => number; draws: number },
): Float64Array {
  const count = sums.length
  const scale = count / 4_294_967_296
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let size = sizes ? 0 : count
    for (let i = 0; i < count; i++) {
      const unit = Math.floor(next() * scale)
      sum += sums[unit]!
      if (sizes) size += sizes[unit]!
    }
    means[draw] = sum / size
  }
  return means
}

// Rank from 1, between two order statistics by straight line.
function orderStatistic(sorted: Float64Array, rank: number): number {
  const inside = Math.min(sorted.length, Math.max(1, rank))
  const below = Math.floor(inside + 1e-9)
  const part = Math.max(0, inside - below)
  const low = sorted[below - 1]!
  return part < 1e-9 ? low : low + part * (sorted[below]! - low)
}
