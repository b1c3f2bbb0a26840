// One line of progress on stderr: count, rate, time left. Redrawn on a terminal, every ten seconds elsewhere.
const TERMINAL_EVERY_MS = 100
const PLAIN_EVERY_MS = 10_000

export interface Progress {
  /** Sets how many are done; `note` is shown behind the counts. */
  update(done: number, note?: string): void
  /** Ends the line. */
  end(): void
}

/** Progress of `total` things (null: unknown), named by a plural noun. `now` is in milliseconds. */
export function startProgress(
  label: string,
  total: number | null,
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = Date.now,
): Progress {
  const startMs = now()
  let shownMs = stream.isTTY ? 0 : startMs
  let drawn = false
  return {
    update(done, note = '') {
      const atMs = now()
      if (atMs - shownMs < (stream.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return
      shownMs = atMs
      drawn = true
      const line = progressLine({ label, total, done, elapsedMs: atMs - startMs, note })
      stream.write(stream.isTTY ? `\r\u001b[2K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
    },
    end() {
      if (drawn && stream.isTTY) stream.write('\r\u001b[2K')
    },
  }
}

/** One line of progress at a time; a new label starts a new one. */
export function progressLines(): { update(what: string, done: number, total: number): void; end(): void } {
  let label: string | undefined
  let line: Progress | undefined
  return {
    update(what, done, total) {
      if (what !== label) {
        line?.end()
        label = what
        line = startProgress(what, total)
      }
      line!.update(done)
    },
    end: () => line?.end(),
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
