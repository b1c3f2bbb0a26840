// Two next-token distributions over one vocabulary, from fp32 logits, in fp64: softmax, entropy, divergences, and the
// largest logits. src/tensor/distributions.ts is the other side. Arrays hold a multiple of 4 elements, padded with
// -Infinity, which has probability 0. A probability below e^-708 of the largest counts as 0.

/** Layout of a side's record, in f64: sum of exponentials, sum of e * (logit - max); then the largest logits and ids. */
const TOP: usize = 10
export const VALUES_AT: usize = 16
export const IDS_AT: usize = VALUES_AT + TOP * 4

/** Below this |ln(q/p)| the terms are power series: the plain formulas cancel there. */
const SMALL: f64 = 0.125
const LEAST_EXPONENT: f64 = -708

@inline function low2(values: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(values))
}

@inline function sum2(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}

/** a * x + b. */
@inline function fma(a: v128, x: v128, b: f64): v128 {
  return f64x2.add(f64x2.mul(a, x), f64x2.splat(b))
}

/**
 * e^x for x <= 0: x = n ln 2 + r, the Taylor polynomial of e^r to r^12 (remainder below 2e-16), the exponent by integer
 * addition. The split of ln 2 is fdlibm's: n times its upper part is exact.
 */
@inline function exp2(x: v128): v128 {
  const n = f64x2.nearest(f64x2.mul(x, f64x2.splat(1.4426950408889634)))
  const upper = f64x2.sub(x, f64x2.mul(n, f64x2.splat(6.93147180369123816490e-1)))
  const r = f64x2.sub(upper, f64x2.mul(n, f64x2.splat(1.90821492927058770002e-10)))
  const r2 = f64x2.mul(r, r)
  // Even and odd coefficients apart: two short chains in place of one long.
  let even = fma(f64x2.splat(1.0 / 479001600.0), r2, 1.0 / 3628800.0)
  let odd = fma(f64x2.splat(1.0 / 39916800.0), r2, 1.0 / 362880.0)
  even = fma(even, r2, 1.0 / 40320.0)
  odd = fma(odd, r2, 1.0 / 5040.0)
  even = fma(even, r2, 1.0 / 720.0)
  odd = fma(odd, r2, 1.0 / 120.0)
  even = fma(even, r2, 1.0 / 24.0)
  odd = fma(odd, r2, 1.0 / 6.0)
  even = fma(even, r2, 0.5)
  odd = fma(odd, r2, 1.0)
  even = fma(even, r2, 1.0)
  const value = f64x2.add(even, f64x2.mul(odd, r))
  const exponent = i64x2.shl(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n)), 52)
  return v128.and(i64x2.add(value, exponent), f64x2.ge(x, f64x2.splat(LEAST_EXPONENT)))
}

/** ln x for 1 <= x <= 2, given as numerator/denominator: 2 atanh((n - cd)/(n + cd)) + ln c, c = sqrt 2. */
@inline function logOfRatio(numerator: v128, denominator: v128): v128 {
  const scaled = f64x2.mul(denominator, f64x2.splat(Math.SQRT2))
  const s = f64x2.div(f64x2.sub(numerator, scaled), f64x2.add(numerator, scaled))
  const s2 = f64x2.mul(s, s)
  let series = fma(f64x2.splat(2.0 / 19.0), s2, 2.0 / 17.0)
  series = fma(series, s2, 2.0 / 15.0)
  series = fma(series, s2, 2.0 / 13.0)
  series = fma(series, s2, 2.0 / 11.0)
  series = fma(series, s2, 2.0 / 9.0)
  series = fma(series, s2, 2.0 / 7.0)
  series = fma(series, s2, 2.0 / 5.0)
  series = fma(series, s2, 2.0 / 3.0)
  series = fma(series, s2, 2.0)
  return fma(series, s, 0.34657359027997264)
}

/**
 * The `TOP` largest logits with their ids, in descending order, equal ones by ascending id, into the record; returns
 * the largest, or NaN if any is NaN. `unused` places (a vocabulary below TOP) have id -1.
 */
export function largest(values: usize, count: usize, record: usize): f32 {
  for (let k: usize = 0; k < TOP; k++) {
    store<f32>(record + VALUES_AT + k * 4, -Infinity)
    store<i32>(record + IDS_AT + k * 4, -1)
  }
  let threshold = f32x4.splat(-Infinity)
  let maximum = f32x4.splat(-Infinity)
  for (let i: usize = 0; i < count; i += 4) {
    const v = v128.load(values + i * 4)
    maximum = f32x4.max(maximum, v)
    if (!v128.any_true(f32x4.gt(v, threshold))) continue
    for (let j = i; j < i + 4; j++) insert(load<f32>(values + j * 4), <i32>j, record)
    threshold = f32x4.splat(load<f32>(record + VALUES_AT + (TOP - 1) * 4))
  }
  // f32x4.max keeps NaN.
  return max<f32>(
    max<f32>(f32x4.extract_lane(maximum, 0), f32x4.extract_lane(maximum, 1)),
    max<f32>(f32x4.extract_lane(maximum, 2), f32x4.extract_lane(maximum, 3)),
  )
}

function insert(value: f32, id: i32, record: usize): void {
  const values = record + VALUES_AT
  const ids = record + IDS_AT
  let k = TOP
  while (k > 0 && value > load<f32>(values + (k - 1) * 4)) {
    k--
    if (k + 1 == TOP) continue
    store<f32>(values + (k + 1) * 4, load<f32>(values + k * 4))
    store<i32>(ids + (k + 1) * 4, load<i32>(ids + k * 4))
  }
  if (k == TOP) return
  store<f32>(values + k * 4, value)
  store<i32>(ids + k * 4, id)
}

/** How many values are strictly above `limit`. */
export function countAbove(values: usize, count: usize, limit: f32): i32 {
  const limits = f32x4.splat(limit)
  let above = i32x4.splat(0)
  for (let i: usize = 0; i < count; i += 4) {
    above = i32x4.sub(above, f32x4.gt(v128.load(values + i * 4), limits))
  }
  return i32x4.extract_lane(above, 0) + i32x4.extract_lane(above, 1)
    + i32x4.extract_lane(above, 2) + i32x4.extract_lane(above, 3)
}

/** e^(logit - maximum) of each element into `out`; the record gets their sum and the sum of e * (logit - maximum). */
export function exponentials(values: usize, count: usize, maximum: f32, out: usize, record: usize): void {
  const most = f64x2.splat(maximum)
  let total = f64x2.splat(0)
  let weighted = f64x2.splat(0)
  for (let i: usize = 0; i < count; i += 2) {
    // pmax keeps -Infinity out of 0 * -Infinity; below LEAST_EXPONENT the exponential is 0.
    const x = f64x2.pmax(f64x2.sub(low2(values + i * 4), most), f64x2.splat(LEAST_EXPONENT - 1))
    const e = exp2(x)
    v128.store(out + i * 8, e)
    total = f64x2.add(total, e)
    weighted = f64x2.add(weighted, f64x2.mul(e, x))
  }
  store<f64>(record, sum2(total))
  store<f64>(record, sum2(weighted), 8)
}

/**
 * Sums of divergences into `record` (f64: KL(p || q), KL(q || p), JS, TV), with p and q = exponentials times a scale,
 * and t = ln(q/p) = (variant - base) - shift, from logits. Each term is of one sign, so that sums do not cancel:
 * KL adds p (e^t - 1 - t), whose extra q - p sum to 0; JS adds m h(t), m = (p + q)/2,
 * h = ln 2 - ln(1 + e^-|t|) - |t| e^-|t|/(1 + e^-|t|); TV adds |p - q|/2. For small t these are their Taylor series.
 */
export function divergences(
  base: usize, variant: usize, baseExps: usize, variantExps: usize, count: usize,
  baseScale: f64, variantScale: f64, shift: f64, record: usize,
): void {
  const zero = f64x2.splat(0)
  const half = f64x2.splat(0.5)
  const baseScales = f64x2.splat(baseScale)
  const variantScales = f64x2.splat(variantScale)
  const shifts = f64x2.splat(shift)
  let klSum = zero
  let reverseSum = zero
  let jsSum = zero
  let tvSum = zero
  for (let i: usize = 0; i < count; i += 2) {
    const t = f64x2.sub(f64x2.sub(low2(variant + i * 4), low2(base + i * 4)), shifts)
    const p = f64x2.mul(v128.load(baseExps + i * 8), baseScales)
    const q = f64x2.mul(v128.load(variantExps + i * 8), variantScales)
    const small = f64x2.lt(f64x2.abs(t), f64x2.splat(SMALL))
    let kl = zero
    let reverse = zero
    let js = zero
    let tv = zero
    if (!i64x2.all_true(small)) {
      // Both logits -Infinity: t is NaN, and p = q = 0 keeps it out. One of them: the term is Infinity, as it should.
      const difference = f64x2.sub(q, p)
      const pt = v128.and(f64x2.mul(p, t), f64x2.ne(p, zero))
      const qt = v128.and(f64x2.mul(q, t), f64x2.ne(q, zero))
      const more = f64x2.max(p, q)
      const less = f64x2.min(p, q)
      const both = f64x2.add(p, q)
      const logged = f64x2.sub(f64x2.splat(Math.LN2), logOfRatio(both, more))
      const lessT = v128.and(f64x2.mul(less, f64x2.abs(t)), f64x2.ne(less, zero))
      kl = f64x2.sub(difference, pt)
      reverse = f64x2.sub(qt, difference)
      js = v128.and(f64x2.mul(half, f64x2.sub(f64x2.mul(both, logged), lessT)), f64x2.ne(more, zero))
      tv = f64x2.abs(difference)
    }
    if (v128.any_true(small)) {
      const x = f64x2.mul(t, t)
      const even = fma(fma(fma(f64x2.splat(1.0 / 40320.0), x, 1.0 / 720.0), x, 1.0 / 24.0), x, 0.5)
      const odd = fma(fma(fma(f64x2.splat(1.0 / 362880.0), x, 1.0 / 5040.0), x, 1.0 / 120.0), x, 1.0 / 6.0)
      const cosine = f64x2.mul(even, x)
      const sine = f64x2.mul(f64x2.mul(odd, x), t)
      const expm1 = f64x2.add(t, f64x2.add(cosine, sine))
      const h = fma(
        fma(fma(fma(f64x2.splat(31.0 / 1612800.0), x, -17.0 / 92160.0), x, 1.0 / 576.0), x, -1.0 / 64.0), x, 0.125,
      )
      const moved = f64x2.mul(p, expm1)
      kl = v128.bitselect(f64x2.mul(p, f64x2.add(cosine, sine)), kl, small)
      reverse = v128.bitselect(f64x2.mul(q, f64x2.sub(cosine, sine)), reverse, small)
      js = v128.bitselect(
        f64x2.mul(f64x2.add(p, f64x2.mul(half, moved)), f64x2.mul(h, x)), js, small,
      )
      tv = v128.bitselect(f64x2.abs(moved), tv, small)
    }
    klSum = f64x2.add(klSum, kl)
    reverseSum = f64x2.add(reverseSum, reverse)
    jsSum = f64x2.add(jsSum, js)
    tvSum = f64x2.add(tvSum, tv)
  }
  store<f64>(record, sum2(klSum))
  store<f64>(record, sum2(reverseSum), 8)
  store<f64>(record, sum2(jsSum), 16)
  store<f64>(record, 0.5 * sum2(tvSum), 24)
}
