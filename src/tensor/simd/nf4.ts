// NF4 back to fp32: sixteen codes at a time through four tables, one for each byte of the codebook's values.
// AssemblyScript; src/tensor/nf4Decoder.ts is the other side.

/** Writes the 16 values of `codes`, a code a byte, times `scale`. */
@inline function emit(codes: v128, tables: usize, scale: v128, out: usize): void {
  const byte0 = i8x16.swizzle(v128.load(tables), codes)
  const byte1 = i8x16.swizzle(v128.load(tables, 16), codes)
  const byte2 = i8x16.swizzle(v128.load(tables, 32), codes)
  const byte3 = i8x16.swizzle(v128.load(tables, 48), codes)
  const low0 = v128.shuffle<u8>(byte0, byte1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  const high0 = v128.shuffle<u8>(byte2, byte3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  const low1 = v128.shuffle<u8>(byte0, byte1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  const high1 = v128.shuffle<u8>(byte2, byte3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  v128.store(out, f32x4.mul(v128.shuffle<u16>(low0, high0, 0, 8, 1, 9, 2, 10, 3, 11), scale))
  v128.store(out, f32x4.mul(v128.shuffle<u16>(low0, high0, 4, 12, 5, 13, 6, 14, 7, 15), scale), 16)
  v128.store(out, f32x4.mul(v128.shuffle<u16>(low1, high1, 0, 8, 1, 9, 2, 10, 3, 11), scale), 32)
  v128.store(out, f32x4.mul(v128.shuffle<u16>(low1, high1, 4, 12, 5, 13, 6, 14, 7, 15), scale), 48)
}

/** `blocks` blocks of 32 bytes of codes, the first of two in the high bits, and a scale each -> 64 fp32 values each. */
export function decodeNf4(tables: usize, codes: usize, scales: usize, out: usize, blocks: usize): void {
  for (let block: usize = 0; block < blocks; block++) {
    const scale = f32x4.splat(load<f32>(scales + block * 4))
    for (let half: usize = 0; half < 2; half++) {
      const pairs = v128.load(codes + block * 32 + half * 16)
      const first = i8x16.shr_u(pairs, 4)
      const second = v128.and(pairs, i8x16.splat(15))
      const to = out + block * 256 + half * 128
      emit(v128.shuffle<u8>(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), tables, scale, to)
      emit(v128.shuffle<u8>(first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), tables, scale, to + 64)
    }
  }
}
