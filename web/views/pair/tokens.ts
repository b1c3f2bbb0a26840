// Kinds of Python's tokens by place in the text: Prism finds them, and what it would draw is left out.
/// <reference path="./prism.d.ts" />
import './prismManual.ts'
import Prism, { type Token, type TokenStream } from 'prismjs/components/prism-core'
import 'prismjs/components/prism-python'

export interface Span {
  start: number
  end: number
  /** Name of a colour of code in theme.css. */
  kind: string
}

const KINDS: Readonly<Record<string, string>> = {
  keyword: 'keyword',
  comment: 'comment',
  string: 'string',
  'triple-quoted-string': 'string',
  number: 'number',
  boolean: 'number',
  function: 'name',
  'class-name': 'name',
  builtin: 'name',
  decorator: 'name',
}

/** Places of fenced blocks; of a program without fences all of it. */
export function codeRanges(text: string, isProgram: boolean): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = []
  let [at, start] = [0, -1]
  for (const line of text.split('\n')) {
    const next = at + line.length + 1
    if (/^\s*```/.test(line)) {
      if (start < 0) start = next
      else {
        ranges.push({ start, end: at })
        start = -1
      }
    }
    at = next
  }
  if (start >= 0) ranges.push({ start, end: text.length })
  return ranges.length === 0 && isProgram ? [{ start: 0, end: text.length }] : ranges
}

/** In their order; text without a kind is left out. */
export function pythonSpans(text: string, isProgram: boolean): Span[] {
  const spans: Span[] = []
  for (const { start, end } of codeRanges(text, isProgram)) {
    let at = start
    const walk = (stream: TokenStream, kind: string): void => {
      if (typeof stream === 'string') {
        if (kind !== '') spans.push({ start: at, end: at + stream.length, kind })
        at += stream.length
      } else if ('content' in stream) walk(stream.content, kindOf(stream, kind))
      else for (const part of stream) walk(part, kind)
    }
    walk(Prism.tokenize(text.slice(start, end), Prism.languages.python!), '')
  }
  return spans
}

/** Code within a formatted string is code again; other parts have the kind of what they stand in. */
const kindOf = ({ type }: Token, outer: string): string =>
  KINDS[type] ?? (type === 'interpolation' ? '' : outer)
