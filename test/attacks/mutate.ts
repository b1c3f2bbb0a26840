// Files that went wrong at random: bytes changed, the end cut off, text or numbers put in. Shared by the fuzz tests of
// all formats; fast-check shrinks what fails.
import fc from 'fast-check'

export type Mutation = (bytes: Buffer) => Buffer

/** A share of the file's length, evenly spread: fast-check's doubles crowd at 0, and would change first bytes only. */
const place = fc.integer({ min: 0, max: 2 ** 30 - 1 }).map((n) => n / 2 ** 30)

/** One byte becomes another. */
export const flip: fc.Arbitrary<Mutation> = fc
  .tuple(place, fc.integer({ min: 0, max: 255 }))
  .map(([at, byte]) => (bytes) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[Math.min(copy.length - 1, Math.floor(at * copy.length))] = byte
    return copy
  })

/** The end is missing. */
export const cut: fc.Arbitrary<Mutation> = place.map((at) => (bytes) => {
  return bytes.subarray(0, Math.floor(at * bytes.length))
})

/** One of the texts is put in somewhere. */
export function splice(texts: readonly string[]): fc.Arbitrary<Mutation> {
  return fc.tuple(place, fc.constantFrom(...texts)).map(([at, text]) => (bytes) => {
    const start = Math.floor(at * bytes.length)
    return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(start)])
  })
}

/** Eight bytes become a little-endian number that a reader might trust: small, just too large, or enormous. */
export const number64: fc.Arbitrary<Mutation> = fc
  .tuple(
    place,
    fc.constantFrom(0n, 1n, 255n, 4096n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 60n, 2n ** 64n - 1n),
  )
  .map(([at, value]) => (bytes) => {
    const copy = Buffer.from(bytes)
    if (copy.length >= 8) copy.writeBigUInt64LE(value, Math.floor(at * (copy.length - 8)))
    return copy
  })

/** One run of digits in the text becomes another number. */
export const textNumber: fc.Arbitrary<Mutation> = fc
  .tuple(
    place,
    fc.constantFrom('0', '1', '-1', '7', '64', '1e3', '1e999', '0.5', '4294967296', '9007199254740993', '""'),
  )
  .map(([at, text]) => (bytes) => {
    const content = bytes.toString('latin1')
    const numbers = [...content.matchAll(/\d+/g)]
    const chosen = numbers[Math.floor(at * (numbers.length - 1))]
    if (!chosen) return bytes
    const start = chosen.index
    return Buffer.from(content.slice(0, start) + text + content.slice(start + chosen[0].length), 'latin1')
  })

/** Up to six changes to one file. `kinds` are added to bytes flipped, the end cut off and `texts` put in. */
export function mutationsOf(
  texts: readonly string[],
  ...kinds: fc.Arbitrary<Mutation>[]
): fc.Arbitrary<Mutation[]> {
  return fc.array(fc.oneof(flip, flip, splice(texts), cut, ...kinds), { minLength: 1, maxLength: 6 })
}

export function mutated(original: Buffer, mutations: readonly Mutation[]): Buffer {
  return mutations.reduce<Buffer>((bytes, mutate) => mutate(bytes), original)
}
