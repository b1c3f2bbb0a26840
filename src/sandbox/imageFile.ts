// The boot image as a file: one line of JSON, then the filled parts of memory one after the other.
import type { MemoryImage } from './memory.ts'

interface Head {
  magic: typeof MAGIC
  /** SHA-256 of the layout below and of the parts. */
  digest: string
  /** Size of the memory. */
  bytes: number
  filled: [number, number][]
}

const MAGIC = 'tunediff boot image'
const NEWLINE = 10

type Digest = (...parts: (string | Uint8Array)[]) => string

export function packImage(image: MemoryImage, digestOf: Digest): Buffer {
  const parts = Buffer.concat(image.filled.map(([start, end]) => image.bytes.subarray(start, end)))
  const layout: Pick<Head, 'bytes' | 'filled'> = {
    bytes: image.bytes.length,
    filled: image.filled.map(([start, end]) => [start, end]),
  }
  const head: Head = { magic: MAGIC, digest: digestOf(layoutText(layout), parts), ...layout }
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), parts])
}

const layoutText = ({ bytes, filled }: Pick<Head, 'bytes' | 'filled'>): string =>
  JSON.stringify([bytes, filled])

/** Lays the parts out in memory that threads can share; undefined if the file is damaged (told by `digestOf`). */
export function unpackImage(file: Buffer, digestOf?: Digest): MemoryImage | undefined {
  const head = readHead(file)
  if (!head) return undefined
  const parts = file.subarray(file.indexOf(NEWLINE) + 1)
  if (digestOf && digestOf(layoutText(head), parts) !== head.digest) return undefined
  const bytes = new Uint8Array(new SharedArrayBuffer(head.bytes))
  let at = 0
  for (const [start, end] of head.filled) {
    bytes.set(parts.subarray(at, at + end - start), start)
    at += end - start
  }
  return { bytes, filled: head.filled }
}

function readHead(file: Buffer): Head | undefined {
  try {
    const head = JSON.parse(file.toString('latin1', 0, Math.max(0, file.indexOf(NEWLINE)))) as Head
    return head.magic === MAGIC ? head : undefined
  } catch {
    return undefined
  }
}
