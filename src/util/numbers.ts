// How numbers read in findings, tables and on the page: pure, so that all three are of one mind.

/** Two significant digits: `0.31`, `12`, `3.1e-13`. */
export function nats(value: number): string {
  const size = Math.abs(value)
  // JSON has no Infinity: the largest number stands for it.
  if (size >= Number.MAX_VALUE) return value > 0 ? 'infinite' : '-infinite'
  if (size === 0) return '0'
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1)
  return size >= 99.5 ? value.toFixed(0) : value.toPrecision(2)
}
export const signedNats = (value: number): string => (value > 0 ? `+${nats(value)}` : nats(value))

/** 0.0661: `6.6`. */
export const percent = (share: number): string => nats(share * 100)

/** As `percent`, of a part of a whole: 0.99953 is `99.95`, and nothing but the whole is `100`. */
export function share(part: number): string {
  const text = percent(part)
  if (part >= 1 || text !== '100') return text
  const digits = Math.ceil(-Math.log10(100 - part * 100))
  return Math.min(part * 100, 99.9999).toFixed(Math.min(Math.max(digits, 1), 4))
}

/** `1,234`. */
export const count = (value: number): string => value.toLocaleString('en')

/** `p = 0.0003`, `p < 0.0001`. */
export function pText(p: number): string {
  if (p < 0.0001) return 'p < 0.0001'
  return `p = ${p >= 0.0995 ? p.toFixed(2) : p >= 0.00095 ? p.toFixed(3) : p.toFixed(4)}`
}

/** A fraction in percentage points, one decimal. */
export function points(fraction: number): string {
  return (fraction * 100).toFixed(1)
}

/** As `points`, with its sign: `+9.1`, `-0.6`, `0.0`. */
export function signedPoints(fraction: number): string {
  const text = points(fraction)
  if (Number(text) === 0) return '0.0'
  return fraction > 0 ? `+${text}` : text
}

/** `[+4.6, +14.1]`, in points by default; empty for exact quantities and where nothing was measured. */
export function interval(
  measure: { low: number | null; high: number | null } | { absent: string },
  format: (value: number) => string = signedPoints,
): string {
  if ('absent' in measure || measure.low === null || measure.high === null) return ''
  return `[${format(measure.low)}, ${format(measure.high)}]`
}
