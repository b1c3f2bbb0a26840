// What a file that is not UTF-8 seems to be: a guess from its first bytes, for the error that names it.
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { UserError } from './errors.ts'

/** How much of a file is looked at. */
const SNIFFED_BYTES = 4096

/** Says in what encoding a file seems to be that is not UTF-8, and how to convert it. `offset`: of the first wrong byte. */
export async function encodingError(path: string, line: number, offset?: number): Promise<UserError> {
  const encoding = guessEncoding(await firstBytes(path))
  const [looks, hint] = HINTS[encoding] ?? [
    encoding,
    `convert it: iconv -f ${encoding} -t UTF-8 FILE > NEWFILE`,
  ]
  const at = offset === undefined ? '' : `, byte ${offset} of the file`
  return new UserError(`${path}, line ${line}: not UTF-8 text${at}; the file looks like ${looks}`, { hint })
}

/** UTF-16 without a byte order mark passes for UTF-8 as far as its text is ASCII: it is told by its zeros. */
export async function refuseUtf16(path: string): Promise<void> {
  if (guessEncoding(await firstBytes(path)).startsWith('UTF-16')) throw await encodingError(path, 1)
}

const HINTS: Partial<Record<string, [looks: string, hint: string]>> = {
  gzip: ['gzip data without .gz in its name', 'rename it so that its name ends in .gz'],
  zip: ['a zip archive', 'unpack it and name a file in it'],
  zstd: ['zstd data', 'decompress it: unzstd FILE'],
  'WINDOWS-1252': ['Latin-1 or Windows-1252', 'convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEWFILE'],
}

function guessEncoding(bytes: Uint8Array): string {
  const starts = (...wanted: number[]): boolean => wanted.every((byte, i) => bytes[i] === byte)
  if (starts(0xff, 0xfe)) return 'UTF-16LE'
  if (starts(0xfe, 0xff)) return 'UTF-16BE'
  if (starts(0x1f, 0x8b)) return 'gzip'
  if (starts(0x50, 0x4b, 0x03, 0x04)) return 'zip'
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd'
  const zeros = [0, 0]
  for (const [i, byte] of bytes.entries()) if (byte === 0) zeros[i % 2]!++
  if (zeros[1]! > bytes.length / 4) return 'UTF-16LE'
  if (zeros[0]! > bytes.length / 4) return 'UTF-16BE'
  return 'WINDOWS-1252'
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const parts: Buffer[] = []
  let length = 0
  const file = createReadStream(path, { end: 1 << 16 })
  const keep = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const part of source) {
      parts.push(part)
      length += part.length
      if (length >= SNIFFED_BYTES) return
    }
  }
  // A cut-off gzip stream is expected here: only its start is read.
  await (path.endsWith('.gz') ? pipeline(file, createGunzip(), keep) : pipeline(file, keep)).catch(() => {})
  return Buffer.concat(parts).subarray(0, SNIFFED_BYTES)
}

/** The first bytes that are not UTF-8: their 1-based line and their offset, from 0. */
export function firstFault(bytes: Uint8Array): { line: number; offset: number } {
  let line = 1
  for (let start = 0, end = 0; start < bytes.length; start = end + 1, line++) {
    end = bytes.indexOf(10, start)
    if (end < 0) end = bytes.length
    if (isUtf8(bytes.subarray(start, end))) continue
    let offset = start
    while (offset < end) {
      const next = offset + sequenceLength(bytes[offset]!)
      if (!isUtf8(bytes.subarray(offset, Math.min(next, end)))) break
      offset = next
    }
    return { line, offset }
  }
  return { line, offset: bytes.length }
}

const sequenceLength = (lead: number): number => (lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
