import { expect, test } from 'vitest'
import { byteSize, nearest, oneLine, plural, printable } from './text.ts'

test('controls, bidi marks and escapes become visible; newlines and tabs stay', () => {
  expect(printable('a\u001b[31mred\u0007\tb\nc')).toBe('a\\u001b[31mred\\u0007\tb\nc')
  expect(printable('abc\u202edef\u2066\u200b')).toBe('abc\\u202edef\\u2066\\u200b')
  expect(printable('\r\u009b')).toBe('\\u000d\\u009b')
  expect(printable('naïve 日本 🙂')).toBe('naïve 日本 🙂')
})

test('one line is cut with an ellipsis', () => {
  expect(oneLine('  a\n  b  ')).toBe('a b')
  expect(oneLine('x'.repeat(20), 10)).toBe(`${'x'.repeat(9)}…`)
})

test('the nearest word is a typo away or not there', () => {
  expect(nearest('humanevl', ['humaneval', 'mbpp'])).toBe('humaneval')
  expect(nearest('zzz', ['humaneval'])).toBeUndefined()
})

test('counts and nouns', () => {
  expect([plural(1, 'problem'), plural(2, 'problem')]).toEqual(['1 problem', '2 problems'])
})

test('sizes in the unit that they have', () => {
  expect([9_999, 10_000, 12_340_000, 1_614_000_000].map(byteSize)).toEqual([
    '9999 B',
    '10.00 kB',
    '12.34 MB',
    '1.61 GB',
  ])
})
