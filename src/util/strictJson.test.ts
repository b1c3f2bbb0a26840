import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStrictJson } from './strictJson.ts'

test('any value that JSON can hold is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseStrictJson(text)).toEqual({ value: JSON.parse(text) })
    }),
  )
})

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"b":{"a":1},"\\u0061":2}', 'a'],
  ['[{"x":[{"k":1 , "k" :2}]}]', 'k'],
  ['{"":1,"":2}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a\\"":1,"a\\"":2}', 'a"'],
])('%s has a key twice', (text, key) => {
  expect(parseStrictJson(text)).toEqual({
    fault: `the key ${JSON.stringify(key)} stands twice in one object`,
  })
})

test('equal keys of different objects, and values that look like keys, are fine', () => {
  for (const text of [
    '[{"a":1},{"a":2}]',
    '{"a":{"a":{"a":1}}}',
    '{"a":"b","b":"a:","c":"\\"a\\":"}',
    '["a","a"]',
  ]) {
    expect(parseStrictJson(text)).toEqual({ value: JSON.parse(text) })
  }
})

test('nesting beyond the limit is refused before it is parsed', () => {
  expect(parseStrictJson('[[1]]', 2)).toEqual({ value: [[1]] })
  expect(parseStrictJson('[[[1]]]', 2)).toEqual({ fault: 'nested deeper than 2 levels' })
  expect(parseStrictJson('['.repeat(5_000_000))).toEqual({ fault: 'nested deeper than 64 levels' })
})

test('text that is no JSON has a fault, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseStrictJson(text)
      if ('value' in parsed) expect(parsed.value).toEqual(JSON.parse(text))
      else expect(parsed.fault).not.toBe('')
    }),
  )
  for (const text of ['', '{"a', '{"a":', '"\\', '{"a":1}}', '\ufeff{}']) {
    expect(parseStrictJson(text)).toMatchObject({ fault: expect.stringMatching(/^not JSON/) })
  }
})
