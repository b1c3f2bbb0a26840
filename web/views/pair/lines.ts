// Two answers line by line beside each other: which lines one of them alone has, and which words differ in lines that stand
// for each other.
import { diffArrays, diffWordsWithSpace } from 'diff'
import type { Span } from './tokens.ts'

/** A stretch of a line that is drawn alike. */
export interface Segment {
  text: string
  /** Of a token of code; empty: none. */
  kind: string
  /** The other answer has something else here. */
  isMarked: boolean
}
export interface Line {
  segments: readonly Segment[]
  /** The other answer does not have this line. */
  isOwn: boolean
}
/** Lines that stand beside each other; null where one side has none. */
export interface Row {
  base: Line | null
  variant: Line | null
}

interface Range {
  start: number
  end: number
}

/** Beyond it the two are shown as they are: characters and lines of both together. */
export const MOST_CHARACTERS = 30_000
export const MOST_LINES = 500
const LINES_MS = 200
const WORDS_MS = 20
/** Where less than this share of a pair of lines is common, words are not told apart. */
const LEAST_COMMON = 0.3

/** Null where the texts are too long to be compared at once. */
export function rowsOf(base: string, variant: string, spans: (text: string) => Span[]): Row[] | null {
  if (base.length + variant.length > MOST_CHARACTERS) return null
  const [left, right] = [base.split('\n'), variant.split('\n')]
  if (left.length + right.length > MOST_LINES) return null
  const changes = diffArrays(left, right, { timeout: LINES_MS })
  if (!changes) return null
  const lines = { base: lineMaker(left, spans(base)), variant: lineMaker(right, spans(variant)) }
  const rows: Row[] = []
  let [removed, added]: string[][] = [[], []]
  const flush = () => {
    rows.push(...hunk(removed!, added!, lines))
    removed = []
    added = []
  }
  for (const change of changes) {
    if (change.removed) removed = change.value
    else if (change.added) added = change.value
    else {
      flush()
      for (const _ of change.value) {
        rows.push({ base: lines.base(false, []), variant: lines.variant(false, []) })
      }
    }
  }
  flush()
  return rows
}

type MakeLine = (isOwn: boolean, marks: readonly Range[]) => Line

/** What differs between two stretches of common lines: the first line of one stands beside the first of the other. */
function hunk(
  removed: readonly string[],
  added: readonly string[],
  lines: { base: MakeLine; variant: MakeLine },
): Row[] {
  return Array.from({ length: Math.max(removed.length, added.length) }, (_, at) => {
    const [before, after] = [removed[at], added[at]]
    const marks = before === undefined || after === undefined ? null : markedWords(before, after)
    return {
      base: before === undefined ? null : lines.base(true, marks?.base ?? []),
      variant: after === undefined ? null : lines.variant(true, marks?.variant ?? []),
    }
  })
}

/** Null where the lines have too little in common. */
export function markedWords(base: string, variant: string): { base: Range[]; variant: Range[] } | null {
  const changes = diffWordsWithSpace(base, variant, { timeout: WORDS_MS })
  if (!changes) return null
  const marks = { base: [] as Range[], variant: [] as Range[] }
  let [atBase, atVariant, common] = [0, 0, 0]
  for (const { value, added, removed } of changes) {
    const { length } = value
    if (removed) marks.base.push({ start: atBase, end: atBase + length })
    else if (added) marks.variant.push({ start: atVariant, end: atVariant + length })
    else common += value.trim().length
    if (!added) atBase += length
    if (!removed) atVariant += length
  }
  return common < LEAST_COMMON * Math.min(base.trim().length, variant.trim().length) ? null : marks
}

/** Gives the lines of a text one after another, each cut where its look changes. */
function lineMaker(lines: readonly string[], spans: readonly Span[]): MakeLine {
  let [line, start, span] = [0, 0, 0]
  return (isOwn, marks) => {
    const text = lines[line++]!
    const end = start + text.length
    while (span < spans.length && spans[span]!.end <= start) span++
    const own: Span[] = []
    for (let at = span; at < spans.length && spans[at]!.start < end; at++) {
      const { start: from, end: to, kind } = spans[at]!
      own.push({ start: Math.max(from - start, 0), end: Math.min(to, end) - start, kind })
    }
    start = end + 1
    return { segments: segmentsOf(text, own, marks), isOwn }
  }
}

function segmentsOf(text: string, spans: readonly Span[], marks: readonly Range[]): Segment[] {
  const cuts = new Set([0, text.length])
  for (const { start, end } of [...spans, ...marks]) cuts.add(start).add(end)
  const places = [...cuts].sort((a, b) => a - b)
  return places.slice(1).map((end, at) => {
    const start = places[at]!
    const covers = (range: Range): boolean => range.start <= start && end <= range.end
    return {
      text: text.slice(start, end),
      kind: spans.find(covers)?.kind ?? '',
      isMarked: marks.some(covers),
    }
  })
}
