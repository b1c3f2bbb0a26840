// JSON values over a pipe, one a line. Node's readline will not do: it also ends a line at U+2028, which JSON may hold.
import type { Readable } from 'node:stream'

const NEWLINE = 10

/** Calls `receive` for every line; a line longer than `maxBytes` or that is no JSON is a `fault`, and the last thing told. */
export function onJsonLines(
  stream: Readable,
  options: { maxBytes: number; receive: (value: unknown) => void; fault: (reason: string) => void },
): void {
  let parts: Buffer[] = []
  let bytes = 0
  let broken = false
  const fail = (reason: string): void => {
    broken = true
    parts = []
    options.fault(reason)
  }
  const add = (part: Buffer): void => {
    parts.push(part)
    bytes += part.length
    if (bytes > options.maxBytes) fail(`a line of more than ${options.maxBytes} bytes`)
  }
  const endLine = (): void => {
    const text = Buffer.concat(parts).toString()
    parts = []
    bytes = 0
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      fail('a line that is not JSON')
      return
    }
    options.receive(value)
  }
  stream.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && !broken; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end))
      if (!broken) endLine()
      start = end + 1
    }
    if (!broken && start < chunk.length) add(chunk.subarray(start))
  })
}
