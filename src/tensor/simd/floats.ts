// Element types and their spacing. AssemblyScript, not TypeScript: scripts/build.mjs compiles this folder.
// Types are given as marker types: f32 is F32, u16 is BF16, i16 is F16.

export const ABS: i32 = 0x7fffffff
const EXPONENT: i32 = 0x7f800000

@inline export function bytesOf<T>(): usize {
  return sizeof<T>()
}

/** Four values as fp32. F16: its bits are those of an fp32 number 2^112 too small, subnormals included. */
@inline export function load4<T>(p: usize): v128 {
  if (isFloat<T>()) return v128.load(p)
  const half = v128.load_ext<u16>(p)
  if (!isSigned<T>()) return i32x4.shl(half, 16)
  const magnitude = i32x4.shl(v128.and(half, i32x4.splat(0x7fff)), 13)
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>((127 + 112) << 23)))
  const special = i32x4.gt_s(magnitude, i32x4.splat((31 << 23) - 1))
  const sign = i32x4.shl(v128.and(half, i32x4.splat(0x8000)), 16)
  return v128.or(v128.or(value, v128.and(special, i32x4.splat(EXPONENT))), sign)
}

@inline export function load1<T>(p: usize): f32 {
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
@inline export function ulp4<T>(magnitude: v128): v128 {
  const exponent = v128.and(magnitude, i32x4.splat(EXPONENT))
  if (isFloat<T>()) return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(1 << 23)), f32x4.splat(1.1920928955078125e-7))
  if (!isSigned<T>()) return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(1 << 23)), f32x4.splat(0.0078125))
  return f32x4.mul(i32x4.max_s(exponent, i32x4.splat(113 << 23)), f32x4.splat(0.0009765625))
}

@inline export function ulp1<T>(magnitude: u32): f32 {
  const exponent = magnitude & EXPONENT
  if (isFloat<T>()) return reinterpret<f32>(max<u32>(exponent, 1 << 23)) * <f32>1.1920928955078125e-7
  if (!isSigned<T>()) return reinterpret<f32>(max<u32>(exponent, 1 << 23)) * <f32>0.0078125
  return reinterpret<f32>(max<u32>(exponent, 113 << 23)) * <f32>0.0009765625
}

/** Of the coarser of two formats: F32 is never coarser; F16 and BF16 take turns. */
@inline export function coarser4<B, V>(magnitude: v128): v128 {
  if (isFloat<B>()) return ulp4<V>(magnitude)
  if (isFloat<V>() || isSigned<B>() == isSigned<V>()) return ulp4<B>(magnitude)
  return f32x4.max(ulp4<B>(magnitude), ulp4<V>(magnitude))
}

@inline export function coarser1<B, V>(magnitude: u32): f32 {
  if (isFloat<B>()) return ulp1<V>(magnitude)
  if (isFloat<V>() || isSigned<B>() == isSigned<V>()) return ulp1<B>(magnitude)
  return max<f32>(ulp1<B>(magnitude), ulp1<V>(magnitude))
}
