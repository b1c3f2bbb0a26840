// Lines of a file, streamed: a line longer than the limit is skipped and named, never held.
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'

/** Longest line that is read: the largest recorded answers are under 2 MB, a line of attempts under 10 MB. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024

/** One line. `number` is 1-based; `fault` says why there is no text. */
export type Line =
  | { number: number; text: string; terminated: boolean; fault?: undefined }
  | { number: number; text: ''; terminated: boolean; fault: 'too-long' | 'not-utf8' }

/**
 * Streams the lines of a text file (gunzipped if the name ends in .gz), without their LF or CRLF. A UTF-8 byte
 * order mark is dropped. The last line has `terminated: false` if no newline ends it.
 */
export async function* readLines(
  path: string,
  options: { maxLineBytes?: number } = {},
): AsyncGenerator<Line> {
  const maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let parts: Buffer[] = []
  let bytes = 0
  let number = 0
  const add = (part: Buffer): void => {
    if (part.length === 0) return
    bytes += part.length
    if (bytes > maxLineBytes) parts = []
    else parts.push(part)
  }
  const take = (terminated: boolean): Line => {
    number++
    const tooLong = bytes > maxLineBytes
    let line = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    bytes = 0
    if (tooLong) return { number, text: '', terminated, fault: 'too-long' }
    if (number === 1 && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3)
    if (line.at(-1) === 0x0d) line = line.subarray(0, -1)
    try {
      return { number, text: decoder.decode(line), terminated }
    } catch {
      return { number, text: '', terminated, fault: 'not-utf8' }
    }
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  const gunzip = path.endsWith('.gz') ? createGunzip() : undefined
  if (gunzip) file.on('error', (error) => gunzip.destroy(error)).pipe(gunzip)
  try {
    for await (const chunk of (gunzip ?? file) as AsyncIterable<Buffer>) {
      let start = 0
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
        add(chunk.subarray(start, end))
        yield take(true)
        start = end + 1
      }
      add(chunk.subarray(start))
    }
    if (bytes > 0) yield take(false)
  } finally {
    file.destroy()
  }
}
