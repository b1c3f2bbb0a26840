// Rows of predictions: against NumPy and SciPy, against plain fp64 sums, and at the edges of what logits can be.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COLUMN, openRowStatistics, ROW_LENGTH } from '../../src/measure/predictions/rows.ts'
import { TOKEN_COLUMNS, type TokenColumn } from '../../src/schema/tokenColumns.ts'
import { openDistributions } from '../../src/tensor/distributions.ts'
import { UserError } from '../../src/util/errors.ts'
import { uniforms } from '../support/predictions.ts'

interface Golden {
  size: number
  kind: string
  next: number
  row: Record<TokenColumn, number>
}
const goldens: Golden[] = JSON.parse(
  readFileSync(new URL('../goldens/predictions/rows.json', import.meta.url), 'utf8'),
)

const STEPS = { equal: 0, near: 3e-5, moderate: 0.5, far: 12, peaked: 1, ties: 2, masked: 1 }

/** As make_rows.py has them. */
function logitsOf({ size, kind }: Golden): { base: Float32Array; variant: Float32Array } {
  const base = Float32Array.from(uniforms(1, size), (u) => u * 20 - 10)
  const step = STEPS[kind as keyof typeof STEPS]
  const variant = Float32Array.from(uniforms(2, size), (u, i) => base[i]! + (u - 0.5) * step)
  if (kind === 'peaked') {
    base[size >> 1] = 60
    variant[size >> 1] = 55
    variant[Math.floor(size / 3)] = 50
  }
  if (kind === 'ties') for (const side of [base, variant]) side.set(side.map(roundToEven))
  if (kind === 'masked') for (const side of [base, variant]) side.fill(Number.NEGATIVE_INFINITY, -3)
  return { base, variant }
}

function roundToEven(x: number): number {
  const below = Math.floor(x)
  if (x - below !== 0.5) return Math.round(x)
  return below % 2 === 0 ? below : below + 1
}

/** Both sides in plain fp64, and all that is compared in the kernel. */
function compare(base: Float32Array, variant: Float32Array) {
  const distributions = openDistributions(base.length)
  const side = distributions.setBase(base)
  return { base: side, ...distributions.compareVariant(variant) }
}

function rowOf(base: Float32Array, variant: Float32Array, next = 0): Record<TokenColumn, number> {
  const statistics = openRowStatistics(base.length)
  statistics.setBase({ logits: base, next })
  const out = new Float32Array(ROW_LENGTH)
  statistics.addVariant(variant, out, 0)
  return Object.fromEntries(TOKEN_COLUMNS.map((name) => [name, out[COLUMN[name]]])) as Record<
    TokenColumn,
    number
  >
}

const relative = (got: number, wanted: number): number =>
  got === wanted ? 0 : Math.abs(got - wanted) / Math.max(Math.abs(wanted), 1e-300)

describe('against NumPy and SciPy', () => {
  it.each(goldens.map((golden) => [`${golden.kind}, ${golden.size} tokens`, golden] as const))(
    '%s',
    (_, golden) => {
      const { base, variant } = logitsOf(golden)
      const got = compare(base, variant)
      for (const name of ['kl', 'klReverse', 'js', 'tv'] as const)
        expect(relative(got[name], golden.row[name]), name).toBeLessThan(name === 'tv' ? 1e-10 : 1e-12)
      expect(Math.abs(got.base.entropy - golden.row.baseEntropy)).toBeLessThan(1e-13)
      expect(Math.abs(got.variant.entropy - golden.row.variantEntropy)).toBeLessThan(1e-13)
      const row = rowOf(base, variant, golden.next)
      // One rounding to fp32; what is near 0 has 1e-15 of its own.
      for (const name of TOKEN_COLUMNS)
        expect(Math.abs(row[name] - golden.row[name]), name).toBeLessThan(
          6e-8 * Math.abs(golden.row[name]) + 1e-15,
        )
    },
  )
})

describe('properties', () => {
  const logit = fc.float({ min: -30, max: 30, noNaN: true })
  const pair = fc
    .integer({ min: 1, max: 40 })
    .chain((size) =>
      fc.tuple(
        fc.array(logit, { minLength: size, maxLength: size }),
        fc.array(logit, { minLength: size, maxLength: size }),
        fc.constantFrom(1, 0.1, 1e-3, 1e-5),
      ),
    )
  it('equals plain sums, is never negative, and is symmetric where it should be', () => {
    fc.assert(
      fc.property(pair, ([a, d, scale]) => {
        const base = Float32Array.from(a)
        const variant = base.map((x, i) => x + d[i]! * scale)
        const got = compare(base, variant)
        const back = compare(variant, base)
        const [p, q] = [softmax(base), softmax(variant)]
        const plain = { kl: 0, klReverse: 0, js: 0, tv: 0 }
        p.forEach((x, i) => {
          const y = q[i]!
          if (x > 0) plain.kl += x * Math.log(x / y)
          if (y > 0) plain.klReverse += y * Math.log(y / x)
          plain.js += (x * Math.log((2 * x) / (x + y))) / 2 + (y * Math.log((2 * y) / (x + y))) / 2
          plain.tv += Math.abs(x - y) / 2
        })
        for (const name of ['kl', 'klReverse', 'js', 'tv'] as const) {
          expect(Math.abs(got[name] - plain[name])).toBeLessThan(2e-14 * (1 + plain[name]))
          expect(got[name]).toBeGreaterThanOrEqual(0)
        }
        expect(got.js).toBeLessThanOrEqual(Math.LN2)
        expect(relative(back.kl, got.klReverse)).toBeLessThan(1e-9)
        expect(relative(back.js, got.js)).toBeLessThan(1e-9)
        // Pinsker: TV^2 <= KL/2.
        expect(got.tv ** 2).toBeLessThanOrEqual(got.kl / 2 + 1e-15)
      }),
      { numRuns: 300 },
    )
  })

  it('does not see a constant that is added to all logits, and is exactly 0 on equal ones', () => {
    const base = Float32Array.from(uniforms(3, 999), (u) => Math.round(u * 64) / 4)
    expect(compare(base, base)).toMatchObject({ kl: 0, klReverse: 0, js: 0, tv: 0, rank: 1 })
    const moved = compare(
      base,
      base.map((x) => x + 16),
    )
    expect(moved.kl).toBeLessThan(1e-28)
    expect(moved.tv).toBeLessThan(1e-13)
  })
})

function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits)
  const exps = Array.from(logits, (x) => Math.exp(x - most))
  const total = exps.reduce((sum, x) => sum + x, 0)
  return exps.map((x) => x / total)
}

describe('edges', () => {
  const NEVER = Number.NEGATIVE_INFINITY
  it('probability 0 on one side makes a divergence infinite, on both nothing', () => {
    const base = Float32Array.of(1, 2, NEVER, NEVER, 0)
    const variant = Float32Array.of(1, 2, NEVER, 1, NEVER)
    const { kl, klReverse, js, tv } = compare(base, variant)
    expect(kl).toBe(Number.POSITIVE_INFINITY)
    expect(klReverse).toBe(Number.POSITIVE_INFINITY)
    const [p, q] = [softmax(base), softmax(variant)]
    expect(tv).toBeCloseTo(
      p.reduce((sum, x, i) => sum + Math.abs(x - q[i]!) / 2, 0),
      14,
    )
    const terms = p.map((x, i) => {
      const middle = (x + q[i]!) / 2
      return [x, q[i]!].reduce((sum, y) => sum + (y > 0 ? (y * Math.log(y / middle)) / 2 : 0), 0)
    })
    expect(js).toBeCloseTo(
      terms.reduce((sum, x) => sum + x, 0),
      14,
    )
  })

  it('disjoint distributions: JS ln 2, TV 1', () => {
    const { js, tv, kl } = compare(Float32Array.of(0, NEVER, NEVER, 1), Float32Array.of(NEVER, 5, 5, NEVER))
    expect([js, tv, kl]).toEqual([Math.LN2, 1, Number.POSITIVE_INFINITY])
  })

  it('probabilities that underflow keep their logits', () => {
    const { kl, klReverse } = compare(Float32Array.of(0, -2000), Float32Array.of(-2000, 0))
    expect(kl).toBe(2000)
    expect(klReverse).toBe(2000)
  })

  it('ties: the lowest id is the most probable, and rank counts what is strictly larger', () => {
    const base = Float32Array.of(0, 3, 3, 1, 1)
    expect(rowOf(base, Float32Array.of(3, 3, 3, 0, 0))).toMatchObject({ baseTop: 1, variantTop: 0, rank: 1 })
    expect(rowOf(base, Float32Array.of(4, 3, 5, 3, 3))).toMatchObject({ variantTop: 2, rank: 3 })
  })

  it('the ten largest, against a sort', () => {
    const values = Float32Array.from(uniforms(9, 5000), (u) => Math.round(u * 300))
    const sorted = Array.from(values.keys()).sort((i, j) => values[j]! - values[i]! || i - j)
    const got = openDistributions(5000).setBase(values)
    expect(got.largest).toEqual(sorted.slice(0, 10))
    expect(openDistributions(3).setBase(Float32Array.of(1, NEVER, 2)).largest).toEqual([2, 0])
  })

  it('logits that are no numbers are an error that names position, side and token', () => {
    const statistics = openRowStatistics(6)
    const good = new Float32Array(6)
    const at = (i: number, x: number) => good.with(i, x)
    const base = (logits: Float32Array) => () =>
      statistics.setBase({ logits, next: 1, name: 'prose/a, token 17' })
    expect(base(at(4, Number.NaN))).toThrow("prose/a, token 17: the base's logit of token 4 is NaN")
    expect(base(at(5, Number.POSITIVE_INFINITY))).toThrow("the base's logit of token 5 is Infinity")
    expect(base(good.map(() => NEVER))).toThrow('all 6 logits of the base are -Infinity')
    base(good)()
    const out = new Float32Array(ROW_LENGTH)
    expect(() => statistics.addVariant(at(2, Number.NaN), out, 0)).toThrow(
      "prose/a, token 17: the variant's logit of token 2 is NaN",
    )
    // With its name the model itself is named: there may be several variants.
    const named = () => statistics.addVariant(at(2, Number.NaN), out, 0, 'models/second')
    expect(named).toThrow('models/second: at prose/a, token 17, the logit of token 2 is NaN')
    expect(named).toThrow(UserError)
    expect(() => statistics.addVariant(new Float32Array(5), out, 0)).toThrow(
      'variant has 5 logits in a vocabulary of 6',
    )
    expect(() => statistics.setBase({ logits: good, next: 6 })).toThrow('token 6 is not in a vocabulary of 6')
  })

  it('after a bad position the base is not the one before', () => {
    const distributions = openDistributions(2)
    distributions.setBase(Float32Array.of(1, 2))
    expect(() => distributions.setBase(Float32Array.of(Number.NaN, 0))).toThrow('NaN')
    expect(() => distributions.compareVariant(Float32Array.of(1, 2))).toThrow('setBase comes before')
  })
})
