// Text from the bytes of tokens as they come: characters that are split over tokens are waited for, and the text ends
// before the first stop string, which may be split over tokens too. Nothing is looked at twice but the bytes that may be
// the beginning of a stop string.

export interface TextStream {
  /** Text that is certain by now: what could become a stop string, or is no whole character yet, is held back. */
  push(bytes: Uint8Array): string
  /** What was held back; bytes that are no UTF-8 become U+FFFD. */
  finish(): string
  /** Whether a stop string has come. */
  readonly isStopped: boolean
}

/** Of several stop strings the one that is complete first ends the text. None may be empty. */
export function openTextStream(stops: readonly string[]): TextStream {
  const wanted = stops.map((stop) => Buffer.from(stop))
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let held = Buffer.alloc(0)
  let isStopped = false
  return {
    get isStopped() {
      return isStopped
    },
    push(bytes) {
      if (isStopped) return ''
      const pending = Buffer.concat([held, bytes])
      const start = firstStop(pending, wanted)
      isStopped = start !== null
      const end = start ?? pending.length - beginning(pending, wanted)
      held = isStopped ? Buffer.alloc(0) : pending.subarray(end)
      return decoder.decode(pending.subarray(0, end), { stream: true })
    },
    finish() {
      const rest = decoder.decode(held)
      held = Buffer.alloc(0)
      return rest
    },
  }
}

/** Where the stop string that ends first begins; of those that end together, the longest. */
function firstStop(bytes: Buffer, stops: readonly Buffer[]): number | null {
  let found: { start: number; end: number } | null = null
  for (const stop of stops) {
    const start = bytes.indexOf(stop)
    if (start < 0) continue
    const end = start + stop.length
    if (!found || end < found.end || (end === found.end && start < found.start)) found = { start, end }
  }
  return found?.start ?? null
}

/** Bytes at the end that may be the beginning of a stop string. */
function beginning(bytes: Buffer, stops: readonly Buffer[]): number {
  let longest = 0
  for (const stop of stops) {
    for (let size = Math.min(stop.length - 1, bytes.length); size > longest; size--) {
      if (bytes.subarray(bytes.length - size).equals(stop.subarray(0, size))) longest = size
    }
  }
  return longest
}
