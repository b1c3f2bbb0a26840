// CPU time of the calling thread, where Linux tells it: Node 20 has no call for one thread's.
import { openSync, readSync } from 'node:fs'

/** A clock in milliseconds, or undefined where the system has none. Call it on the thread that is measured. */
export function threadCpuClock(): (() => number) | undefined {
  let file: number
  try {
    file = openSync('/proc/thread-self/schedstat', 'r')
  } catch {
    return undefined
  }
  const buffer = Buffer.alloc(128)
  return () => {
    // First field: time on the CPU, in nanoseconds.
    const length = readSync(file, buffer, 0, buffer.length, 0)
    return Number(buffer.toString('latin1', 0, length).split(' ', 1)[0]) / 1e6
  }
}
