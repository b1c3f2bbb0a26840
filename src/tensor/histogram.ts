// Histogram of magnitudes by the top 11 bits of their fp32 pattern (8 of the exponent, 3 of the mantissa): 8 buckets an
// octave, so a quantile is known to within an eighth of its value, whatever the scale. Zeros are not in it.

export const BUCKETS = 2048

const bits = new Uint32Array(1)
const asFloat = new Float32Array(bits.buffer)

/** Smallest magnitude of a bucket. */
function bucketStart(bucket: number): number {
  bits[0] = bucket << 20
  return asFloat[0]!
}

/** [bucket, count] of what is not empty, in ascending order: how a histogram is written down. */
export function sparse(histogram: ArrayLike<number>): [number, number][] {
  const pairs: [number, number][] = []
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    if (histogram[bucket]! > 0) pairs.push([bucket, histogram[bucket]!])
  }
  return pairs
}

/**
 * The p-quantile (0 <= p <= 1) of n magnitudes: those of the histogram, ascending, and zeros for the rest of n.
 * Linear interpolation inside a bucket. NaN for n = 0.
 */
export function quantile(histogram: readonly (readonly [number, number])[], n: number, p: number): number {
  if (n === 0) return Number.NaN
  const target = p * n
  let below = n - histogram.reduce((sum, [, count]) => sum + count, 0)
  if (target <= below) return 0
  for (const [bucket, count] of histogram) {
    if (below + count >= target) {
      const start = bucketStart(bucket)
      return start + ((target - below) / count) * (bucketStart(bucket + 1) - start)
    }
    below += count
  }
  return bucketStart(histogram.at(-1)![0] + 1)
}
