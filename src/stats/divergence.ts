// Kullback-Leibler divergence of one position's next-token distributions, in nats. It measures how much changed, not
// in which direction, and near the base it stops predicting scores (arXiv 2606.19558).

/** How far probabilities may be from summing to 1: float32 log-softmax over a large vocabulary stays far below. */
const SUM_TOLERANCE = 1e-3

/**
 * Σ_v p_base(v)·(log p_base(v) - log p_variant(v)) in nats, from natural log-probabilities over one whole vocabulary.
 */
export function klDivergence(baseLogProbs: ArrayLike<number>, variantLogProbs: ArrayLike<number>): number {
  const size = baseLogProbs.length
  if (variantLogProbs.length !== size || size === 0) {
    throw new RangeError(
      `baseLogProbs and variantLogProbs must be of one length above 0, got ${size} and ${variantLogProbs.length}`,
    )
  }
  let sum = 0
  let baseTotal = 0
  let variantTotal = 0
  for (let i = 0; i < size; i++) {
    const p = Math.exp(baseLogProbs[i]!)
    baseTotal += p
    variantTotal += Math.exp(variantLogProbs[i]!)
    if (p > 0) sum += p * (baseLogProbs[i]! - variantLogProbs[i]!)
  }
  checkTotal('baseLogProbs', baseTotal)
  checkTotal('variantLogProbs', variantTotal)
  // Never negative but for rounding.
  return Math.max(0, sum)
}

function checkTotal(name: string, total: number): void {
  if (!(Math.abs(total - 1) <= SUM_TOLERANCE)) {
    throw new RangeError(`${name} must be log-probabilities of a whole distribution, got a sum of ${total}`)
  }
}
