// Passes over arrays that need no record of sums.
import { bytesOf, load1, load4 } from './floats'

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
