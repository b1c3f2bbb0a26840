// Two answers beside each other: nothing of either is lost, whatever they hold, and what is marked is what differs.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Line, MOST_LINES, markedWords, type Row, rowsOf } from '../../web/views/pair/lines.ts'
import { codeRanges, pythonSpans } from '../../web/views/pair/tokens.ts'

const textOf = (line: Line): string => line.segments.map(({ text }) => text).join('')
const textsOf = (rows: readonly Row[], side: 'base' | 'variant'): string =>
  rows
    .flatMap((row) => row[side] ?? [])
    .map(textOf)
    .join('\n')
const compared = (base: string, variant: string) => rowsOf(base, variant, (text) => pythonSpans(text, true))

const line = fc.constantFrom(
  '',
  'x = 1',
  'y = f"{x!r:>{3}}" # z',
  '"""',
  'return x',
  '    pass',
  '```',
  'é 漢 𝔸 \t',
)
const text = fc.oneof(
  fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n')),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

describe('rows', () => {
  test('give both texts back, and lines that both have stand beside each other', () => {
    fc.assert(
      fc.property(text, text, (base, variant) => {
        const rows = compared(base, variant)!
        expect(textsOf(rows, 'base')).toBe(base)
        expect(textsOf(rows, 'variant')).toBe(variant)
        for (const { base: left, variant: right } of rows) {
          if (left && !left.isOwn) expect(textOf(right!)).toBe(textOf(left))
          expect(left?.isOwn ?? true).toBe(right?.isOwn ?? true)
        }
      }),
    )
  })

  test('mark the words that differ, and no others', () => {
    const rows = compared('def f(x):\n    return x + 1\n', 'def f(x):\n    return y + 1\n')!
    const marked = (of: 'base' | 'variant') =>
      rows.map((row) =>
        row[of]!.segments.filter(({ isMarked }) => isMarked)
          .map(({ text }) => text)
          .join('|'),
      )
    expect(marked('base')).toEqual(['', 'x', ''])
    expect(marked('variant')).toEqual(['', 'y', ''])
    expect(rows.map(({ base }) => base!.isOwn)).toEqual([false, true, false])
  })

  test('are left out of texts that are too long; lines without common words are not marked', () => {
    const long = Array.from({ length: MOST_LINES }, (_, i) => `line ${i}`).join('\n')
    expect(compared(long, 'short')).toBeNull()
    expect(compared('x'.repeat(40_000), 'short')).toBeNull()
    expect(markedWords('return sorted(values)', 'total += 1')).toBeNull()
  })
})

describe('kinds of code', () => {
  const kindsIn = (source: string, isProgram = true) =>
    pythonSpans(source, isProgram).map(({ start, end, kind }) => [source.slice(start, end), kind])

  test('are those of Python', () => {
    expect(kindsIn('def f(x):  # why\n    return "a" + 1')).toEqual([
      ['def', 'keyword'],
      ['f', 'name'],
      ['# why', 'comment'],
      ['return', 'keyword'],
      ['"a"', 'string'],
      ['1', 'number'],
    ])
    expect(kindsIn('f"a{len(x)}b"')).toEqual([
      ['f"a', 'string'],
      ['len', 'name'],
      ['b"', 'string'],
    ])
  })

  test('are looked for between fences alone, where there are some', () => {
    const answer = 'for you:\n```python\nreturn 1\n```\nfor me'
    expect(codeRanges(answer, true).map(({ start, end }) => answer.slice(start, end))).toEqual(['return 1\n'])
    expect(kindsIn(answer, false)).toEqual([
      ['return', 'keyword'],
      ['1', 'number'],
    ])
    expect(kindsIn('for me', false)).toEqual([])
  })

  test('come in order and do not lie on each other, whatever the text', () => {
    fc.assert(
      fc.property(text, (source) => {
        let at = 0
        for (const { start, end } of pythonSpans(source, true)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(end).toBeGreaterThan(start)
          at = end
        }
        expect(at).toBeLessThanOrEqual(source.length)
      }),
    )
  })
})
