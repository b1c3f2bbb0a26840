// Scores that come in clusters (several problems from one source, several tasks of one kind): problems of a cluster
// are not independent, so the clusters are what is counted. The cluster-robust error of an intercept-only regression
// (Liang and Zeger 1986) with the C/(C - 1) correction.
import type { Estimate } from '../schema/estimate.ts'
import { checkPaired, checkScores } from './check.ts'
import { criticalT } from './distributions.ts'

/** Name of a cluster. */
export type Cluster = string | number

/**
 * Standard error of the mean under clustering, sqrt(C/(C - 1)·Σ_c(Σ_{i in c}(s_i - s̄))²)/n, in the unit of the
 * scores. Needs two clusters.
 */
export function clusteredSe(scores: readonly number[], clusters: readonly Cluster[]): number {
  return summary(scores, clusters).se
}

/**
 * Mean of the scores with the 95 % interval s̄ ± t·(clustered SE), t of C - 1 degrees of freedom; n is the number of
 * clusters.
 */
export function clusteredMean(scores: readonly number[], clusters: readonly Cluster[]): Estimate {
  const { mean, se, count } = summary(scores, clusters)
  const half = criticalT(count - 1) * se
  return { value: mean, low: mean - half, high: mean + half, n: count, method: 'clustered-t' }
}

function summary(
  scores: readonly number[],
  clusters: readonly Cluster[],
): { mean: number; se: number; count: number } {
  checkScores('scores', scores, 2)
  checkPaired({ name: 'scores', list: scores }, { name: 'clusters', list: clusters })
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const residuals = new Map<Cluster, number>()
  scores.forEach((score, i) => {
    residuals.set(clusters[i]!, (residuals.get(clusters[i]!) ?? 0) + (score - mean))
  })
  const count = residuals.size
  if (count < 2) throw new RangeError(`clusters must name at least 2 clusters, got ${count}`)
  let squares = 0
  for (const residual of residuals.values()) squares += residual * residual
  return { mean, se: Math.sqrt((count / (count - 1)) * squares) / scores.length, count }
}
