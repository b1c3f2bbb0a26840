// Reproducible random numbers: xoshiro128** (Blackman and Vigna 2018, arXiv 1805.01407), its state filled by
// splitmix64 as its authors advise. For resampling and simulation, not for secrets.

/** Numbers in [0, 1), uniform on the multiples of 2^-32, the same for the same whole-number seed everywhere. */
export function random(seed: number): () => number {
  const next = randomBits(seed)
  return () => next() / 4_294_967_296
}

/** Unsigned 32-bit integers, the same for the same whole-number seed everywhere. */
export function randomBits(seed: number): () => number {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, got ${seed}`)
  const [low, high] = [splitmix64(BigInt(seed), 1n), splitmix64(BigInt(seed), 2n)]
  const word = (value: bigint, shift: bigint): number => Number((value >> shift) & 0xffff_ffffn)
  return xoshiro128starstar([word(low, 0n), word(low, 32n), word(high, 0n), word(high, 32n)])
}

/** The generator itself, from four 32-bit words that are not all zero. */
export function xoshiro128starstar(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state
  return () => {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return scrambled >>> 0
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

/** The n-th output (from 1) of splitmix64 (Steele, Lea and Flood 2014). */
function splitmix64(seed: bigint, n: bigint): bigint {
  const wrap = (x: bigint): bigint => BigInt.asUintN(64, x)
  let z = wrap(seed + n * 0x9e37_79b9_7f4a_7c15n)
  z = wrap((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
  z = wrap((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn)
  return z ^ (z >> 31n)
}
