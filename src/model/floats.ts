// Numbers that lie in a file one by one (floats and 8-bit integers) as fp32, bit for bit, and the distance of each to
// its neighbours. Block types of GGUF are not here. IEEE 754; the 8-bit floats are those of OCP's "8-bit Floating
// Point Specification" revision 1.0: E4M3 has no infinity and one NaN, E5M2 is IEEE-like. Little-endian machines only.

export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2' | 'I8' | 'U8'

interface SmallFloat {
  exponentBits: number
  fractionBits: number
  /** Whether the highest exponent is kept for infinity and NaN; without it only the highest code is NaN. */
  infinity: boolean
}

const F16: SmallFloat = { exponentBits: 5, fractionBits: 10, infinity: true }
const E4M3: SmallFloat = { exponentBits: 4, fractionBits: 3, infinity: false }
const E5M2: SmallFloat = { exponentBits: 5, fractionBits: 2, infinity: true }

const FP32_NAN = 0x7fc00000

/** Values of `bytes` as fp32. `values` is as long as there are elements. F64 is rounded to the nearest fp32. */
export function decodeFloats(dtype: FloatDtype, bytes: Uint8Array, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  switch (dtype) {
    case 'F64':
      values.set(new Float64Array(...aligned(bytes, 8)))
      return
    case 'F32':
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes)
      return
    case 'BF16': {
      const codes = new Uint16Array(...aligned(bytes, 2))
      for (let i = 0; i < codes.length; i++) bits[i] = codes[i]! << 16
      return
    }
    case 'F16':
      lookUp(new Uint16Array(...aligned(bytes, 2)), valueTable(F16), bits)
      return
    case 'F8_E4M3':
      lookUp(bytes, valueTable(E4M3), bits)
      return
    case 'F8_E5M2':
      lookUp(bytes, valueTable(E5M2), bits)
      return
    case 'I8':
      values.set(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length))
      return
    case 'U8':
      values.set(bytes)
      return
  }
}

/**
 * The unit in the last place of each value in its format. Integers have 1. F64 has that of fp32, because it is read as
 * fp32.
 */
export function floatSpacings(dtype: FloatDtype, bytes: Uint8Array, out: Float32Array): void {
  switch (dtype) {
    case 'F64':
      decodeFloats('F64', bytes, out)
      spacingsOfBits(new Uint32Array(out.buffer, out.byteOffset, out.length), 23, out)
      return
    case 'F32':
      spacingsOfBits(new Uint32Array(...aligned(bytes, 4)), 23, out)
      return
    case 'BF16': {
      const codes = new Uint16Array(...aligned(bytes, 2))
      const table = fp32Spacings(7)
      for (let i = 0; i < codes.length; i++) out[i] = table[(codes[i]! >>> 7) & 0xff]!
      return
    }
    case 'F16':
      lookUp(new Uint16Array(...aligned(bytes, 2)), spacingTable(F16), out)
      return
    case 'F8_E4M3':
      lookUp(bytes, spacingTable(E4M3), out)
      return
    case 'F8_E5M2':
      lookUp(bytes, spacingTable(E5M2), out)
      return
    case 'I8':
    case 'U8':
      out.fill(1)
      return
  }
}

function lookUp<T extends Uint32Array | Float32Array>(
  codes: Uint8Array | Uint16Array,
  table: T,
  out: T,
): void {
  for (let i = 0; i < codes.length; i++) out[i] = table[codes[i]!]!
}

/** Arguments for a typed array over `bytes`, copied where they do not lie at a multiple of `size`. */
function aligned(
  bytes: Uint8Array,
  size: number,
): [buffer: ArrayBufferLike, byteOffset: number, length: number] {
  const whole = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  return [whole.buffer, whole.byteOffset, bytes.length / size]
}

/** By exponent field of fp32, the spacing of numbers with `fractionBits` bits of fraction. */
function fp32Spacings(fractionBits: number): Float32Array {
  return Float32Array.from(
    { length: 256 },
    (_, exponent) => 2 ** (Math.max(1, exponent) - 127 - fractionBits),
  )
}

function spacingsOfBits(bits: Uint32Array, fractionBits: number, out: Float32Array): void {
  const table = fp32Spacings(fractionBits)
  for (let i = 0; i < bits.length; i++) out[i] = table[(bits[i]! >>> 23) & 0xff]!
}

const valueTables = new Map<SmallFloat, Uint32Array>()
const spacingTables = new Map<SmallFloat, Float32Array>()

/** fp32 bits of every code of a format, made at first use. */
function valueTable(format: SmallFloat): Uint32Array {
  let table = valueTables.get(format)
  if (!table) {
    table = Uint32Array.from({ length: codeCount(format) }, (_, code) => fp32Bits(format, code))
    valueTables.set(format, table)
  }
  return table
}

function spacingTable(format: SmallFloat): Float32Array {
  let table = spacingTables.get(format)
  if (!table) {
    const { exponentBits, fractionBits } = format
    const bias = 2 ** (exponentBits - 1) - 1
    const highest = 2 ** exponentBits - 1
    table = Float32Array.from({ length: codeCount(format) }, (_, code) => {
      const exponent = (code >>> fractionBits) & highest
      return 2 ** (Math.max(1, exponent) - bias - fractionBits)
    })
    spacingTables.set(format, table)
  }
  return table
}

const codeCount = (format: SmallFloat): number => 2 ** (1 + format.exponentBits + format.fractionBits)

function fp32Bits({ exponentBits, fractionBits, infinity }: SmallFloat, code: number): number {
  const highest = 2 ** exponentBits - 1
  const bias = 2 ** (exponentBits - 1) - 1
  const fraction = code & (2 ** fractionBits - 1)
  const exponent = (code >>> fractionBits) & highest
  const sign = code >>> (exponentBits + fractionBits) ? 0x80000000 : 0
  const widened = fraction << (23 - fractionBits)
  if (exponent === highest && infinity) return sign + 0x7f800000 + widened
  if (exponent === highest && fraction === 2 ** fractionBits - 1) return sign + FP32_NAN
  if (exponent > 0) return sign + ((exponent - bias + 127) << 23) + widened
  if (fraction === 0) return sign
  // Subnormal here, normal in fp32: the leading one of the fraction becomes the hidden bit.
  const shift = Math.clz32(fraction) - (31 - fractionBits)
  return sign + ((1 - bias - shift + 127) << 23) + ((widened << shift) & 0x7fffff)
}
