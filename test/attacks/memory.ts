// How much memory this process and its children hold, by what Linux says; undefined elsewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const RESIDENT = /^VmRSS:\s+(\d+) kB$/m

/** Resident memory of this process and everything that it started, in MB. */
export function residentMb(): number | undefined {
  if (!existsSync('/proc/self/task')) return undefined
  return Math.round(treeKb(String(process.pid)) / 1024)
}

// A process may end while we look at it.
function treeKb(pid: string): number {
  try {
    const own = Number(RESIDENT.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((child) => child !== ''),
    )
    return children.reduce((sum, child) => sum + treeKb(child), own)
  } catch {
    return 0
  }
}

/** Calls `use` and says how much memory was held at most while it ran. */
export async function withPeak<T>(use: () => Promise<T>): Promise<{ result: T; peakMb: number | undefined }> {
  let peakMb = residentMb()
  const timer = setInterval(() => {
    const now = residentMb()
    if (now !== undefined && now > (peakMb ?? 0)) peakMb = now
  }, 50)
  try {
    return { result: await use(), peakMb }
  } finally {
    clearInterval(timer)
  }
}
