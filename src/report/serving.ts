// What HTTP says of a file that may be known already, or be wanted in part (RFC 9110, sections 8.8, 13 and 14).

export interface Range {
  /** Both counted from 0, both part of it. */
  first: number
  last: number
}

/** Strong: another size or time of change is another content. */
export const entityTag = ({ size, mtimeNs }: { size: bigint; mtimeNs: bigint }): string =>
  `"${size.toString(36)}-${mtimeNs.toString(36)}"`

/** Whether If-None-Match names this tag, or any. */
export const isKnown = (header: string | undefined, tag: string): boolean =>
  (header ?? '').split(',').some((one) => ['*', tag].includes(one.trim().replace(/^W\//, '')))

/**
 * The single range that is asked for; null for the whole: nothing was asked, or several ranges, or in another way, or of
 * another state of the file.
 */
export function rangeOf(
  headers: { range?: string | undefined; 'if-range'?: string | string[] | undefined },
  { tag, size }: { tag: string; size: number },
): Range | 'unsatisfiable' | null {
  const state = headers['if-range']
  if (state !== undefined && state !== tag) return null
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range?.replaceAll(' ', '') ?? '')
  if (!match || match[0] === 'bytes=-') return null
  const [from, to] = [match[1]!, match[2]!]
  if (from === '') {
    const count = Math.min(Number(to), size)
    return count === 0 ? 'unsatisfiable' : { first: size - count, last: size - 1 }
  }
  const [first, last] = [Number(from), to === '' ? size - 1 : Number(to)]
  // Not a range at all, which is to be passed over.
  if (to !== '' && last < first) return null
  return first >= size ? 'unsatisfiable' : { first, last: Math.min(last, size - 1) }
}
