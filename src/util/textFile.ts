// Text and JSON files that other people wrote. What is wrong with the file as a whole (absent, a folder, a damaged
// gzip, another encoding) is a UserError that names it; what is wrong with one line is told with that line.
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { encodingError, firstFault, refuseUtf16 } from './encoding.ts'
import { UserError } from './errors.ts'
import { MAX_LINE_BYTES, readLines } from './lines.ts'
import { oneLine } from './text.ts'

/** Largest file that is read whole, after decompression. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024

export type TextLine =
  | { number: number; text: string; terminated: boolean; fault?: undefined }
  | { number: number; fault: string }

export type JsonLine =
  | { number: number; value: unknown; fault?: undefined }
  | { number: number; fault: string }

/** Streams the lines of a UTF-8 file; a line that is too long has a fault instead of a text. */
export async function* readTextLines(path: string): AsyncGenerator<TextLine> {
  const lines = readLines(path)
  try {
    for (;;) {
      const { value: line, done } = await lines.next().catch((error: unknown) => {
        throw fileError(path, error)
      })
      if (done) return
      if (line.fault === 'not-utf8') throw await encodingError(path, line.number)
      if (line.fault === 'too-long') {
        yield { number: line.number, fault: `longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB` }
      } else {
        if (line.number === 1 && line.text.includes('\0')) await refuseUtf16(path)
        yield { number: line.number, text: line.text, terminated: line.terminated }
      }
    }
  } finally {
    await lines.return(undefined)
  }
}

/** Streams the values of a JSONL file. Blank lines are no rows; a line that is not JSON has a fault. */
export async function* readJsonLines(path: string): AsyncGenerator<JsonLine> {
  for await (const line of readTextLines(path)) {
    if (line.fault !== undefined) {
      yield { number: line.number, fault: line.fault }
      continue
    }
    if (line.text.trim() === '') continue
    const parsed = parseJson(line.text)
    if ('value' in parsed) {
      yield { number: line.number, value: parsed.value }
      continue
    }
    const fault = line.terminated ? parsed.fault : 'not whole: the file ends within this line'
    yield { number: line.number, fault }
  }
}

/** The value of a JSON text, or why there is none. */
export function parseJson(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    if (/[[:,]\s*-?(NaN|Infinity)\b/.test(text)) return { fault: 'not JSON: it holds NaN or Infinity' }
    return { fault: `not JSON: ${oneLine((error as Error).message, 120)}` }
  }
}

/** The whole content of a UTF-8 text file, gunzipped if it is gzip whatever its name, with its decompressed bytes. */
export async function readTextFile(
  path: string,
  maxBytes = MAX_FILE_BYTES,
): Promise<{ text: string; bytes: Uint8Array }> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    throw fileError(path, error)
  }
  if (bytes.length > maxBytes) throw tooLarge(path, maxBytes)
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes }
  } catch {
    const { line, offset } = firstFault(bytes)
    throw await encodingError(path, line, offset)
  }
}

/** A fault of the file system or of decompression as a UserError; anything else as it is. */
export function fileError(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  const refuse = (what: string, hint: string): UserError =>
    new UserError(`${path} ${what}`, { hint, cause: error })
  if (code === 'ENOENT' || code === 'ENOTDIR') return refuse('does not exist', 'check the path')
  if (code === 'EISDIR') return refuse('is a folder, wanted a file', 'name a file in it')
  if (code === 'EACCES' || code === 'EPERM') return refuse('may not be read', 'check its permissions')
  if (code === 'Z_BUF_ERROR') {
    return refuse('ends within its gzip data', 'it was cut off: copy or download it again')
  }
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(path, MAX_FILE_BYTES)
  if (code?.startsWith('Z_')) {
    return refuse('is not whole gzip data', 'copy it again; if it is not compressed, drop .gz from its name')
  }
  return error
}

function tooLarge(path: string, maxBytes: number): UserError {
  return new UserError(
    `${path} is larger than ${maxBytes / 1024 / 1024} MiB, the most that is read at once`,
    {
      hint: 'split it into smaller files',
    },
  )
}
