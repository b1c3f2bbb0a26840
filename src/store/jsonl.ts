// JSONL files of our own: rows are appended, a last line without newline is dropped and written again.
import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { z } from 'zod'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { readLines } from '../util/lines.ts'

/** Streams the rows of one of our JSONL files. A cut last line is left out; a damaged row is an error that names it. */
export async function* readRows<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  if (!(await exists(path))) return
  for await (const line of readLines(path)) {
    if (!line.terminated) return
    yield parseRow(path, line.number, line.fault ?? line.text, schema)
  }
}

/** `number`: of the line, from 1. */
export function parseRow<T>(path: string, number: number, text: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw damaged(path, number, 'is not JSON', cause)
  }
  const row = schema.safeParse(value)
  if (row.success) return row.data
  const issue = row.error.issues[0]
  throw damaged(path, number, `${issue?.path.join('.') || 'row'}: ${issue?.message}`, row.error)
}

function damaged(path: string, number: number, what: string, cause: unknown): UserError {
  return new UserError(`${path}, line ${number} ${what}`, {
    hint: 'the file was changed by something else than tunediff: delete that line, or make the folder again',
    cause,
  })
}

/** Appends rows to a JSONL file in batches. One writer at a time. */
export class JsonlWriter implements AsyncDisposable {
  readonly #file: FileHandle
  #waiting: string[] = []
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: FileHandle) {
    this.#file = file
  }

  /** Opens `path` for appending, cutting off a last line that a killed writer left unfinished. */
  static async open(path: string): Promise<JsonlWriter> {
    const end = await endOfLastWholeLine(path)
    const file = await open(path, 'a')
    await file.truncate(end)
    return new JsonlWriter(file)
  }

  /** Resolves when the row is with the operating system; rows keep their order. */
  append(row: unknown): Promise<void> {
    this.#waiting.push(`${JSON.stringify(row)}\n`)
    this.#writing = this.#writing.then(() => this.#flush())
    return this.#writing
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return
    const batch = this.#waiting.join('')
    this.#waiting = []
    await this.#file.appendFile(batch)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing
    await this.#file.close()
  }
}

/** Byte offset after the last newline; 0 where there is none or no file. */
async function endOfLastWholeLine(path: string): Promise<number> {
  if (!(await exists(path))) return 0
  const { size } = await stat(path)
  const step = 1 << 16
  for (let end = size; end > 0; end -= step) {
    const start = Math.max(0, end - step)
    const parts: Buffer[] = []
    for await (const part of createReadStream(path, { start, end: end - 1 })) parts.push(part as Buffer)
    const newline = Buffer.concat(parts).lastIndexOf(10)
    if (newline >= 0) return start + newline + 1
  }
  return 0
}

/** Byte offset after the first `count` lines; the size where there are fewer. */
export async function offsetAfterLines(path: string, count: number): Promise<number> {
  let left = count
  let offset = 0
  if (left === 0) return 0
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) {
      if (--left === 0) return offset + at + 1
    }
    offset += part.length
  }
  return offset
}
