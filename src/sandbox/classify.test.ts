import { describe, expect, it } from 'vitest'
import { failureOf, parseRaised } from './classify.ts'

const described = (value: unknown) => parseRaised(Buffer.from(JSON.stringify(value)))

describe('an exception that untrusted code describes', () => {
  it('is taken as it is when it is plain', () => {
    const raised = described({ name: 'MyError', base: 'ValueError', message: 'no', system: false, line: 3 })
    expect(failureOf(raised, false)).toEqual({ class: 'exception', exception: 'MyError', message: 'no' })
    expect(raised.line).toBe(3)
  })
  it.each([
    undefined,
    Buffer.from('not JSON'),
    Buffer.from('null'),
    Buffer.from('[]'),
    Buffer.from('"pass"'),
    Buffer.alloc(70_000, 32),
    Buffer.from([0xff, 0xfe]),
  ])('is a plain Exception when it is not: %s', (bytes) => {
    expect(failureOf(parseRaised(bytes), false)).toEqual({ class: 'exception', exception: 'Exception' })
  })
  it.each(['', 'a b', '1x', 'x'.repeat(101), 'é\u202e', 'a\nb', 5, null, {}])(
    'has a Python name: %j',
    (name) => {
      expect(described({ name, base: 'KeyError', message: '', system: false }).name).toBe('KeyError')
      expect(described({ name, base: name, message: '', system: false }).name).toBe('Exception')
    },
  )
  it('has one line of message, of 200 characters and without half characters', () => {
    const { message } = failureOf(
      described({ name: 'E', base: 'E', message: `${'x'.repeat(300)}\nsecond` }),
      false,
    )
    expect(message).toBe('x'.repeat(200))
    const { message: half } = failureOf(described({ name: 'E', base: 'E', message: 'a\ud800b\rc' }), false)
    expect(half).toBe('a\ufffdb')
  })
})

describe('the class of a failure', () => {
  const classOf = (base: string, system = false, denied = false) =>
    failureOf({ name: base, base, message: '', system }, denied).class
  it.each([
    ['NameError', 'missing-name'],
    ['ImportError', 'missing-name'],
    ['ModuleNotFoundError', 'missing-name'],
    ['UnboundLocalError', 'exception'], // a mistake in the program, not a name that its assembly lost
    ['MemoryError', 'limit'],
    ['RecursionError', 'limit'],
    ['TypeError', 'exception'],
    ['AssertionError', 'exception'],
    ['toString', 'exception'],
    ['__proto__', 'exception'],
  ])('of %s is %s', (base, expected) => {
    expect(classOf(base)).toBe(expected)
  })
  it('is a violation only for an OSError after a refusal', () => {
    expect(classOf('PermissionError', true, true)).toBe('violation')
    expect(classOf('PermissionError', true, false)).toBe('exception')
    expect(classOf('ValueError', false, true)).toBe('exception')
  })
})
