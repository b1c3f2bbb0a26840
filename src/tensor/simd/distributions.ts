// Two next-token distributions over one vocabulary, from fp32 logits, in fp64: softmax, entropy, divergences, and the
// largest logits. src/tensor/distributions.ts is the other side. Arrays hold a multiple of 4 elements, padded with
// -Infinity, which has probability 0. A probability below e^-708 of the largest counts as 0.

/** Layout of a side's record, in f64: sum of exponentials, sum of e * (logit - max); then the largest logits and ids. */
const TOP: usize = 10
const VALUES_AT: usize = 16
const IDS_AT: usize = VALUES_AT + TOP * 4

/** Below this |ln(q/p)| the terms are power series: the plain formulas cancel there. */
const SMALL: f64 = 0.125
const LEAST_EXPONENT: f64 = -708

@inline function low2(values: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(values))
}

@inline function sum2(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1)
}

/** Constants are read from memory: engines build an immediate one anew wherever it is used, in three instructions. */
@inline function constant(table: usize, index: usize): v128 {
  return v128.load64_splat(table + index * 8)
}

/** a * x + table[index]. */
@inline function fma(a: v128, x: v128, table: usize, index: usize): v128 {
  return f64x2.add(f64x2.mul(a, x), constant(table, index))
}

/** 1/ln 2; 1.5 * 2^52, which added rounds to a whole number, then the low bits of the sum; ln 2 in two; the least x. */
const REDUCTION = memory.data<f64>([
  1.4426950408889634, 6755399441055744, 6.93147180369123816490e-1, 1.90821492927058770002e-10, LEAST_EXPONENT,
])
/** e^r for |r| <= ln 2 / 2, from r^10 down: fitted at Chebyshev nodes, error 2.2e-16. */
const EXP = memory.data<f64>([
  2.7626371065696356e-7, 2.7640197391694845e-6, 2.48015043137855402e-5, 1.98411702305702304e-4,
  1.38888889325147794e-3, 8.33333338569921173e-3, 4.16666666665730677e-2, 0.166666666665543146,
  0.500000000000000562, 1.00000000000000675, 1.0,
])

/**
 * e^x for x <= 0: x = n ln 2 + r, a polynomial in r, the exponent by integer addition. The split of ln 2 is fdlibm's:
 * n times its upper part is exact.
 */
@inline function exp2(x: v128): v128 {
  const shifted = fma(constant(REDUCTION, 0), x, REDUCTION, 1)
  const n = f64x2.sub(shifted, constant(REDUCTION, 1))
  const upper = f64x2.sub(x, f64x2.mul(n, constant(REDUCTION, 2)))
  const r = f64x2.sub(upper, f64x2.mul(n, constant(REDUCTION, 3)))
  const r2 = f64x2.mul(r, r)
  // Even and odd coefficients apart: two short chains in place of one long.
  let even = fma(constant(EXP, 0), r2, EXP, 2)
  let odd = fma(constant(EXP, 1), r2, EXP, 3)
  even = fma(even, r2, EXP, 4)
  odd = fma(odd, r2, EXP, 5)
  even = fma(even, r2, EXP, 6)
  odd = fma(odd, r2, EXP, 7)
  even = fma(even, r2, EXP, 8)
  odd = fma(odd, r2, EXP, 9)
  even = fma(even, r2, EXP, 10)
  const value = f64x2.add(even, f64x2.mul(odd, r))
  return v128.and(i64x2.add(value, i64x2.shl(shifted, 52)), f64x2.ge(x, constant(REDUCTION, 4)))
}

/** c, ln c, and 2 atanh(s)/s as a polynomial in s^2 from s^12 down: fitted at Chebyshev nodes, error 1e-16. */
const LOG = memory.data<f64>([
  1.37204114463983674, 0.316299517658584533, 0.165901147022008395, 0.181403389721244064, 0.222229243883494620,
  0.285714224894219158, 0.400000000250430201, 0.666666666666280418, 2.0000000000000001,
])

/** ln(n/d) for 1 <= n/d <= 1 + e^-SMALL: ln c + 2 atanh(s), s = (n - cd)/(n + cd), c the geometric middle. */
@inline function logOfRatio(numerator: v128, denominator: v128): v128 {
  const scaled = f64x2.mul(denominator, constant(LOG, 0))
  const s = f64x2.div(f64x2.sub(numerator, scaled), f64x2.add(numerator, scaled))
  const s2 = f64x2.mul(s, s)
  let series = fma(constant(LOG, 2), s2, LOG, 3)
  series = fma(series, s2, LOG, 4)
  series = fma(series, s2, LOG, 5)
  series = fma(series, s2, LOG, 6)
  series = fma(series, s2, LOG, 7)
  series = fma(series, s2, LOG, 8)
  return fma(series, s, LOG, 1)
}

/** Taylor coefficients in t^2 of (cosh t - 1)/t^2, of (sinh t - t)/t^3 and of h(t)/t^2, from the highest down. */
const COSINE = memory.data<f64>([1.0 / 40320.0, 1.0 / 720.0, 1.0 / 24.0, 0.5])
const SINE = memory.data<f64>([1.0 / 362880.0, 1.0 / 5040.0, 1.0 / 120.0, 1.0 / 6.0])
const JENSEN = memory.data<f64>([31.0 / 1612800.0, -17.0 / 92160.0, 1.0 / 576.0, -1.0 / 64.0, 0.125])
const MISCELLANY = memory.data<f64>([SMALL, 0.5, Math.LN2])

@inline function series4(x: v128, table: usize): v128 {
  return fma(fma(fma(constant(table, 0), x, table, 1), x, table, 2), x, table, 3)
}

/**
 * The `TOP` largest logits with their ids, in descending order, equal ones by ascending id, into the record; returns
 * the largest, or NaN if any is NaN. Places that stay empty have id -1.
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
    const small = f64x2.lt(f64x2.abs(t), constant(MISCELLANY, 0))
    let kl = zero
    let reverse = zero
    let js = zero
    let tv = zero
    if (!i64x2.all_true(small)) {
      const difference = f64x2.sub(q, p)
      const more = f64x2.pmax(p, q)
      const less = f64x2.pmin(p, q)
      const both = f64x2.add(p, q)
      const logged = f64x2.mul(both, f64x2.sub(constant(MISCELLANY, 2), logOfRatio(both, more)))
      tv = f64x2.abs(difference)
      kl = f64x2.sub(difference, f64x2.mul(p, t))
      reverse = f64x2.sub(f64x2.mul(q, t), difference)
      js = f64x2.sub(logged, f64x2.mul(less, f64x2.abs(t)))
      const isZero = f64x2.eq(less, zero)
      if (v128.any_true(isZero)) {
        // t is NaN where both logits are -Infinity; where one is, its side's terms are 0 and the other's Infinity.
        const pIsZero = f64x2.eq(p, zero)
        const qIsZero = f64x2.eq(q, zero)
        kl = v128.bitselect(difference, kl, pIsZero)
        reverse = v128.bitselect(f64x2.neg(difference), reverse, qIsZero)
        js = v128.bitselect(f64x2.mul(both, constant(MISCELLANY, 2)), js, isZero)
      }
      js = f64x2.mul(constant(MISCELLANY, 1), js)
    }
    if (v128.any_true(small)) {
      const x = f64x2.mul(t, t)
      const cosine = f64x2.mul(series4(x, COSINE), x)
      const sine = f64x2.mul(f64x2.mul(series4(x, SINE), x), t)
      const expm1 = f64x2.add(t, f64x2.add(cosine, sine))
      const h = fma(series4(x, JENSEN), x, JENSEN, 4)
      const moved = f64x2.mul(p, expm1)
      kl = v128.bitselect(f64x2.mul(p, f64x2.add(cosine, sine)), kl, small)
      reverse = v128.bitselect(f64x2.mul(q, f64x2.sub(cosine, sine)), reverse, small)
      js = v128.bitselect(
        f64x2.mul(f64x2.add(p, f64x2.mul(constant(MISCELLANY, 1), moved)), f64x2.mul(h, x)), js, small,
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
