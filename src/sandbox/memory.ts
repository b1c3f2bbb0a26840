// Linear memory of an interpreter: its maximum, an image of it, and putting that image back.

export const PAGE_BYTES = 65_536
const BLOCK_BYTES = 4096
const MEMORY_SECTION = 5

/** Enough for what is linked into the interpreter and its stack; the rest it grows, or its image brings. */
const MIN_PAGES = 256

/**
 * A copy of a wasm module whose memory starts small and may not grow above `maxBytes`: minimum and maximum in the
 * memory section are rewritten in place, in as many LEB128 bytes as they had.
 */
export function capMemory(wasm: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(wasm)
  let at = 8
  const readLeb = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const replaceLeb = (replace: (value: number) => number): void => {
    const start = at
    const value = replace(readLeb())
    writeLeb(bytes.subarray(start, at), value)
  }
  while (at < bytes.length) {
    const section = bytes[at++]
    const length = readLeb()
    if (section !== MEMORY_SECTION) {
      at += length
      continue
    }
    readLeb() // number of memories
    const hasMaximum = (bytes[at++]! & 1) === 1
    if (!hasMaximum) break
    replaceLeb((pages) => Math.min(pages, MIN_PAGES))
    replaceLeb(() => Math.floor(maxBytes / PAGE_BYTES))
    return bytes
  }
  throw new Error('the interpreter has no memory section with a maximum')
}

function writeLeb(target: Uint8Array, value: number): void {
  let rest = value
  for (let i = 0; i < target.length; i++) {
    target[i] = (rest & 127) | (i < target.length - 1 ? 128 : 0)
    rest = Math.floor(rest / 128)
  }
  if (rest > 0) throw new RangeError(`${value} does not fit in ${target.length} LEB128 bytes`)
}

/** What linear memory held at some moment. `filled` are [start, end) of the parts that are not all zero. */
export interface MemoryImage {
  readonly bytes: Uint8Array
  readonly filled: readonly (readonly [number, number])[]
}

/**
 * Copies linear memory up to `endBytes`, or all of it; what lies above must be zero. About half of it is zero, and
 * zeros are cheaper to write than to copy.
 */
export function takeImage(memory: WebAssembly.Memory, endBytes = memory.buffer.byteLength): MemoryImage {
  const rest = new Uint8Array(memory.buffer, endBytes)
  if (rest.some((byte) => byte !== 0)) throw new Error('memory above the end of its image is in use')
  const bytes = new Uint8Array(memory.buffer, 0, endBytes).slice()
  const zeros = new Uint8Array(BLOCK_BYTES)
  const filled: [number, number][] = []
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = start + BLOCK_BYTES
    if (Buffer.compare(bytes.subarray(start, end), zeros) === 0) continue
    const last = filled.at(-1)
    if (last?.[1] === start) last[1] = end
    else filled.push([start, end])
  }
  return { bytes, filled }
}

/**
 * Makes linear memory what it was, byte for byte; whatever was grown since becomes zero. Zeros first: what is
 * copied last is in the processor's cache when the next program starts, and no program uses the zeros soon.
 */
export function putBack(memory: WebAssembly.Memory, image: MemoryImage): void {
  const target = new Uint8Array(memory.buffer)
  let at = 0
  for (const [start, end] of image.filled) {
    target.fill(0, at, start)
    at = end
  }
  target.fill(0, at)
  for (const [start, end] of image.filled) target.set(image.bytes.subarray(start, end), start)
}
