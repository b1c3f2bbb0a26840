// The first JSON value of the answer equals that of a target: the whole answer, else what a fence holds, else the first
// object or list in the text. The order of keys does not count, and 1 is 1.0; numbers are compared as floating point.
import { parseJson } from '../../util/textFile.ts'
import type { TextScore } from './index.ts'

/** Deeper values are taken for none. */
const MAX_DEPTH = 100
/** Characters that are looked at in all, as a multiple of the answer: brackets that never close must not cost a square. */
const MAX_PASSES = 10
const MIN_BUDGET = 100_000
/** Pieces that look like JSON and are none are given up after so many: each costs more than its length. */
const MAX_ATTEMPTS = 1000

/** A fenced block, to its closing fence or the end of the text: blocks do not overlap, so that time stays linear. */
const FENCED = /^[ \t]*(`{3,}(?!`)|~{3,}(?!~))[^\n`]*\n([\s\S]*?)(?:\n[ \t]*\1|$(?![\s\S]))/gm

export function json(answer: string, targets: readonly string[]): TextScore {
  const found = firstJson(answer)
  if (!found) return { class: 'no-answer', found: null }
  const isRight = targets.some((target) => {
    const wanted = parseFlat(target)
    return wanted !== null && isEqual(found.value, wanted.value)
  })
  return { class: isRight ? 'pass' : 'wrong', found: found.text }
}

interface JsonText {
  text: string
  value: unknown
}

function firstJson(answer: string): JsonText | null {
  const whole = parseFlat(answer)
  if (whole) return whole
  let attempts = 0
  for (const [, , code] of answer.matchAll(FENCED)) {
    const fenced = parseFlat(code!)
    if (fenced) return fenced
    if (++attempts === MAX_ATTEMPTS) break
  }
  return firstBracketed(answer)
}

/** The first object or list of the text. */
function firstBracketed(text: string): JsonText | null {
  let budget = Math.max(MIN_BUDGET, MAX_PASSES * text.length)
  let attempts = 0
  for (const { index } of text.matchAll(/[{[]/g)) {
    const { end, isClosed } = bracketed(text, index)
    const parsed = isClosed ? parseFlat(text.slice(index, end)) : null
    if (parsed) return parsed
    if (isClosed) attempts++
    budget -= end - index
    if (budget < 0 || attempts === MAX_ATTEMPTS) return null
  }
  return null
}

/** Behind the bracket that closes the one at `start`, or where it was given up: no bracket closes it, or too many open. */
function bracketed(text: string, start: number): { end: number; isClosed: boolean } {
  let depth = 0
  let isQuoted = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (isQuoted) {
      if (character === '\\') i++
      else if (character === '"') isQuoted = false
    } else if (character === '"') isQuoted = true
    else if (character === '{' || character === '[') {
      if (++depth > MAX_DEPTH) return { end: i, isClosed: false }
    } else if ((character === '}' || character === ']') && --depth === 0) {
      return { end: i + 1, isClosed: true }
    }
  }
  return { end: text.length, isClosed: false }
}

/** The value of a text that is JSON and not nested too deep. */
export function parseFlat(text: string): JsonText | null {
  const trimmed = text.trim()
  if (/^[{[]/.test(trimmed) && !bracketed(trimmed, 0).isClosed) return null
  const parsed = parseJson(trimmed)
  return 'value' in parsed ? { text: trimmed, value: parsed.value } : null
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  const other = b as Readonly<Record<string, unknown>>
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual((a as Record<string, unknown>)[key], other[key]))
  )
}
