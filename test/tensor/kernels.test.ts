// The SIMD passes against plain fp64, on ordinary values and on every kind of bit pattern.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUCKETS, sparse } from '../../src/tensor/histogram.ts'
import { type DeltaSums, emptySums, type FloatDtype, openKernels } from '../../src/tensor/kernels.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import { decode, encode, FLOAT_DTYPES, gaussian, roundTo, ulpOf, writeBits } from '../support/matrices.ts'

const kernels = openKernels({ chunkElements: 1 << 16 })
const PAIRS = FLOAT_DTYPES.flatMap((base) => FLOAT_DTYPES.map((variant) => ({ base, variant })))

function compareBits(
  pair: { base: FloatDtype; variant: FloatDtype },
  base: number[],
  variant: number[],
): DeltaSums {
  writeBits(pair.base, base, kernels.baseBytes)
  writeBits(pair.variant, variant, kernels.variantBytes)
  const sums = emptySums()
  kernels.compare(sums, { ...pair, count: base.length })
  return sums
}

/** The definition of DeltaSums, element by element. */
function reference(
  base: ArrayLike<number>,
  variant: ArrayLike<number>,
  spacingAt: (i: number) => number,
  isSame: (i: number) => boolean,
): DeltaSums {
  const sums = emptySums()
  for (let i = 0; i < base.length; i++) {
    const [b, v] = [base[i]!, variant[i]!]
    if (!Number.isFinite(b) || !Number.isFinite(v)) {
      sums.nonFinite++
      continue
    }
    const [delta, spacing] = [v - b, spacingAt(i)]
    sums.n++
    sums.baseSquares += b * b
    sums.variantSquares += v * v
    sums.dot += b * v
    sums.baseDelta += b * delta
    sums.deltaSquares += delta * delta
    sums.spacingSquares += spacing * spacing
    sums.maxSpacing = Math.max(sums.maxSpacing, spacing)
    sums.maxAbsDelta = Math.max(sums.maxAbsDelta, Math.abs(delta))
    sums.changed += Number(!isSame(i))
    sums.aboveOneUlp += Number(Math.abs(delta) > spacing)
    sums.signFlips += Number((b < 0 && v > 0) || (b > 0 && v < 0))
    if (delta !== 0) sums.histogram[bucketOf(delta)]!++
  }
  return sums
}

const bucketOf = (delta: number): number =>
  (new Uint32Array(Float32Array.of(Math.abs(delta)).buffer)[0]! >>> 20) & (BUCKETS - 1)

function referenceOfBits(
  pair: { base: FloatDtype; variant: FloatDtype },
  base: number[],
  variant: number[],
): DeltaSums {
  const [b, v] = [
    base.map((bits) => decode(pair.base, bits)),
    variant.map((bits) => decode(pair.variant, bits)),
  ]
  const spacingAt = (i: number): number => {
    const magnitude = Math.max(Math.abs(b[i]!), Math.abs(v[i]!))
    return Math.max(ulpOf(pair.base, magnitude), ulpOf(pair.variant, magnitude))
  }
  return reference(b, v, spacingAt, (i) =>
    pair.base === pair.variant ? base[i] === variant[i] : b[i] === v[i],
  )
}

function expectClose(got: DeltaSums, wanted: DeltaSums): void {
  const exact = ['n', 'changed', 'aboveOneUlp', 'signFlips', 'nonFinite', 'maxSpacing'] as const
  for (const key of exact) expect(got[key], key).toBe(wanted[key])
  expect(sparse(got.histogram)).toEqual(sparse(wanted.histogram))
  const near = (key: keyof DeltaSums, scale: number): void => {
    expect(Math.abs((got[key] as number) - (wanted[key] as number)), key).toBeLessThanOrEqual(1e-6 * scale)
  }
  for (const key of [
    'baseSquares',
    'variantSquares',
    'deltaSquares',
    'spacingSquares',
    'maxAbsDelta',
  ] as const) {
    near(key, wanted[key])
  }
  near('dot', Math.sqrt(wanted.baseSquares * wanted.variantSquares))
  near('baseDelta', Math.sqrt(wanted.baseSquares * wanted.deltaSquares))
}

/** Deltas of half a percent, one element in ten unchanged. */
function trainedPair(pair: { base: FloatDtype; variant: FloatDtype }, count: number): [number[], number[]] {
  const [weights, moves] = [gaussian(1, count), gaussian(2, count)]
  const base = Array.from(weights, (w) => roundTo(pair.base, 0.02 * w))
  const variant = base.map((w, i) => roundTo(pair.variant, i % 10 === 0 ? w : w + 1e-4 * moves[i]!))
  return [base.map((x) => encode(pair.base, x)), variant.map((x) => encode(pair.variant, x))]
}

describe.each(PAIRS)('$base and $variant', (pair) => {
  it('gives the sums of plain fp64 on ordinary weights, whatever the length', () => {
    const [base, variant] = trainedPair(pair, 1403)
    for (const count of [0, 1, 3, 4, 63, 64, 65, 1403]) {
      const [b, v] = [base.slice(0, count), variant.slice(0, count)]
      expectClose(compareBits(pair, b, v), referenceOfBits(pair, b, v))
    }
  })

  it('gives them on any bit patterns: subnormals, infinities, NaN, zeros of both signs', () => {
    const pattern = (dtype: FloatDtype) => {
      const [size, one] = dtype === 'F32' ? [32, 0x3f800000] : [16, dtype === 'F16' ? 0x3c00 : 0x3f80]
      const any = fc.integer({ min: 0, max: 2 ** size - 1 })
      const sign = 2 ** (size - 1)
      const infinity = dtype === 'F32' ? 0x7f800000 : dtype === 'F16' ? 0x7c00 : 0x7f80
      const special = fc.constantFrom(
        0,
        sign,
        1,
        sign + 1,
        sign - 1,
        infinity,
        infinity - 1,
        sign + infinity - 1,
      )
      const usual = fc.integer({ min: -2000, max: 2000 }).map((offset) => one + offset)
      return fc.oneof(
        { weight: 1, arbitrary: any },
        { weight: 1, arbitrary: special },
        { weight: 4, arbitrary: usual },
      )
    }
    const element = fc.tuple(pattern(pair.base), pattern(pair.variant))
    fc.assert(
      fc.property(fc.array(element, { minLength: 60, maxLength: 200, size: 'max' }), (elements) => {
        const [base, variant] = [elements.map(([b]) => b), elements.map(([, v]) => v)]
        expectClose(compareBits(pair, base, variant), referenceOfBits(pair, base, variant))
      }),
      { numRuns: 40 },
    )
  })
})

describe('precision', () => {
  it('stays within 1e-6 of fp64 on magnitudes from 1e-25 to 1e15', () => {
    const count = 1 << 16
    const [sizes, moves] = [gaussian(5, count), gaussian(6, count)]
    const base = Array.from(sizes, (z, i) => roundTo('F32', (i % 2 ? 1 : -1) * 10 ** (-5 + 5 * z)))
    const variant = base.map((x, i) => roundTo('F32', x * (1 + 1e-3 * moves[i]!)))
    const pair = { base: 'F32', variant: 'F32' } as const
    const bits = (values: number[]): number[] => values.map((x) => encode('F32', x))
    expectClose(
      compareBits(pair, bits(base), bits(variant)),
      referenceOfBits(pair, bits(base), bits(variant)),
    )
  })

  it('keeps tiny tensors and tiny deltas, whose squares fp32 cannot hold', () => {
    const pair = { base: 'F32', variant: 'F32' } as const
    for (const scale of [1e-30, 1e-22, 1e25]) {
      const base = Array.from(gaussian(7, 200), (z) => encode('F32', Math.fround(scale * z)))
      const variant = base.map((bits) => bits + 1)
      const sums = compareBits(pair, base, variant)
      expect(sums.deltaSquares).toBeGreaterThan(0)
      expectClose(sums, referenceOfBits(pair, base, variant))
    }
  })
})

describe('what counts as what', () => {
  const bf16 = { base: 'BF16', variant: 'BF16' } as const
  const sumsOfOne = (b: number, v: number): DeltaSums => compareBits(bf16, [b], [v])

  it('0 and -0 differ in their bits and in nothing else', () => {
    const sums = sumsOfOne(0x0000, 0x8000)
    expect(sums).toMatchObject({ n: 1, changed: 1, maxAbsDelta: 0, signFlips: 0, aboveOneUlp: 0 })
    expect(sums.histogram.every((count) => count === 0)).toBe(true)
    const mixed = compareBits({ base: 'BF16', variant: 'F32' }, [0x0000], [0x80000000])
    expect(mixed.changed).toBe(0)
  })

  it('one unit in the last place is not above one; the larger magnitude sets the unit', () => {
    expect(sumsOfOne(0x3f80, 0x3f81).aboveOneUlp).toBe(0)
    expect(sumsOfOne(0x3f80, 0x3f82).aboveOneUlp).toBe(1)
    // From 1 down by two steps of half the size: one unit at 1.
    expect(sumsOfOne(0x3f80, 0x3f7e).aboveOneUlp).toBe(0)
    expect(sumsOfOne(0x3f80, 0x3f7d).aboveOneUlp).toBe(1)
  })

  it('a change of sign counts when neither side is zero, however small', () => {
    expect(sumsOfOne(0x0001, 0x8001).signFlips).toBe(1)
    expect(sumsOfOne(0x0000, 0x8001).signFlips).toBe(0)
  })

  it('what is not finite on either side is counted and left out', () => {
    const sums = compareBits(bf16, [0x7f80, 0x3f80, 0x7fc0, 0x3f80], [0x3f80, 0xff80, 0x7fc0, 0x3f80])
    expect(sums).toMatchObject({ n: 1, nonFinite: 3, baseSquares: 1, changed: 0, deltaSquares: 0 })
  })

  it('adds up over calls', () => {
    const [base, variant] = trainedPair(bf16, 500)
    const sums = emptySums()
    for (const [start, end] of [
      [0, 200],
      [200, 500],
    ]) {
      writeBits('BF16', base.slice(start, end), kernels.baseBytes)
      writeBits('BF16', variant.slice(start, end), kernels.variantBytes)
      kernels.compare(sums, { ...bf16, count: end! - start! })
    }
    expectClose(sums, referenceOfBits(bf16, base, variant))
  })

  it('refuses more elements than its memory holds', () => {
    expect(() => kernels.compare(emptySums(), { ...bf16, count: (1 << 16) + 1 })).toThrow(RangeError)
  })
})

describe('other passes', () => {
  it.each(FLOAT_DTYPES)('sumsOf %s is what compare gives for equal sides', (dtype) => {
    const patterns = trainedPair({ base: dtype, variant: dtype }, 777)[0]
    patterns[5] = dtype === 'F32' ? 0x7fc00000 : 0x7fc0
    const compared = compareBits({ base: dtype, variant: dtype }, patterns, patterns)
    const alone = emptySums()
    kernels.sumsOf(alone, dtype, patterns.length)
    expectClose(alone, compared)
  })

  it('compareValues takes the spacings it is given', () => {
    const count = 1001
    const base = Float32Array.from(gaussian(1, count))
    const variant = base.map((x, i) => (i % 3 === 0 ? x : x + 0.01 * Math.sin(i)))
    const spacings = base.map((_, i) => 0.004 * (1 + (i % 5)))
    kernels.base.set(base)
    kernels.variant.set(variant)
    kernels.spacings.set(spacings)
    const sums = emptySums()
    kernels.compareValues(sums, count)
    expectClose(
      sums,
      reference(
        base,
        variant,
        (i) => spacings[i]!,
        (i) => base[i] === variant[i],
      ),
    )
  })

  it('subtract and rowSquares', () => {
    const pair = { base: 'F16', variant: 'BF16' } as const
    const [base, variant] = trainedPair(pair, 30)
    writeBits('F16', base, kernels.baseBytes)
    writeBits('BF16', variant, kernels.variantBytes)
    const deltas = kernels.subtract({ ...pair, count: 30 })
    const wanted = base.map((bits, i) => Math.fround(decode('BF16', variant[i]!) - decode('F16', bits)))
    expect([...deltas]).toEqual(wanted)
    const squares = [0, 1, 2].map((row) =>
      wanted.slice(row * 10, row * 10 + 10).reduce((sum, d) => sum + d * d, 0),
    )
    for (const [row, square] of kernels.rowSquares(3, 10).entries())
      expect(square / squares[row]!).toBeCloseTo(1, 6)
  })

  it('dot', () => {
    const count = 1003
    kernels.base.set(gaussian(3, count))
    kernels.variant.set(gaussian(4, count))
    let wanted = 0
    for (let i = 2; i < count; i++) wanted += kernels.base[i]! * kernels.variant[i]!
    expect(kernels.dot(count - 2, 2)).toBeCloseTo(wanted, 4)
  })

  it('bytesEqual sees a change of any one byte and nothing behind the last', () => {
    kernels.baseBytes.fill(7)
    kernels.variantBytes.fill(7)
    for (let at = 0; at < 150; at++) {
      kernels.variantBytes[at] = 8
      expect(kernels.bytesEqual(at)).toBe(true)
      expect(kernels.bytesEqual(at + 1)).toBe(false)
      expect(kernels.bytesEqual(200)).toBe(false)
      kernels.variantBytes[at] = 7
    }
    expect(kernels.bytesEqual(200)).toBe(true)
  })
})

describe('uniformNoise', () => {
  const seed = 2 ** 40 + 12345

  it('is a function of seed and index, scaled by the spacings', () => {
    const count = 1000
    kernels.spacings.fill(0.25)
    const whole = kernels.uniformNoise({ seed, firstIndex: 0, count }).slice()
    expect([...whole]).toEqual([...uniformValues(seed, count).map((u) => u / 4)])
    const part = kernels.uniformNoise({ seed, firstIndex: 333, count: 101 }).slice()
    expect([...part]).toEqual([...whole.subarray(333, 434)])
    const exponents = new Uint8Array(count).fill(125)
    expect([...kernels.uniformNoise({ seed, firstIndex: 0, count, exponents })]).toEqual([...whole])
  })

  it('goes on across 2^32 elements', () => {
    kernels.spacings.fill(1)
    const firstIndex = 2 ** 32 - 6
    const across = kernels.uniformNoise({ seed, firstIndex, count: 20 }).slice()
    expect([...across]).toEqual([...uniformValues(seed, 20, firstIndex)])
    expect(across[6]).not.toBe(uniformValues(seed, 1)[0])
  })

  it('has the mean, the variance and the independence of uniform numbers', () => {
    const count = 1 << 16
    kernels.spacings.fill(1)
    const noise = kernels.uniformNoise({ seed, firstIndex: 0, count }).slice()
    const mean = (values: Float32Array): number => values.reduce((sum, x) => sum + x, 0) / values.length
    // Five standard errors each.
    expect(Math.abs(mean(noise))).toBeLessThan(5 / Math.sqrt(12 * count))
    expect(Math.abs(mean(noise.map((x) => x * x)) - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * count))
    for (const lag of [1, 2, 4, 1024]) {
      const products = noise.subarray(lag).map((x, i) => x * noise[i]!)
      expect(Math.abs(mean(products))).toBeLessThan(5 / (12 * Math.sqrt(count - lag)))
    }
    expect(Math.max(...noise.map(Math.abs))).toBeLessThan(0.5)
    const other = kernels.uniformNoise({ seed: seed + 2 ** 32, firstIndex: 0, count })
    expect(Math.abs(mean(noise.map((x, i) => x * other[i]!)))).toBeLessThan(5 / (12 * Math.sqrt(count)))
  })
})
