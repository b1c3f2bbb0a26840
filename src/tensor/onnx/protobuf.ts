// Wire format of protocol buffers, as far as ONNX models need it: writing only.
// https://protobuf.dev/programming-guides/encoding

const VARINT = 0
const LENGTH = 2
const FIXED32 = 5

/** A message under construction. Nested messages are joined once, at the end. */
export class Message {
  readonly #parts: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  integer(field: number, value: number | bigint): this {
    return this.#varint((field << 3) | VARINT).#varint(value)
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#varint((field << 3) | FIXED32).#append(bytes)
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint((field << 3) | LENGTH)
      .#varint(value.byteLength)
      .#append(value)
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, value: Message): this {
    this.#varint((field << 3) | LENGTH).#varint(value.#length)
    for (const part of value.#parts) this.#append(part)
    return this
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.byteLength
    }
    return whole
  }

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    this.#length += bytes.byteLength
    return this
  }

  /** Negative numbers are written as their 64-bit two's complement. */
  #varint(value: number | bigint): this {
    let rest = BigInt.asUintN(64, BigInt(value))
    const bytes: number[] = []
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    return this.#append(Uint8Array.from(bytes))
  }
}
