// Passes over elements in WebAssembly SIMD. AssemblyScript, not TypeScript: scripts/build.mjs compiles it.
// Element types are given as marker types: f32 is F32, u16 is BF16, i16 is F16.
// Blocks of 64 elements are summed in fp32 lanes (16 terms a lane) and added to fp64 sums; a block that holds what is
// not finite, or is too small or too large for fp32 squares, is done again one by one in fp64.

const BLOCK: usize = 64
/** Magnitudes whose squares, and squares of spacings, are normal numbers in fp32: see isPlain. */
const SMALL_SQUARES: f64 = 8.7e-19  // 2^-60
const SMALL_DELTA_SQUARES: f64 = 8.1e-28  // 2^-90
const LARGEST: f64 = 3.4e38
const ABS: i32 = 0x7fffffff
const EXPONENT: i32 = 0x7f800000

// Fields of the sums, f64 each, in the order of src/tensor/kernels.ts.
const BASE_SQUARES: usize = 0
const VARIANT_SQUARES: usize = 8
const DOT: usize = 16
const BASE_DELTA: usize = 24
const DELTA_SQUARES: usize = 32
const SPACING_SQUARES: usize = 40
const MAX_SPACING: usize = 48
const MAX_ABS_DELTA: usize = 56
const SAME: usize = 64
const ZERO_DELTAS: usize = 72
const ABOVE_ONE_ULP: usize = 80
const SIGN_FLIPS: usize = 88
const NON_FINITE: usize = 96
/** Two histograms of 2048 counts behind the sums: neighbouring elements count in different ones. */
const HISTOGRAM: usize = 128
const HISTOGRAM_BYTES: usize = 8192

@inline function add(p: usize, field: usize, value: f64): void {
  store<f64>(p + field, load<f64>(p + field) + value)
}

@inline function raise(p: usize, field: usize, value: f64): void {
  if (value > load<f64>(p + field)) store<f64>(p + field, value)
}

@inline function bytesOf<T>(): usize {
  return sizeof<T>()
}

/** Four values as fp32. F16: its bits are those of an fp32 number 2^112 too small, subnormals included. */
@inline function load4<T>(p: usize): v128 {
  if (isFloat<T>()) return v128.load(p)
  const half = v128.load_ext<u16>(p)
  if (!isSigned<T>()) return i32x4.shl(half, 16)
  const magnitude = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13)
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>((127 + 112) << 23)))
  const special = i32x4.gt_s(magnitude, i32x4.splat((31 << 23) - 1))
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16)
  return v128.or(v128.or(value, v128.and(special, i32x4.splat(EXPONENT))), sign)
}

@inline function load1<T>(p: usize): f32 {
  if (isFloat<T>()) return load<f32>(p)
  const half = <u32>load<u16>(p)
  if (!isSigned<T>()) return reinterpret<f32>(half << 16)
  const magnitude = (half & 0x7fff) << 13
  const sign = (half & 0x8000) << 16
  if (magnitude >= (31 << 23)) return reinterpret<f32>(magnitude | EXPONENT | sign)
  const value = reinterpret<f32>(magnitude) * reinterpret<f32>((127 + 112) << 23)
  return reinterpret<f32>(reinterpret<u32>(value) | sign)
}

/** Unit in the last place of T at a magnitude of these fp32 bits; subnormals have that of the smallest normal number. */
@inline function ulp4<T>(magnitude: v128): v128 {
  const exponent = v128.and(magnitude, i32x4.splat(EXPONENT))
  if (isFloat<T>()) return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(1 << 23)), f32x4.splat(1.1920928955078125e-7))
  if (!isSigned<T>()) return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(1 << 23)), f32x4.splat(0.0078125))
  return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(113 << 23)), f32x4.splat(0.0009765625))
}

@inline function ulp1<T>(magnitude: u32): f32 {
  const exponent = magnitude & EXPONENT
  if (isFloat<T>()) return reinterpret<f32>(max<u32>(exponent, 1 << 23)) * <f32>1.1920928955078125e-7
  if (!isSigned<T>()) return reinterpret<f32>(max<u32>(exponent, 1 << 23)) * <f32>0.0078125
  return reinterpret<f32>(max<u32>(exponent, 113 << 23)) * <f32>0.0009765625
}

/** Of the coarser of two formats: F32 is never coarser; F16 and BF16 take turns. */
@inline function coarser4<B, V>(magnitude: v128): v128 {
  if (isFloat<B>()) return ulp4<V>(magnitude)
  if (isFloat<V>() || isSigned<B>() == isSigned<V>()) return ulp4<B>(magnitude)
  return f32x4.max(ulp4<B>(magnitude), ulp4<V>(magnitude))
}

@inline function coarser1<B, V>(magnitude: u32): f32 {
  if (isFloat<B>()) return ulp1<V>(magnitude)
  if (isFloat<V>() || isSigned<B>() == isSigned<V>()) return ulp1<B>(magnitude)
  return max<f32>(ulp1<B>(magnitude), ulp1<V>(magnitude))
}

@inline function sum4(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1)
    + <f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3)
}

@inline function count4(v: v128): f64 {
  return <f64>i32x4.extract_lane(v, 0) + <f64>i32x4.extract_lane(v, 1)
    + <f64>i32x4.extract_lane(v, 2) + <f64>i32x4.extract_lane(v, 3)
}

@inline function max4(v: v128): f64 {
  return <f64>reinterpret<f32>(max<i32>(
    max<i32>(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)),
    max<i32>(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)),
  ))
}

@inline function countIn(p: usize, offset: i32): void {
  store<u32>(p + <usize>offset, load<u32>(p + <usize>offset) + 1)
}

/** Adds four |delta| to the histogram: bucket = exponent and 3 bits of mantissa, times 4 bytes. */
@inline function histogram4(h: usize, magnitude: v128): void {
  const offsets = v128.and(i32x4.shr_u(magnitude, 18), i32x4.splat(0x1ffc))
  countIn(h, i32x4.extract_lane(offsets, 0))
  countIn(h + HISTOGRAM_BYTES, i32x4.extract_lane(offsets, 1))
  countIn(h, i32x4.extract_lane(offsets, 2))
  countIn(h + HISTOGRAM_BYTES, i32x4.extract_lane(offsets, 3))
}

/** One element, in fp64. `isCounted`: the histogram holds it already. */
@inline function one(p: usize, b: f32, v: f32, spacing: f32, isSame: bool, isCounted: bool): void {
  const d = v - b
  const bucket = p + HISTOGRAM + <usize>((reinterpret<u32>(d) >> 18) & 0x1ffc)
  if (!(abs(b) <= <f32>LARGEST) || !(abs(v) <= <f32>LARGEST)) {
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
    if (!(abs(v) <= <f32>LARGEST)) {
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

/** variant - base as fp32 into `out`. */
function differences<B, V>(base: usize, variant: usize, out: usize, count: usize): void {
  const whole = count / 4 * 4
  for (let i: usize = 0; i < whole; i += 4) {
    v128.store(out + i * 4, f32x4.sub(load4<V>(variant + i * bytesOf<V>()), load4<B>(base + i * bytesOf<B>())))
  }
  for (let i = whole; i < count; i++) {
    store<f32>(out + i * 4, load1<V>(variant + i * bytesOf<V>()) - load1<B>(base + i * bytesOf<B>()))
  }
}

export function subtract(pair: i32, base: usize, variant: usize, out: usize, count: usize): void {
  switch (pair) {
    case 0: return differences<f32, f32>(base, variant, out, count)
    case 1: return differences<f32, u16>(base, variant, out, count)
    case 2: return differences<f32, i16>(base, variant, out, count)
    case 3: return differences<u16, f32>(base, variant, out, count)
    case 4: return differences<u16, u16>(base, variant, out, count)
    case 5: return differences<u16, i16>(base, variant, out, count)
    case 6: return differences<i16, f32>(base, variant, out, count)
    case 7: return differences<i16, u16>(base, variant, out, count)
    case 8: return differences<i16, i16>(base, variant, out, count)
    default: unreachable()
  }
}

/** Sum of products of two fp32 arrays: fp32 products, fp64 sums. */
export function dot(left: usize, right: usize, count: usize): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  const whole = count / 4 * 4
  for (let i: usize = 0; i < whole; i += 4) {
    const product = f32x4.mul(v128.load(left + i * 4), v128.load(right + i * 4))
    low = f64x2.add(low, f64x2.promote_low_f32x4(product))
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<u32>(product, product, 2, 3, 2, 3)))
  }
  const both = f64x2.add(low, high)
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)
  for (let i = whole; i < count; i++) sum += <f64>load<f32>(left + i * 4) * <f64>load<f32>(right + i * 4)
  return sum
}

/** 1 if the first `bytes` bytes are equal. The areas are padded to 16 bytes, but what lies there is not. */
export function bytesEqual(left: usize, right: usize, bytes: usize): bool {
  const whole = bytes / 64 * 64
  for (let i: usize = 0; i < whole; i += 64) {
    const a = v128.xor(v128.load(left + i), v128.load(right + i))
    const b = v128.xor(v128.load(left + i, 16), v128.load(right + i, 16))
    const c = v128.xor(v128.load(left + i, 32), v128.load(right + i, 32))
    const d = v128.xor(v128.load(left + i, 48), v128.load(right + i, 48))
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) return false
  }
  for (let i = whole; i < bytes; i++) if (load<u8>(left + i) != load<u8>(right + i)) return false
  return true
}

/** Mixes 32 bits so that each depends on all (C. Wellons, "lowbias32"). */
@inline function mix4(x: v128): v128 {
  x = v128.xor(x, i32x4.shr_u(x, 16))
  x = i32x4.mul(x, i32x4.splat(0x7feb352d))
  x = v128.xor(x, i32x4.shr_u(x, 15))
  x = i32x4.mul(x, i32x4.splat(0x846ca68b))
  return v128.xor(x, i32x4.shr_u(x, 16))
}

@inline function uniform4(index: v128, seed: v128, key: v128): v128 {
  const bits = i32x4.shr_u(mix4(v128.xor(mix4(v128.xor(index, seed)), key)), 9)
  const centred = f32x4.add(f32x4.convert_i32x4_s(bits), f32x4.splat(0.5))
  return f32x4.sub(f32x4.mul(centred, f32x4.splat(1.1920928955078125e-7)), f32x4.splat(0.5))
}

/**
 * out[i] = spacing of i * u(seed, first + i), u uniform in (-1/2, 1/2) with 23 bits: a function of seed and index alone.
 * S is f32 for spacings as they are, u8 for their exponents. There is room for a multiple of 4.
 */
@inline function noise<S>(seed: i32, key: i32, firstLow: i32, spacings: usize, out: usize, count: usize): void {
  const seeds = i32x4.splat(seed)
  const keys = i32x4.splat(key)
  let index = i32x4.add(i32x4.splat(firstLow), i32x4(0, 1, 2, 3))
  for (let i: usize = 0; i < count; i += 4) {
    let spacing: v128
    if (isFloat<S>()) spacing = v128.load(spacings + i * 4)
    else {
      const words = i16x8.extend_low_i8x16_u(v128.load32_zero(spacings + i))
      spacing = i32x4.shl(i32x4.extend_low_i16x8_u(words), 23)
    }
    v128.store(out + i * 4, f32x4.mul(uniform4(index, seeds, keys), spacing))
    index = i32x4.add(index, i32x4.splat(4))
  }
}

export function uniformNoise(seed: i32, key: i32, first: i32, spacings: usize, out: usize, count: usize): void {
  noise<f32>(seed, key, first, spacings, out, count)
}

export function exponentNoise(seed: i32, key: i32, first: i32, exponents: usize, out: usize, count: usize): void {
  noise<u8>(seed, key, first, exponents, out, count)
}
