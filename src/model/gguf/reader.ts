// Reads a GGUF file from its beginning, number by number, through a window of the file. Every length is checked against
// what the file has left before it is believed. What the numbers mean is header.ts.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { UserError } from '../../util/errors.ts'
import { fileError } from '../../util/textFile.ts'

/** Headers with 262,144 tokens have some 15 MB; one with a tokenizer.json in it some 50. */
export const MAX_HEADER_BYTES = 256 * 1024 * 1024
/** Longest single text, as a chat template or an embedded tokenizer.json. */
export const MAX_STRING_BYTES = 64 * 1024 * 1024

const WINDOW_BYTES = 1 << 20
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })

/** What is wrong with a file, and what mends it. */
export function refuse(path: string, what: string, hint?: string): UserError {
  return new UserError(`${path}: ${what}`, {
    hint: hint ?? 'the file is cut off or damaged: download or copy it again',
  })
}

/** A number beyond 2^53 without an exponent. */
export const digits = (count: number): string => BigInt(count).toString()

export class GgufReader {
  readonly path: string
  readonly fileBytes: number
  readonly #file: number
  readonly #window: Buffer
  /** Place in the file of the window's first byte, and how much of it is filled. */
  #start = 0
  #filled = 0
  /** Next byte to read, in the window. */
  #at = 0

  constructor(path: string) {
    this.path = path
    try {
      this.#file = openSync(path, 'r')
    } catch (error) {
      throw fileError(path, error)
    }
    this.fileBytes = fstatSync(this.#file).size
    this.#window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, this.fileBytes))
  }

  close(): void {
    closeSync(this.#file)
  }

  get position(): number {
    return this.#start + this.#at
  }

  get left(): number {
    return this.fileBytes - this.position
  }

  uint32(what: string): number {
    return this.#window.readUInt32LE(this.#take(4, what))
  }

  /** A count, length or place. From 2^53 on it is not exact, and larger than any file. */
  uint64(what: string): number {
    const at = this.#take(8, what)
    return this.#window.readUInt32LE(at) + this.#window.readUInt32LE(at + 4) * 2 ** 32
  }

  /** `bytes` bytes, at most a window, valid until the next call. */
  view(bytes: number, what: string): Buffer {
    const at = this.#take(bytes, what)
    return this.#window.subarray(at, at + bytes)
  }

  /** A text with its length before it. Names and keys are `strict`: what is not UTF-8 is refused. */
  string(what: string, { maxBytes = MAX_STRING_BYTES, isStrict = false } = {}): string {
    const bytes = this.#length(what)
    if (bytes > maxBytes)
      throw refuse(this.path, `${what} has ${digits(bytes)} bytes, at most ${maxBytes} are read`)
    const text = bytes <= WINDOW_BYTES ? this.view(bytes, what) : this.#long(bytes, what)
    if (!isStrict) return lenient.decode(text)
    try {
      return strict.decode(text)
    } catch {
      throw refuse(this.path, `${what} is not UTF-8`)
    }
  }

  /** Passes over `count` texts; returns their places as a range of the file. */
  skipStrings(count: number, what: string): void {
    this.#checkFits(count, 8, what)
    for (let i = 0; i < count; i++) this.#skip(this.#length(what), what)
  }

  /** Passes over `count` elements of `size` bytes. */
  skipElements(count: number, size: number, what: string): void {
    this.#checkFits(count, size, what)
    this.#skip(count * size, what)
  }

  /** Refuses a count of things of at least `size` bytes that the rest of the file cannot hold. */
  #checkFits(count: number, size: number, what: string): void {
    if (count * size <= this.left) return
    throw refuse(
      this.path,
      `${what} counts ${digits(count)} of ${size} bytes or more, the file has ${this.left} bytes left`,
    )
  }

  #length(what: string): number {
    const bytes = this.uint64(what)
    if (bytes > this.left) {
      throw refuse(this.path, `${what} claims ${digits(bytes)} bytes, the file has ${this.left} left`)
    }
    return bytes
  }

  /** Where in the window `bytes` bytes begin; they are read past. */
  #take(bytes: number, what: string): number {
    if (this.#at + bytes > this.#filled) this.#refill(bytes, what)
    const at = this.#at
    this.#at += bytes
    return at
  }

  #skip(bytes: number, what: string): void {
    if (this.#at + bytes <= this.#filled) {
      this.#at += bytes
      return
    }
    this.#moveTo(this.position + bytes, what)
  }

  #moveTo(position: number, what: string): void {
    this.#start = position
    this.#filled = 0
    this.#at = 0
    this.#checkHeader(position, what)
  }

  #checkHeader(position: number, what: string): void {
    if (position <= MAX_HEADER_BYTES) return
    throw refuse(this.path, `${what} lies beyond the ${MAX_HEADER_BYTES} bytes that a header is read to`)
  }

  #refill(bytes: number, what: string): void {
    const position = this.position
    if (position + bytes > this.fileBytes) {
      throw refuse(this.path, `the file ends at byte ${this.fileBytes}, within ${what}`)
    }
    this.#moveTo(position, what)
    this.#filled = this.#read(this.#window, position, bytes, what)
  }

  #long(bytes: number, what: string): Buffer {
    const text = Buffer.allocUnsafe(bytes)
    const position = this.position
    this.#read(text, position, bytes, what)
    this.#moveTo(position + bytes, what)
    return text
  }

  #readAt(into: Buffer, filled: number, position: number): number {
    try {
      return readSync(this.#file, into, filled, into.length - filled, position)
    } catch (error) {
      throw fileError(this.path, error)
    }
  }

  /** Fills `into` from the file; at least `wanted` bytes must come. */
  #read(into: Buffer, position: number, wanted: number, what: string): number {
    let filled = 0
    while (filled < into.length) {
      const got = this.#readAt(into, filled, position + filled)
      if (got === 0) break
      filled += got
    }
    if (filled < wanted) throw refuse(this.path, `the file ends at byte ${position + filled}, within ${what}`)
    return filled
  }
}
