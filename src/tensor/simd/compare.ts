// Sums over pairs of elements. Blocks of 64 are summed in fp32 lanes (16 terms a lane) and added to fp64 sums; a block
// that holds what is not finite, or is too small or too large for fp32 squares, is done again one by one in fp64.
import { ABS, bytesOf, coarser1, coarser4, load1, load4, ulp1, ulp4 } from './floats'
import {
  ABOVE_ONE_ULP, add, BASE_DELTA, BASE_SQUARES, count4, DELTA_SQUARES, DOT, HISTOGRAM, histogram4, MAX_ABS_DELTA,
  MAX_SPACING, max4, NON_FINITE, raise, SAME, SIGN_FLIPS, SPACING_SQUARES, sum4, VARIANT_SQUARES, ZERO_DELTAS,
} from './sums'

const BLOCK: usize = 64
/** Magnitudes whose squares, and squares of spacings, are normal numbers in fp32: see isPlain. */
const SMALL_SQUARES: f64 = 8.7e-19  // 2^-60
const SMALL_DELTA_SQUARES: f64 = 8.1e-28  // 2^-90
const LARGEST: f64 = 3.4e38

/** One element, in fp64. `isCounted`: the histogram holds it already. */
@inline function one(p: usize, b: f32, v: f32, spacing: f32, isSame: bool, isCounted: bool): void {
  const d = v - b
  const bucket = p + HISTOGRAM + <usize>((reinterpret<u32>(d) >> 18) & 0x1ffc)
  if (!(abs(b) <= f32.MAX_VALUE) || !(abs(v) <= f32.MAX_VALUE)) {
    add(p, NON_FINITE, 1)
    if (isCounted) store<u32>(bucket, load<u32>(bucket) - 1)
    return
  }
  if (!isCounted) store<u32>(bucket, load<u32>(bucket) + 1)
  const base = <f64>b
  const variant = <f64>v
  const delta = variant - base
  add(p, BASE_SQUARES, base * base)
  add(p, VARIANT_SQUARES, variant * variant)
  add(p, DOT, base * variant)
  add(p, BASE_DELTA, base * delta)
  add(p, DELTA_SQUARES, delta * delta)
  add(p, SPACING_SQUARES, <f64>spacing * <f64>spacing)
  raise(p, MAX_SPACING, <f64>spacing)
  raise(p, MAX_ABS_DELTA, abs(delta))
  if (isSame) add(p, SAME, 1)
  if (d == 0) add(p, ZERO_DELTAS, 1)
  if (abs(delta) > <f64>spacing) add(p, ABOVE_ONE_ULP, 1)
  if (base * variant < 0) add(p, SIGN_FLIPS, 1)
}

/** Where the spacings come from: S is bool for formats' own, f32 for an array of them. */
@inline function spacing1<B, V, S>(b: f32, v: f32, spacings: usize): f32 {
  if (isFloat<S>()) return load<f32>(spacings)
  return coarser1<B, V>(max<u32>(reinterpret<u32>(b) & ABS, reinterpret<u32>(v) & ABS))
}

function elements<B, V, S>(p: usize, base: usize, variant: usize, spacings: usize, count: usize, isCounted: bool): void {
  for (let i: usize = 0; i < count; i++) {
    const b = load1<B>(base + i * bytesOf<B>())
    const v = load1<V>(variant + i * bytesOf<V>())
    const isSame = hasBits<B, V, S>() ? reinterpret<u32>(b) == reinterpret<u32>(v) : b == v
    one(p, b, v, spacing1<B, V, S>(b, v, spacings + i * 4), isSame, isCounted)
  }
}

/** Equal formats are compared by bit pattern, others by value. */
@inline function hasBits<B, V, S>(): bool {
  return !isFloat<S>() && isFloat<B>() == isFloat<V>() && isSigned<B>() == isSigned<V>()
}

@inline function isPlain(baseSquares: f64, variantSquares: f64, deltaSquares: f64, maxDelta: bool): bool {
  return baseSquares > SMALL_SQUARES && baseSquares < LARGEST
    && variantSquares > SMALL_SQUARES && variantSquares < LARGEST
    && deltaSquares < LARGEST && (deltaSquares > SMALL_DELTA_SQUARES || !maxDelta)
}

function pass<B, V, S>(p: usize, base: usize, variant: usize, spacings: usize, count: usize): void {
  const h = p + HISTOGRAM
  const absolute = i32x4.splat(ABS)
  const zero = i32x4.splat(0)
  let same = zero
  let zeros = zero
  let above = zero
  let flips = zero
  let maxDelta = zero
  let maxSpacing = zero
  const whole = count / BLOCK * BLOCK
  for (let at: usize = 0; at < whole; at += BLOCK) {
    let baseSquares = zero
    let variantSquares = zero
    let dot = zero
    let baseDelta = zero
    let deltaSquares = zero
    let spacingSquares = zero
    let blockDelta = zero
    let blockSpacing = zero
    const sameBefore = same
    const zerosBefore = zeros
    const aboveBefore = above
    const flipsBefore = flips
    for (let i = at; i < at + BLOCK; i += 4) {
      const b = load4<B>(base + i * bytesOf<B>())
      const v = load4<V>(variant + i * bytesOf<V>())
      const d = f32x4.sub(v, b)
      baseSquares = f32x4.add(baseSquares, f32x4.mul(b, b))
      variantSquares = f32x4.add(variantSquares, f32x4.mul(v, v))
      dot = f32x4.add(dot, f32x4.mul(b, v))
      baseDelta = f32x4.add(baseDelta, f32x4.mul(b, d))
      deltaSquares = f32x4.add(deltaSquares, f32x4.mul(d, d))
      const magnitude = v128.and(d, absolute)
      const bMagnitude = v128.and(b, absolute)
      const vMagnitude = v128.and(v, absolute)
      const ulp = isFloat<S>() ? v128.load(spacings + i * 4) : coarser4<B, V>(i32x4.max_s(bMagnitude, vMagnitude))
      spacingSquares = f32x4.add(spacingSquares, f32x4.mul(ulp, ulp))
      blockSpacing = i32x4.max_s(blockSpacing, ulp)
      blockDelta = i32x4.max_s(blockDelta, magnitude)
      above = i32x4.sub(above, f32x4.gt(magnitude, ulp))
      const equal = f32x4.eq(b, v)
      zeros = i32x4.sub(zeros, equal)
      if (hasBits<B, V, S>()) same = i32x4.sub(same, i32x4.eq(b, v))
      const bothNonzero = i32x4.gt_s(i32x4.min_s(bMagnitude, vMagnitude), zero)
      flips = i32x4.add(flips, i32x4.shr_u(v128.and(v128.xor(b, v), bothNonzero), 31))
      histogram4(h, magnitude)
    }
    const baseSum = sum4(baseSquares)
    const variantSum = sum4(variantSquares)
    const deltaSum = sum4(deltaSquares)
    if (isPlain(baseSum, variantSum, deltaSum, v128.any_true(blockDelta))) {
      add(p, BASE_SQUARES, baseSum)
      add(p, VARIANT_SQUARES, variantSum)
      add(p, DELTA_SQUARES, deltaSum)
      add(p, DOT, sum4(dot))
      add(p, BASE_DELTA, sum4(baseDelta))
      add(p, SPACING_SQUARES, sum4(spacingSquares))
      maxDelta = i32x4.max_s(maxDelta, blockDelta)
      maxSpacing = i32x4.max_s(maxSpacing, blockSpacing)
    } else {
      same = sameBefore
      zeros = zerosBefore
      above = aboveBefore
      flips = flipsBefore
      elements<B, V, S>(p, base + at * bytesOf<B>(), variant + at * bytesOf<V>(), spacings + at * 4, BLOCK, true)
    }
  }
  add(p, SAME, count4(hasBits<B, V, S>() ? same : zeros))
  add(p, ZERO_DELTAS, count4(zeros))
  add(p, ABOVE_ONE_ULP, count4(above))
  add(p, SIGN_FLIPS, count4(flips))
  raise(p, MAX_ABS_DELTA, max4(maxDelta))
  raise(p, MAX_SPACING, max4(maxSpacing))
  elements<B, V, S>(
    p, base + whole * bytesOf<B>(), variant + whole * bytesOf<V>(), spacings + whole * 4, count - whole, false,
  )
}

/** `pair`: 3 * base + variant, with 0 for F32, 1 for BF16, 2 for F16. */
export function compare(pair: i32, p: usize, base: usize, variant: usize, count: usize): void {
  switch (pair) {
    case 0: return pass<f32, f32, bool>(p, base, variant, 0, count)
    case 1: return pass<f32, u16, bool>(p, base, variant, 0, count)
    case 2: return pass<f32, i16, bool>(p, base, variant, 0, count)
    case 3: return pass<u16, f32, bool>(p, base, variant, 0, count)
    case 4: return pass<u16, u16, bool>(p, base, variant, 0, count)
    case 5: return pass<u16, i16, bool>(p, base, variant, 0, count)
    case 6: return pass<i16, f32, bool>(p, base, variant, 0, count)
    case 7: return pass<i16, u16, bool>(p, base, variant, 0, count)
    case 8: return pass<i16, i16, bool>(p, base, variant, 0, count)
    default: unreachable()
  }
}

export function compareValues(p: usize, base: usize, variant: usize, spacings: usize, count: usize): void {
  pass<f32, f32, f32>(p, base, variant, spacings, count)
}

/** Sums of one side alone: what `pass` would give for equal sides. */
function single<T>(p: usize, values: usize, count: usize): void {
  let maxSpacing = i32x4.splat(0)
  const whole = count / BLOCK * BLOCK
  for (let at: usize = 0; at < whole; at += BLOCK) {
    let squares = i32x4.splat(0)
    let spacingSquares = i32x4.splat(0)
    let blockSpacing = i32x4.splat(0)
    for (let i = at; i < at + BLOCK; i += 4) {
      const v = load4<T>(values + i * bytesOf<T>())
      const ulp = ulp4<T>(v128.and(v, i32x4.splat(ABS)))
      squares = f32x4.add(squares, f32x4.mul(v, v))
      spacingSquares = f32x4.add(spacingSquares, f32x4.mul(ulp, ulp))
      blockSpacing = i32x4.max_s(blockSpacing, ulp)
    }
    const sum = sum4(squares)
    if (sum > SMALL_SQUARES && sum < LARGEST) {
      add(p, BASE_SQUARES, sum)
      add(p, SPACING_SQUARES, sum4(spacingSquares))
      maxSpacing = i32x4.max_s(maxSpacing, blockSpacing)
    } else singleElements<T>(p, values + at * bytesOf<T>(), BLOCK)
  }
  raise(p, MAX_SPACING, max4(maxSpacing))
  singleElements<T>(p, values + whole * bytesOf<T>(), count - whole)
}

function singleElements<T>(p: usize, values: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++) {
    const v = load1<T>(values + i * bytesOf<T>())
    if (!(abs(v) <= f32.MAX_VALUE)) {
      add(p, NON_FINITE, 1)
      continue
    }
    const spacing = <f64>ulp1<T>(reinterpret<u32>(v) & ABS)
    add(p, BASE_SQUARES, <f64>v * <f64>v)
    add(p, SPACING_SQUARES, spacing * spacing)
    raise(p, MAX_SPACING, spacing)
  }
}

export function sumsOf(type: i32, p: usize, values: usize, count: usize): void {
  switch (type) {
    case 0: return single<f32>(p, values, count)
    case 1: return single<u16>(p, values, count)
    case 2: return single<i16>(p, values, count)
    default: unreachable()
  }
}
