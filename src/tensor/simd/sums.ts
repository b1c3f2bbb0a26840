// The record of sums that passes add to, and the horizontal sums of lanes.
// Fields are f64 each, in the order in which src/tensor/kernels.ts reads them.

export const BASE_SQUARES: usize = 0
export const VARIANT_SQUARES: usize = 8
export const DOT: usize = 16
export const BASE_DELTA: usize = 24
export const DELTA_SQUARES: usize = 32
export const SPACING_SQUARES: usize = 40
export const MAX_SPACING: usize = 48
export const MAX_ABS_DELTA: usize = 56
export const SAME: usize = 64
export const ZERO_DELTAS: usize = 72
export const ABOVE_ONE_ULP: usize = 80
export const SIGN_FLIPS: usize = 88
export const NON_FINITE: usize = 96
/** Two histograms of 2048 counts behind the sums: neighbouring elements count in different ones. */
export const HISTOGRAM: usize = 128
export const HISTOGRAM_BYTES: usize = 8192

@inline export function add(p: usize, field: usize, value: f64): void {
  store<f64>(p + field, load<f64>(p + field) + value)
}

@inline export function raise(p: usize, field: usize, value: f64): void {
  if (value > load<f64>(p + field)) store<f64>(p + field, value)
}

@inline export function sum4(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1)
    + <f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3)
}

@inline export function count4(v: v128): f64 {
  return <f64>i32x4.extract_lane(v, 0) + <f64>i32x4.extract_lane(v, 1)
    + <f64>i32x4.extract_lane(v, 2) + <f64>i32x4.extract_lane(v, 3)
}

@inline export function max4(v: v128): f64 {
  return <f64>reinterpret<f32>(max<i32>(
    max<i32>(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1)),
    max<i32>(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)),
  ))
}

@inline function countIn(p: usize, offset: i32): void {
  store<u32>(p + <usize>offset, load<u32>(p + <usize>offset) + 1)
}

/** Adds four |delta| to the histogram: bucket = exponent and 3 bits of mantissa, times 4 bytes. */
@inline export function histogram4(h: usize, magnitude: v128): void {
  const offsets = v128.and(i32x4.shr_u(magnitude, 18), i32x4.splat(0x1ffc))
  countIn(h, i32x4.extract_lane(offsets, 0))
  countIn(h + HISTOGRAM_BYTES, i32x4.extract_lane(offsets, 1))
  countIn(h, i32x4.extract_lane(offsets, 2))
  countIn(h + HISTOGRAM_BYTES, i32x4.extract_lane(offsets, 3))
}
