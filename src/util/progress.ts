// One line of progress on stderr: count, rate, time left, or a text of one's own. Redrawn on a terminal, every ten seconds
// elsewhere.
const TERMINAL_EVERY_MS = 100
const PLAIN_EVERY_MS = 10_000
const QUIET_MS = 1000

export interface Progress {
  /** Sets how many are done; `note` is shown behind the counts. */
  update(done: number, note?: string): void
  /** Ends the line. */
  end(): void
}

export interface StatusLine {
  /** Shows the text of `line`, unless one was shown a moment ago. */
  show(line: () => string): void
  end(): void
}

/** A line that changes. `now` is in milliseconds. */
export function statusLine(
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): StatusLine {
  let shownMs = stream.isTTY ? 0 : now()
  let drawn = false
  return {
    show(line) {
      const atMs = now()
      if (atMs - shownMs < (stream.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return
      shownMs = atMs
      drawn = true
      const text = line()
      stream.write(stream.isTTY ? `\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`)
    },
    end() {
      if (drawn && stream.isTTY) stream.write('\r\u001b[2K')
    },
  }
}

/** Progress of `total` things (null: unknown), named by a plural noun. */
export function startProgress(
  label: string,
  total: number | null,
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): Progress {
  const startMs = now()
  const line = statusLine(stream, now)
  return {
    update: (done, note = '') =>
      line.show(() => progressLine({ label, total, done, elapsedMs: now() - startMs, note })),
    end: line.end,
  }
}

/** `what`: a plural noun, `total` of which are to be done. */
export type OnProgress = (what: string, done: number, total: number) => void

/** One line of progress at a time; a new label starts a new one. What takes less than a second shows none. */
export function progressLines(stream: NodeJS.WriteStream = process.stderr): {
  update: OnProgress
  end(): void
} {
  let label: string | undefined
  let line: Progress | undefined
  let last = 0
  let isQuiet = true
  const timer = setTimeout(() => {
    isQuiet = false
    line?.update(last)
  }, QUIET_MS).unref()
  return {
    update(what, done, total) {
      last = done
      if (what !== label) {
        line?.end()
        label = what
        line = startProgress(what, total, stream)
      }
      if (!isQuiet) line!.update(done)
    },
    end() {
      clearTimeout(timer)
      line?.end()
    },
  }
}

function progressLine(p: {
  label: string
  total: number | null
  done: number
  elapsedMs: number
  note: string
}): string {
  const perSecond = p.elapsedMs > 0 ? (p.done / p.elapsedMs) * 1000 : 0
  const parts = [`${p.label} ${p.done}${p.total === null ? '' : ` of ${p.total}`}`]
  if (p.done > 0) parts.push(`${perSecond >= 10 ? Math.round(perSecond) : perSecond.toFixed(1)}/s`)
  if (p.total !== null && perSecond > 0) parts.push(`${duration((p.total - p.done) / perSecond)} left`)
  if (p.note) parts.push(p.note)
  return parts.join(' · ')
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}
