import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CodeProblem } from '../schema/problem.ts'
import { RULES } from '../schema/run.ts'
import { type Assembled, assemble, LDB_HEADER, preparePython } from './assembly.ts'
import { readProblems } from './problems.ts'

let problems: ReadonlyMap<string, CodeProblem>
beforeAll(async () => {
  await preparePython()
  const path = fileURLToPath(new URL('../../test/fixtures/evalplus/problems.jsonl', import.meta.url))
  problems = (await readProblems(path)).problems
})

const doubleAll = (): CodeProblem => problems.get('Tiny/0')!
/** Its prompt has the helper is_vowel. */
const countVowels = (): CodeProblem => problems.get('Tiny/1')!

const program = (result: Assembled): string => ('program' in result ? result.program : `none: ${result.none}`)
const fenced = (answer: string, problem: CodeProblem = doubleAll()): string =>
  program(assemble('fenced', answer, problem))

const BODY = '    return [2 * n for n in numbers]\n'
const WHOLE = `def double_all(numbers):\n${BODY}`
const PRELUDE = 'from typing import List\n'

describe('assemble', () => {
  test('rules that only put text in front', () => {
    expect(program(assemble('prompt+body', BODY, doubleAll()))).toBe(doubleAll().prompt + BODY)
    expect(program(assemble('program', WHOLE, doubleAll()))).toBe(WHOLE)
    expect(program(assemble('typing+program', WHOLE, doubleAll()))).toBe(`from typing import *\n${WHOLE}`)
    expect(program(assemble('header+program', WHOLE, doubleAll()))).toBe(LDB_HEADER + WHOLE)
  })

  test('prelude+program: imports and helpers of the prompt, not the function to write', () => {
    expect(program(assemble('prelude+program', WHOLE, doubleAll()))).toBe(PRELUDE + WHOLE)
    const prelude = program(assemble('prelude+program', 'pass\n', countVowels()))
    expect(prelude).toContain('def is_vowel')
    expect(prelude).not.toContain('def count_vowels')
  })

  test('prelude+program: an import that opens the function to write comes along', () => {
    const problem = {
      ...doubleAll(),
      prompt: 'def double_all(numbers):\n    import math\n    """Double."""\n',
    }
    expect(program(assemble('prelude+program', WHOLE, problem))).toBe(`import math\n${WHOLE}`)
  })

  test('imports from __future__ stay first, or Python would refuse the program', () => {
    const answer = `"""Doc."""\nfrom __future__ import annotations\n${WHOLE}`
    expect(program(assemble('typing+program', answer, doubleAll()))).toBe(
      `from __future__ import annotations\nfrom typing import *\n"""Doc."""\n\n${WHOLE}`,
    )
  })

  test.each([
    ['a body', BODY, true],
    ['a function', WHOLE, false],
    ['an async function', `async ${WHOLE}`, false],
    ['a decorated function', `@cache\n${WHOLE}`, false],
    ['an assignment', 'double_all = lambda numbers: [2 * n for n in numbers]\n', false],
    ['a function that is cut off', 'def double_all(numbers):\n    """Double', false],
    ['another function', 'def twice(numbers):\n    return numbers\n', true],
    ['a body with an inner function of that name', `    def double_all(x):\n        return x\n${BODY}`, true],
  ])('body-or-program: %s', (_name, answer, isBody) => {
    const expected = isBody ? doubleAll().prompt + answer : answer
    expect(program(assemble('body-or-program', answer, doubleAll()))).toBe(expected)
  })

  test('white space alone is an empty answer under every rule', () => {
    for (const rule of RULES) expect(assemble(rule, ' \n\t\n', doubleAll())).toEqual({ none: 'empty' })
  })

  test('any text under any rule: a program or a reason, never an error', () => {
    const piece = fc.constantFrom(
      '```',
      '```python',
      '~~~',
      'def double_all(',
      'def f():',
      '    return 1',
      '"""',
      'x',
      '',
      '😀',
    )
    const answer = fc.array(piece, { maxLength: 30 }).map((lines) => lines.join('\n'))
    fc.assert(
      fc.property(answer, fc.constantFrom(...RULES), (text, rule) => {
        const result = assemble(rule, text, doubleAll())
        expect('program' in result ? typeof result.program : result.none).toMatch(/^(string|empty|no-code)$/)
        if (rule !== 'fenced') expect('none' in result).toBe(text.trim() === '')
      }),
      { numRuns: 300 },
    )
  })
})

describe('fenced', () => {
  test('a chat answer with one block', () => {
    expect(fenced(`Sure! Here it is:\n\n\`\`\`python\n${WHOLE}\`\`\`\n\nIt doubles each.`)).toBe(
      PRELUDE + WHOLE.trimEnd(),
    )
  })

  test('the block that defines the function is chosen over tests, shell and drafts', () => {
    const answer = [
      '```bash\npip install numpy\n```',
      '```python\nassert double_all([1]) == [2]\n```',
      '```python\ndef double_all(numbers:\n    return\n```',
      `\`\`\`\n${WHOLE}\`\`\``,
      '```python\nprint(double_all([1]))\n```',
    ].join('\nthen\n')
    expect(fenced(answer)).toBe(PRELUDE + WHOLE.trimEnd())
  })

  test('a definition that does not parse is still the answer: a syntax error, not missing code', () => {
    expect(fenced('```python\ndef double_all(numbers):\n    return [2 * n for n in')).toBe(
      `${PRELUDE}def double_all(numbers):\n    return [2 * n for n in`,
    )
  })

  test('helpers of the prompt are given to an answer that restates the function alone', () => {
    const answer = '```python\ndef count_vowels(word):\n    return sum(map(is_vowel, word))\n```'
    expect(fenced(answer, countVowels())).toMatch(/^def is_vowel(.|\n)*\ndef count_vowels/)
  })

  test('a block that holds a body goes behind the prompt, indented or not', () => {
    expect(fenced(`\`\`\`python\n${BODY}\`\`\``)).toBe(doubleAll().prompt + BODY.trimEnd())
    expect(
      fenced('```python\ntwice = []\nfor n in numbers:\n    twice.append(2 * n)\nreturn twice\n```'),
    ).toBe(
      `${doubleAll().prompt}    twice = []\n    for n in numbers:\n        twice.append(2 * n)\n    return twice`,
    )
  })

  test('a block with another function is a program: the name is missing, not the code', () => {
    expect(fenced('```python\ndef solution(numbers):\n    return numbers\n```')).toBe(
      `${PRELUDE}def solution(numbers):\n    return numbers`,
    )
  })

  test('blocks of other languages and printed results are no code', () => {
    expect(fenced('```json\n{"a": 1}\n```')).toBe('none: no-code')
    expect(fenced('It prints:\n```\n[2, 4]\n```')).toBe('none: no-code')
    expect(fenced('```javascript\nreturn x\n```')).toBe('none: no-code')
  })

  test('fences within fences', () => {
    expect(fenced(`\`\`\`markdown\nHere:\n\`\`\`python\n${WHOLE}\`\`\`\nDone\n\`\`\``)).toBe(
      PRELUDE + WHOLE.trimEnd(),
    )
    expect(fenced(`\`\`\`python\nimport math\n\nNow the function:\n\`\`\`python\n${WHOLE}\`\`\``)).toBe(
      PRELUDE + WHOLE.trimEnd(),
    )
  })

  test('a docstring with fences in it stays whole', () => {
    const code =
      'def double_all(numbers):\n    """\n    ```python\n    double_all([1])\n    ```\n    """\n    return [2 * n for n in numbers]'
    expect(fenced(`\`\`\`python\n${code}\n\`\`\``)).toBe(PRELUDE + code)
  })

  test('an answer whose opening fence stood in the prompt', () => {
    expect(fenced(`${WHOLE}\`\`\`\nThis doubles each number.`)).toBe(PRELUDE + WHOLE.trimEnd())
  })

  test('an answer without fences that is code', () => {
    expect(fenced(`import math\n\n${WHOLE}`)).toBe(`${PRELUDE}import math\n\n${WHOLE}`)
  })

  test('code between sentences, with its imports and helpers', () => {
    const code = `import math\n\ndef twice(n):\n    """Docs:\n    two lines."""\n    return 2 * n\n\n${WHOLE.trimEnd()}`
    const answer = `Solution\n\nHere is the function you asked for:\n\n${code}\n\nThis doesn't change the list.\nDone`
    expect(fenced(answer)).toBe(PRELUDE + code)
  })

  test('a function outside the blocks is found', () => {
    expect(fenced(`${WHOLE}\nRun it:\n~~~sh\npython it.py\n~~~`)).toBe(PRELUDE + WHOLE.trimEnd())
  })

  test('no code at all, or only a body without fences', () => {
    expect(fenced('I cannot write this function.')).toBe('none: no-code')
    expect(fenced('double_all is hard to write.')).toBe('none: no-code')
    expect(fenced(BODY)).toBe('none: no-code')
  })

  test('long hostile answers end', () => {
    const started = performance.now()
    fenced('```python\n'.repeat(20_000))
    fenced(`def double_all(x):\n    return 1\n${'This is some prose, that is.\n'.repeat(20_000)}`)
    fenced(`${'word word\n'.repeat(3000)}def double_all(x):\n    return 1\n`.repeat(5))
    fenced(`\`\`\`${' '.repeat(200_000)}\``)
    expect(performance.now() - started).toBeLessThan(30_000)
  })
})
