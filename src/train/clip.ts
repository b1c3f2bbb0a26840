// The norm over all gradients, and what they are multiplied with so that it stays below a limit: torch's clip_grad_norm_,
// with sums in fp64.

/** What torch adds to the norm before it divides by it. */
const NORM_EPSILON = 1e-6

/** `factor` is 1 where `clip` is null or the norm is below it. A gradient that is no number gives a norm that is none. */
export function clipFactor(
  gradients: ReadonlyMap<string, Float32Array>,
  clip: number | null,
): { norm: number; factor: number } {
  let squares = 0
  for (const gradient of gradients.values()) squares += sumOfSquares(gradient)
  const norm = Math.sqrt(squares)
  return { norm, factor: clip === null ? 1 : Math.min(1, clip / (norm + NORM_EPSILON)) }
}

/** Four sums side by side: the additions do not wait for each other. */
function sumOfSquares(values: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  const whole = values.length - (values.length % 4)
  for (let i = 0; i < whole; i += 4) {
    s0 += values[i]! * values[i]!
    s1 += values[i + 1]! * values[i + 1]!
    s2 += values[i + 2]! * values[i + 2]!
    s3 += values[i + 3]! * values[i + 3]!
  }
  for (let i = whole; i < values.length; i++) s0 += values[i]! * values[i]!
  return s0 + s1 + (s2 + s3)
}
