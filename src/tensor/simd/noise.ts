// Simulated rounding noise. src/tensor/random.ts makes the same numbers in TypeScript.

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
