// Text from models and files, made safe to print.

// C0 and C1 controls except newline and tab, bidi controls, line and paragraph separators, zero-width characters, and halves of
// characters, which no file can hold as they are.
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Replaces control, bidi and zero-width characters, and halves of some, by visible escapes: text cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A token on one line: `⏎` is a line end, `→` a tab. */
export function tokenText(text: string): string {
  return printable(text.replace(/\r?\n/g, '⏎').replaceAll('\t', '→'))
}

/** One printable line of at most `max` characters, cut with an ellipsis. */
export function oneLine(text: string, max = 100): string {
  const line = printable(text.replace(/\s+/g, ' ').trim())
  return line.length > max ? `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : line
}

/** `1 problem`, `3 problems`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`
}

/** `9999 B`, `12.34 MB`, `1.61 GB`. */
export function byteSize(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`
  const [unit, by] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : ['kB', 1e3]
  return `${(bytes / by).toFixed(2)} ${unit}`
}

const COUNT_WORDS = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** `seven`, `no`; digits above twelve, as running text has it. */
export function countWord(count: number): string {
  return COUNT_WORDS[count] ?? String(count)
}

/** At most `max` ids of problems; a prefix that they share stands once: `HumanEval/3, 17, 40 and 5 more`. */
export function idList(ids: readonly string[], max = 8): string {
  const prefix = /^.*\//.exec(ids[0] ?? '')?.[0] ?? ''
  const shared = ids.every((id) => id.startsWith(prefix))
  const shown = ids.slice(0, max).map((id, i) => (shared && i > 0 ? id.slice(prefix.length) : id))
  return shown.join(', ') + (ids.length > max ? ` and ${ids.length - max} more` : '')
}

/** The candidate nearest to `word` by edit distance, if it is near enough to be a typo. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

// Levenshtein distance, two rows.
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitute))
    }
    row = next
  }
  return row[b.length]!
}
