// Values that cross between the two interpreters: what comes back equals what was sent, in value and in type.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judge } from '../../src/schema/judge.ts'
import { judgeF, openTestSandbox } from '../support/sandbox.ts'

let judge: Judge
beforeAll(async () => {
  judge = await openTestSandbox()
})
afterAll(() => judge?.[Symbol.asyncDispose]())

// Python source text of a value. Sets and keys hold only values that are hashable.
const text = fc
  .string({ unit: 'binary' })
  .map((value) => JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped))
const escaped = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
const bytes = fc.uint8Array({ maxLength: 6 }).map((value) => `bytes(${JSON.stringify([...value])})`)
const integer = fc
  .oneof(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), fc.bigInt({ min: -5n, max: 5n }))
  .map(String)
const float = fc
  .double({ noNaN: true })
  .map((value) => (Number.isFinite(value) ? pythonFloat(value) : `float("${value < 0 ? '-' : ''}inf")`))
const pythonFloat = (value: number): string => (Object.is(value, -0) ? '-0.0' : `float(${value})`)
const hashable = fc.oneof(
  text,
  bytes,
  integer,
  float,
  fc.constantFrom('None', 'True', 'False', '1j', 'Fraction(1, 3)', 'Decimal("1.50")', 'range(1, 9, 2)'),
)
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    hashable,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `(${items.map((item) => `${item}, `).join('')})`),
    fc
      .array(fc.tuple(hashable, tie('value')), { maxLength: 4 })
      .map((pairs) => `{${pairs.map(([k, v]) => `${k}: ${v}`).join(', ')}}`),
    fc.array(hashable, { maxLength: 4 }).map((items) => `set([${items.join(', ')}])`),
    fc.array(hashable, { maxLength: 4 }).map((items) => `frozenset([${items.join(', ')}])`),
    bytes.map((source) => `bytearray(${source})`),
  ),
}))

// Equal in value and type, all the way down; zeros with their sign.
const SAME = `
from fractions import Fraction
from decimal import Decimal
def same(a, b):
    if type(a) is not type(b) or a != b: return False
    if type(a) in (list, tuple): return all(map(same, a, b))
    if type(a) is dict: return list(map(repr, a)) == list(map(repr, b)) and all(map(same, a.values(), b.values()))
    return type(a) in (set, frozenset) or repr(a) == repr(b)
`

describe('values', () => {
  it('are the same after both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 8 }), async (values) => {
        const lines = values
          .map((source) => `    v = ${source}\n    assert same(candidate(v), v), v\n`)
          .join('')
        const verdict = await judgeF(judge, 'def f(x): return x\n', {
          test: `${SAME}\ndef check(candidate):\n${lines}`,
        })
        expect(verdict, lines).toMatchObject({ class: 'pass' })
      }),
      { numRuns: 120 },
    )
  })

  it.each([
    ['a str whose halves of a character are apart', '"\\ud83d" "\\ude00"', '2'],
    ['a float that is not a number', 'float("nan")', 'None'],
  ])('%s', async (_, source, length) => {
    const test = `def check(candidate):\n    v = candidate(${source})\n    assert v != v or len(v) == ${length}\n`
    expect((await judgeF(judge, 'def f(x): return x\n', { test })).class).toBe('pass')
  })

  const built = 'from collections import *\nfrom enum import *\n'
  it.each([
    [
      'an int',
      'class T(int):\n    def __eq__(s, o): return True',
      'T(5)',
      'type(v) is int and v == 5 and not v == 6',
    ],
    ['a str', 'class T(str):\n    def __eq__(s, o): return True', 'T("a")', 'type(v) is str and v != "b"'],
    ['a list', 'class T(list):\n    def __eq__(s, o): return True', 'T([1])', 'type(v) is list and v != [2]'],
    [
      'a dict',
      'class T(dict):\n    def __eq__(s, o): return True',
      'T(a=1)',
      'type(v) is dict and v == {"a": 1}',
    ],
    ['a named tuple', 'T = namedtuple("T", "a b")', 'T(1, 2)', 'v == (1, 2) and type(v) is tuple'],
    ['a Counter', '', 'Counter("aab")', 'v == {"a": 2, "b": 1} and type(v) is dict'],
    ['a defaultdict', '', 'defaultdict(list, a=[1])', 'v == {"a": [1]}'],
    [
      'an OrderedDict in its own order',
      '',
      '(lambda d: (d.move_to_end("a"), d)[1])(OrderedDict(a=1, b=2))',
      'list(v) == ["b", "a"]',
    ],
    ['an IntEnum', 'class T(IntEnum):\n    A = 3', 'T.A', 'v == 3 and type(v) is int'],
  ])('are reduced to their built-in value: %s', async (_, definition, source, condition) => {
    const program = `${built}${definition}\ndef f(x): return ${source}\n`
    const test = `def check(candidate):\n    v = candidate(0)\n    assert ${condition}, v\n`
    expect(await judgeF(judge, program, { test })).toMatchObject({ class: 'pass' })
  })

  it.each([
    ['an object', 'T()', 'True'],
    ['an object that says it is false', 'N()', 'False'],
    ['a generator', '(i for i in [1])', 'True'],
    ['a function', 'f', 'True'],
    ['a list in itself', 'L', 'True'],
    ['a list that is nested too deep', 'D', 'True'],
  ])('without a built-in value are equal to nothing: %s', async (_, source, truth) => {
    const program = `class T:\n    def __eq__(s, o): return True\n    def __hash__(s): return 1\nclass N(T):\n    def __bool__(s): return False\nL = []\nL.append(L)\nD = []\nfor _ in range(300): D = [D]\ndef f(x): return ${source}\n`
    const test = `def check(candidate):\n    v = candidate(0)\n    assert not v == 1 and not 1 == v and v != 1 and v not in [1, None, "", []]\n    assert bool(v) is ${truth}\n`
    expect(await judgeF(judge, program, { test })).toMatchObject({ class: 'pass' })
  })

  it('do not show the tests what an answer does to its arguments', async () => {
    const test =
      'def check(candidate):\n    v = [3, 1, 2]\n    assert candidate(v) == [1, 2, 3] and v == [3, 1, 2]\n'
    expect((await judgeF(judge, 'def f(x):\n    x.sort()\n    return x\n', { test })).class).toBe('pass')
  })
  it('that are large cross quickly', async () => {
    const test =
      'def check(candidate):\n    v = list(range(200000))\n    assert candidate(v) == v\n    t = "x" * 1000000\n    assert candidate(t) == t\n'
    const verdict = await judgeF(judge, 'def f(x): return x\n', { test })
    expect(verdict.class).toBe('pass')
    expect(verdict.wallMs).toBeLessThan(5000)
  })
  it('that are too large do not cross', async () => {
    expect((await judgeF(judge, 'def f(x): return "x" * 20_000_000\n')).class).toBe('limit')
  })
})
