// Each scorer against a table of awkward answers, each line checked by hand; and answers that mean harm.
import { describe, expect, test } from 'vitest'
import { type TextScorer, textScorerSchema } from '../../src/schema/problem.ts'
import { scoreText, type TextScore } from '../../src/tasks/scorers/index.ts'
import { regexFault } from '../../src/tasks/scorers/regex.ts'

type Line = [answer: string, targets: string[], outcome: TextScore['class'], found?: string]

const scorer = (options: object): TextScorer => textScorerSchema.parse(options)
const RIGHT = 'pass'
const WRONG = 'wrong'
const NONE = 'no-answer'

function table(options: object, lines: Line[]): void {
  test.each(lines)(`${JSON.stringify(options)}: %j for %j is %s`, (answer, targets, outcome, found) => {
    expect(scoreText(scorer(options), answer, targets)).toEqual({ class: outcome, found: found ?? null })
  })
}

describe('exact', () => {
  table({ kind: 'exact' }, [
    ['Paris', ['Paris'], RIGHT, 'Paris'],
    [' Paris\n', ['Paris'], RIGHT, 'Paris'],
    ['\u00a0Paris\u3000', ['Paris'], RIGHT, 'Paris'],
    ['Paris', [' Paris '], RIGHT, 'Paris'],
    ['paris', ['Paris'], WRONG, 'paris'],
    ['Paris.', ['Paris'], WRONG, 'Paris.'],
    ['New  Delhi', ['New Delhi'], WRONG, 'New  Delhi'],
    ['Delhi', ['New Delhi', 'Delhi'], RIGHT, 'Delhi'],
    ['The answer is Paris', ['Paris'], WRONG, 'The answer is Paris'],
    ['"Paris"', ['Paris'], WRONG, '"Paris"'],
    ['é', ['e\u0301'], WRONG, 'é'], // one character and two: not the same text
    ['5.0', ['5'], WRONG, '5.0'],
    ['\ufeffParis', ['Paris'], RIGHT, 'Paris'], // a byte order mark is white space to JavaScript
    ['a\r\nb', ['a\nb'], WRONG, 'a\r\nb'],
    ['__proto__', ['__proto__'], RIGHT, '__proto__'],
    ['', ['Paris'], 'empty'],
    [' \n\t', ['Paris'], 'empty'],
    ['\u200b', ['Paris'], WRONG, '\u200b'], // a zero-width space is none
  ])
  table({ kind: 'exact', ignoreCase: true }, [
    ['PARIS', ['Paris'], RIGHT, 'PARIS'],
    ['STRASSE', ['straße'], RIGHT, 'STRASSE'],
    ['ΟΔΟΣ', ['οδος'], RIGHT, 'ΟΔΟΣ'],
    ['οδοσ', ['οδος'], RIGHT, 'οδοσ'],
    ['Pari', ['Paris'], WRONG, 'Pari'],
  ])
})

describe('contains', () => {
  table({ kind: 'contains' }, [
    ['The capital is Paris.', ['Paris'], RIGHT, 'Paris'],
    ['Paris', ['Paris'], RIGHT, 'Paris'],
    ['paris', ['Paris'], WRONG],
    ['concatenate', ['cat'], RIGHT, 'cat'],
    ['It is not Paris.', ['Paris'], RIGHT, 'Paris'], // it reads no sentence
    ['Lyon or Paris', ['Rome', 'Paris'], RIGHT, 'Paris'],
    ['Lyon', ['Rome', 'Paris'], WRONG],
    ['New\nDelhi', ['New Delhi'], WRONG],
    ['P a r i s', ['Paris'], WRONG],
    ['**Paris**', ['Paris'], RIGHT, 'Paris'],
    ['a.c', ['a.c'], RIGHT, 'a.c'],
    ['abc', ['a.c'], WRONG], // no pattern
    ['15', ['5'], RIGHT, '5'],
    ['is Paris', [' Paris '], RIGHT, 'Paris'],
    ['Pari', ['Paris'], WRONG],
    ['', ['Paris'], 'empty'],
    ['\n', ['Paris'], 'empty'],
  ])
  table({ kind: 'contains', ignoreCase: true }, [
    ['the capital is PARIS', ['Paris'], RIGHT, 'Paris'],
    ['die STRASSE', ['straße'], RIGHT, 'straße'],
    ['Rome', ['Paris'], WRONG],
  ])
})

describe('numeric', () => {
  table({ kind: 'numeric' }, [
    ['42', ['42'], RIGHT, '42'],
    ['The answer is 42.', ['42'], RIGHT, '42'],
    ['7 times 6 is 42', ['42'], RIGHT, '42'],
    ['42 is 6 times 7', ['42'], WRONG, '7'],
    ['#### 1,234', ['1234'], RIGHT, '1,234'],
    ['1,234,567.50', ['1234567.5'], RIGHT, '1,234,567.50'],
    ['12\u202f345', ['12345'], RIGHT, '12\u202f345'],
    ['12 345', ['12345'], WRONG, '345'], // a plain blank parts numbers
    ['3,5', ['3.5'], NONE, '3,5'], // a decimal comma, or two numbers
    ['1.234,56', ['1234.56'], NONE, '1.234,56'],
    ['0,123', ['0.123'], NONE, '0,123'],
    ['12,34,567', ['1234567'], NONE, '12,34,567'],
    ['1, 2, 3', ['3'], RIGHT, '3'],
    ['-5', ['-5'], RIGHT, '-5'],
    ['\u22125', ['-5'], RIGHT, '\u22125'],
    ['+5', ['5'], RIGHT, '+5'],
    ['5', ['-5'], WRONG, '5'],
    ['3-5', ['5'], RIGHT, '5'], // a dash between numbers is no sign
    ['8 - 3', ['3'], RIGHT, '3'],
    ['8 -3', ['-3'], RIGHT, '-3'],
    ['- 5 apples', ['5'], RIGHT, '5'], // an item of a list
    ['-$5.25', ['-5.25'], RIGHT, '-5.25'],
    ['$1,000', ['1000'], RIGHT, '1,000'],
    ['€ 20', ['20 €'], RIGHT, '20'],
    ['50%', ['50'], RIGHT, '50'],
    ['50', ['50 %'], RIGHT, '50'],
    ['50%', ['0.5'], WRONG, '50'],
    ['1e3', ['1000'], RIGHT, '1e3'],
    ['1.5E\u22122', ['0.015'], RIGHT, '1.5E\u22122'],
    ['1e5 and e6', ['100000'], RIGHT, '1e5'],
    ['2.50', ['2.5'], RIGHT, '2.50'],
    ['.5', ['0.5'], RIGHT, '.5'],
    ['-.5', ['-0.5'], RIGHT, '-.5'],
    ['Rs.500', ['500'], RIGHT, '500'],
    ['...5', ['5'], RIGHT, '5'],
    ['007', ['7'], RIGHT, '007'],
    ['-0', ['0'], RIGHT, '-0'],
    ['1/2', ['0.5'], NONE, '1/2'],
    ['The answer is 3/4', ['4'], NONE, '3/4'],
    ['10/2=5', ['5'], RIGHT, '5'],
    ['12:30', ['30'], NONE, '12:30'],
    ['version 1.2.3', ['3'], NONE, '1.2.3'],
    ['10^3', ['3'], NONE, '10^3'],
    ['5 H2O', ['5'], RIGHT, '5'],
    ['x1 = 7', ['7'], RIGHT, '7'],
    ['5kg', ['5'], RIGHT, '5'],
    ['\\boxed{42}', ['42'], RIGHT, '42'],
    ['**42**', ['42'], RIGHT, '42'],
    ['forty-two', ['42'], NONE],
    ['H2O', ['2'], NONE],
    ['𝑥2', ['2'], NONE], // a mathematical letter of two code units
    ['٤٢', ['42'], NONE],
    ['Infinity', ['1'], NONE],
    ['12345678901234567891', ['12345678901234567890'], WRONG, '12345678901234567891'],
    ['0.1000000000000000055', ['0.1'], WRONG, '0.1000000000000000055'],
    ['1e999', ['1'], NONE, '1e999'],
    ['7', ['5', '7'], RIGHT, '7'],
    ['', ['7'], 'empty'],
  ])
  table({ kind: 'numeric', take: 'first' }, [
    ['42 is 6 times 7', ['42'], RIGHT, '42'],
    ['H2O: 18 g', ['18'], RIGHT, '18'],
    ['1/2 of 8 is 4', ['4'], NONE, '1/2'],
  ])
  table({ kind: 'numeric', tolerance: 0.1 }, [
    ['0.4', ['0.3'], RIGHT, '0.4'], // 0.4 - 0.3 is above 0.1 in floating point
    ['0.41', ['0.3'], WRONG, '0.41'],
    ['0.2', ['0.3'], RIGHT, '0.2'],
  ])
  table({ kind: 'numeric', tolerance: 1e-7 }, [['1.00000005', ['1'], RIGHT, '1.00000005']])
})

describe('regex', () => {
  table({ kind: 'regex', pattern: 'answer: (\\w+)', flags: 'i' }, [
    ['Answer: Paris', ['Paris'], RIGHT, 'Paris'],
    ['answer: Lyon, answer: Paris', ['Paris'], WRONG, 'Lyon'], // the first match
    ['answer: paris', ['Paris'], WRONG, 'paris'], // the flag is the pattern's
    ['answer: Paris', ['Rome', 'Paris'], RIGHT, 'Paris'],
    ['Paris', ['Paris'], NONE],
    ['answer: ', ['Paris'], NONE],
    ['answer: Zürich', ['Zürich'], WRONG, 'Z'], // \w is ASCII
    ['', ['Paris'], 'empty'],
  ])
  table({ kind: 'regex', pattern: '(the )?answer is (?<answer>[^.]*)' }, [
    ['the answer is New Delhi.', ['New Delhi'], RIGHT, 'New Delhi'],
    ['answer is Delhi ', ['Delhi'], RIGHT, 'Delhi '],
    ['answer is', ['Delhi'], NONE],
  ])
  table({ kind: 'regex', pattern: '<(\\d)>|none' }, [
    ['<5>', ['5'], RIGHT, '5'],
    ['none', ['5'], NONE], // the branch without the group
    ['<5>', [], RIGHT, '<5>'],
  ])
  table({ kind: 'regex', pattern: '^yes$', flags: 'im' }, [
    ['Well\nYES\n', [], RIGHT, 'YES'],
    ['yes, it is', [], NONE],
    ['\n', [], 'empty'],
  ])
  table({ kind: 'regex', pattern: '(?<=\\{).*(?=\\})', flags: 's' }, [['{a\nb}', [], RIGHT, 'a\nb']])
  table({ kind: 'regex', pattern: '^\\p{Lu}', flags: 'u' }, [
    ['Éa', [], RIGHT, 'É'],
    ['éa', [], NONE],
  ])

  test.each([
    ['(', '', true, 'pattern', 'does not compile'],
    ['(?P<name>a)', '', true, 'pattern', 'does not compile'],
    ['a)|(b', '', true, 'pattern', 'does not compile'],
    ['a', '', true, 'pattern', 'no group'],
    ['(?:a)', '', true, 'pattern', 'no group'],
    ['(?<a>.)(?<b>.)', '', true, 'pattern', '2 named groups'],
    ['(a)', 'g', true, 'flags', "'g'"],
    ['(a)', 'ii', true, 'pattern', 'does not compile'],
    ['\\p{Nope}', 'u', false, 'pattern', 'does not compile'],
  ])('%s with flags %j and answers %s is refused', (pattern, flags, hasAnswers, key, what) => {
    expect(regexFault({ kind: 'regex', pattern, flags }, hasAnswers)).toMatchObject({
      key,
      what: expect.stringContaining(what),
    })
  })

  test.each([
    ['a', '', false],
    ['(a)', 'imsu', true],
    ['(?<a>.)(.)', '', true],
  ])('%s with flags %j and answers %s is taken', (pattern, flags, hasAnswers) => {
    expect(regexFault({ kind: 'regex', pattern, flags }, hasAnswers)).toBeUndefined()
  })
})

describe('json', () => {
  table({ kind: 'json' }, [
    ['{"a": 1, "b": 2}', ['{"b": 2, "a": 1}'], RIGHT, '{"a": 1, "b": 2}'],
    ['{"a": 1.0}', ['{"a": 1}'], RIGHT, '{"a": 1.0}'],
    ['{"a": 1e0}', ['{"a": 1}'], RIGHT, '{"a": 1e0}'],
    ['{"a": "1"}', ['{"a": 1}'], WRONG, '{"a": "1"}'],
    ['[1, 2]', ['[2, 1]'], WRONG, '[1, 2]'],
    ['{"a": 1, "b": 2}', ['{"a": 1}'], WRONG, '{"a": 1, "b": 2}'],
    ['{"a": null}', ['{}'], WRONG, '{"a": null}'],
    ['[]', ['{}'], WRONG, '[]'],
    ['{"a": [{"b": true}]}', ['{"a":[{"b":true}]}'], RIGHT, '{"a": [{"b": true}]}'],
    ['Here it is: {"a": 1}. Right?', ['{"a": 1}'], RIGHT, '{"a": 1}'],
    ['```json\n{"a": 1}\n```', ['{"a": 1}'], RIGHT, '{"a": 1}'],
    ['See [1] below.\n```\n{"a": 1}\n```', ['{"a": 1}'], RIGHT, '{"a": 1}'], // a fence goes before prose
    ['```json\n{"a": 1}', ['{"a": 1}'], RIGHT, '{"a": 1}'],
    ['~~~\n[1]\n~~~', ['[1]'], RIGHT, '[1]'],
    ['```python\nx = {}\n```\n```json\n{"a": 1}\n```', ['{"a": 1}'], RIGHT, '{"a": 1}'],
    ['```\n42\n```', ['42'], RIGHT, '42'],
    ['{not json} {"a": 1}', ['{"a": 1}'], RIGHT, '{"a": 1}'],
    ['{"a": 1} {"a": 2}', ['{"a": 2}'], WRONG, '{"a": 1}'], // the first
    ['{"a": {"b": 1}', ['{"b": 1}'], RIGHT, '{"b": 1}'], // the outer one never closes
    ['{"a": "}"}', ['{"a": "}"}'], RIGHT, '{"a": "}"}'],
    ['{"a": "\\"}"} x', ['{"a": "\\"}"}'], RIGHT, '{"a": "\\"}"}'],
    ['{"a": "\\u00e9"}', ['{"a": "é"}'], RIGHT, '{"a": "\\u00e9"}'],
    ['{"__proto__": 1}', ['{"__proto__": 1}'], RIGHT, '{"__proto__": 1}'],
    ['{"toString": 1}', ['{}'], WRONG, '{"toString": 1}'],
    ['42', ['42.0'], RIGHT, '42'],
    ['"Paris"', ['"Paris"'], RIGHT, '"Paris"'],
    ['true', ['true'], RIGHT, 'true'],
    ['null', ['null'], RIGHT, 'null'],
    ['It is 42', ['42'], NONE], // a value within prose is an object or a list
    ["{'a': 1}", ['{"a": 1}'], NONE],
    ['{"a": 1,}', ['{"a": 1}'], NONE],
    ['{"a": NaN}', ['{"a": 1}'], NONE],
    ['{"a": 1', ['{"a": 1}'], NONE],
    ['Paris', ['"Paris"'], NONE],
    ['{"a": 2}', ['{"a": 1}', '{"a": 2}'], RIGHT, '{"a": 2}'],
    [' ', ['{}'], 'empty'],
  ])
})

describe('an answer that means harm costs no more than its length', () => {
  const MEGABYTE = 1024 * 1024
  const filled = (piece: string): string => piece.repeat(Math.ceil(MEGABYTE / piece.length))
  const pieces = [
    '{',
    '[',
    '{"a":',
    '[1,',
    '"',
    '\\',
    '{"',
    '[]',
    '```a\nx```\n',
    '```\n',
    '~~~ x\n',
    '`',
    '~',
    '~~~~\n~~~',
    '{x} ',
    '```\n1x\n```\n',
    ' ',
    '\n ',
  ]
  const digits = [
    '1',
    '1,',
    '1.',
    '1/',
    '1,234',
    '-',
    '5e',
    '5e5',
    '1e9 ',
    '.',
    ',',
    '$',
    '-$',
    '\u00a0',
    '0',
    '𝑥2',
    '1:1 ',
  ]
  const scorers = [
    { kind: 'exact', ignoreCase: true },
    { kind: 'contains', ignoreCase: true },
    { kind: 'numeric' },
    { kind: 'numeric', take: 'first' },
    { kind: 'json' },
    { kind: 'regex', pattern: 'answer: (\\d+)' },
  ]
  test.each(scorers)('%j', (options) => {
    for (const piece of [...pieces, ...digits]) {
      for (const text of [filled(piece), `x${filled(piece)}!`]) {
        const start = performance.now()
        expect(scoreText(scorer(options), text, ['1']).class).toMatch(/pass|wrong|empty|no-answer/)
        const ms = performance.now() - start
        expect(ms, `${JSON.stringify(piece)} took ${ms.toFixed(0)} ms`).toBeLessThan(3000)
      }
    }
  })

  test('a value that is nested too deep is none; what is within it, or follows it, is found', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
    const found = (text: string): TextScore => scoreText(scorer({ kind: 'json' }), text, ['{"a":1}'])
    expect(found(nested(150))).toEqual({ class: 'wrong', found: nested(100) })
    expect(found(nested(MEGABYTE)).class).toBe('no-answer')
    expect(found(`${'['.repeat(150)} {"a": 1}`).class).toBe('pass')
  })
})
