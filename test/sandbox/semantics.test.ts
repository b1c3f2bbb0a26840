// What judging means: the verdicts of two-interpreter judging on small programs, and of the single interpreter beside it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judge, Verdict } from '../../src/schema/judge.ts'
import { ADD_ONE_TESTS, judgeF, openTestSandbox } from '../support/sandbox.ts'

let two: Judge
let single: Judge
beforeAll(async () => {
  two = await openTestSandbox()
  single = await openTestSandbox({ mode: 'single' })
})
afterAll(async () => {
  await two?.[Symbol.asyncDispose]()
  await single?.[Symbol.asyncDispose]()
})

const check = (...lines: string[]): string =>
  `def check(candidate):\n${lines.map((line) => `    ${line}\n`).join('')}`
const told = ({ class: outcome, exception }: Verdict): string =>
  exception ? `${outcome} ${exception}` : outcome
type Case = { test?: string; prompt?: string; entryPoint?: string }

describe('both modes agree', () => {
  const cases: [name: string, program: string, expected: string, options?: Case][] = [
    ['a right answer', 'def f(x):\n    return x + 1\n', 'pass'],
    ['a right answer without a last newline', 'f = lambda x: x + 1', 'pass'],
    ['a wrong answer', 'def f(x):\n    return x\n', 'wrong AssertionError'],
    ['an exception', 'def f(x):\n    return x["a"]\n', 'exception TypeError'],
    [
      'an exception of its own class',
      'class Mine(KeyError): pass\ndef f(x): raise Mine("k")\n',
      'exception Mine',
    ],
    ['an exception while it is defined', '1 / 0\n', 'exception ZeroDivisionError'],
    [
      'an assertion of its own',
      'def f(x):\n    assert x > 5\n    return x + 1\n',
      'exception AssertionError',
    ],
    [
      'an assertion of its own, while it is defined',
      'def f(x): return 0\nassert f(1) == 2\n',
      'exception AssertionError',
    ],
    ['an exit', 'exit(0)\n', 'exception SystemExit'],
    ['no text', '', 'missing-name NameError'],
    ['another function', 'def g(x):\n    return x + 1\n', 'missing-name NameError'],
    ['a forgotten import', 'def f(x):\n    return math.floor(x) + 1\n', 'missing-name NameError'],
    ['a module that is not there', 'import numpy\nf = lambda x: x + 1\n', 'missing-name ModuleNotFoundError'],
    ['a local name before its value', 'def f(x):\n    y += x\n    y = 1\n', 'exception UnboundLocalError'],
    ['no function', 'f = 5\n', 'exception TypeError'],
    ['bad syntax', 'def f(x)\n    return x + 1\n', 'syntax SyntaxError'],
    ['bad indentation', 'def f(x):\nreturn x\n', 'syntax IndentationError'],
    ['a NUL character', 'def f(x):\n    return x + 1\n\0def f(x): return 0\n', 'syntax SyntaxError'],
    ['half a character', 'f = lambda x: x + 1\ny = "\ud800"\n', 'syntax UnicodeEncodeError'],
    ['a character of two halves', 'f = lambda x: x + len("\u{1f600}")\n', 'pass'],
    [
      'brackets that are nested too deep',
      `x = ${'('.repeat(300)}1${')'.repeat(300)}\n`,
      'syntax SyntaxError',
    ],
    ['an expression that is nested too deep', `x = ${'-'.repeat(100_000)}1\n`, 'limit MemoryError'],
    ['endless recursion', 'def f(x):\n    return f(x)\n', 'limit RecursionError'],
    [
      'recursion in a cache',
      'import functools\n@functools.lru_cache(None)\ndef f(x): return x + 1 if x < 900 else 0\n@functools.cache\ndef g(n): return n and g(n - 1)\ng(400)\n',
      'pass',
    ],
    ['too much memory', 'x = "a" * 10**6\ny = [x + str(i) for i in range(10**4)]\n', 'limit MemoryError'],
    ['input that is not there', 'x = input()\n', 'exception EOFError'],
    ['the main guard', 'def f(x):\n    return x + 1\nif __name__ == "__main__":\n    1 / 0\n', 'pass'],
    [
      'tests that catch its exception',
      'def f(x): raise ValueError("no")\n',
      'pass',
      { test: check('try: candidate(1)', 'except ValueError as e: assert str(e) == "no"') },
    ],
    [
      'tests that catch another exception',
      'def f(x): raise KeyError(3)\n',
      'exception KeyError',
      { test: check('try: candidate(1)', 'except ValueError: pass') },
    ],
    [
      'a later definition of a name that the tests use',
      'def f(x):\n    global late\n    late = x\n    return x + 1\n',
      'pass',
      { test: check('assert candidate(4) == 5', 'assert late == 4') },
    ],
    [
      'a module that the tests use and the program imports',
      'import math\ndef f(x): return x + 1\n',
      'pass',
      { test: check('assert math.floor(candidate(1)) == 2') },
    ],
    [
      'a module that the tests use and nobody imports',
      'def f(x): return x + 1\n',
      'missing-name NameError',
      { test: check('assert math.floor(candidate(1)) == 2') },
    ],
    [
      'keyword arguments',
      'def f(a, *, b): return a + b\n',
      'pass',
      { test: check('assert candidate(1, b=2) == 3') },
    ],
    ['another entry point', 'def other(x): return x + 1\n', 'pass', { entryPoint: 'other' }],
  ]
  it.each(cases)('%s', async (_, program, expected, options) => {
    expect(told(await judgeF(two, program, options))).toBe(expected)
    expect(told(await judgeF(single, program, options))).toBe(expected)
  })
})

describe('names of the prompt that the tests call', () => {
  const prompt =
    'import math\n\ndef helper(x):\n    return math.floor(x) + 1\n\ndef f(x):\n    """One more than x."""\n'
  const test = check('assert helper(candidate(1)) == 3')
  const body = 'def f(x):\n    return x + 1\n'
  it.each([
    ['an answer that has the prompt in front', `${prompt}    return x + 1\n`, 'pass'],
    ['an answer that defines only its function', body, 'missing-name NameError'],
    ['an answer with a helper of its own', `def helper(x): return x + 1\n${body}`, 'pass'],
  ])('%s gives the same in both modes', async (_, program, expected) => {
    expect(told(await judgeF(two, program, { prompt, test }))).toBe(expected)
    expect(told(await judgeF(single, program, { prompt, test }))).toBe(expected)
  })
  it('are the prompt’s own: an answer cannot weaken them', async () => {
    const program = 'def helper(x): return 3\ndef f(x): return -5\n'
    expect(told(await judgeF(two, program, { prompt, test }))).toBe('wrong AssertionError')
    expect(told(await judgeF(single, program, { prompt, test }))).toBe('pass')
  })
  it('are the prompt’s even where its last function has no body yet', async () => {
    const unfinished = 'def helper(x):\n    return x + 1\n\ndef f(x):\n    # one more than x\n'
    const program = 'def helper(x): return 3\ndef f(x): return -5\n'
    expect(told(await judgeF(two, program, { prompt: unfinished, test }))).toBe('wrong AssertionError')
  })
  it('are not built-in names, whatever the answer defines', async () => {
    const program = 'def abs(x): return 0\ndef f(x): return 40\n'
    const closeTests = check('assert abs(candidate(1) - 2) < 1e-6')
    expect(told(await judgeF(two, program, { test: closeTests }))).toBe('wrong AssertionError')
    expect(told(await judgeF(single, program, { test: closeTests }))).toBe('pass')
  })
})

describe('faults that are not the answer’s', () => {
  it.each([
    ['tests that do not compile', { test: 'def check(candidate:\n' }],
    ['tests without check', { test: 'assert f(1) == 2\n' }],
    ['tests that import what is not there', { test: `import numpy\n${ADD_ONE_TESTS}` }],
    ['tests that pass a function', { test: check('assert candidate(lambda: 1) == 2') }],
    ['tests that write a file', { test: check('open("/tmp/x", "w")') }],
    ['tests that start a program', { test: check('import os', 'os.system("true")') }],
    ['an entry point that is no name', { entryPoint: 'f.g' }],
  ])('%s are unjudged', async (_, options: Case) => {
    const verdict = await judgeF(two, 'def f(x):\n    return x + 1\n', options)
    expect(verdict).toMatchObject({ class: 'unjudged', message: expect.stringMatching(/./) })
  })
  it('tests without check cannot be made to pass by the answer', async () => {
    const program = 'def f(x): return 0\ndef check(candidate): pass\n'
    expect((await judgeF(two, program, { test: 'x = 1\n' })).class).toBe('unjudged')
  })
})

describe('the answer’s world', () => {
  const passes = async (program: string): Promise<void> => {
    const verdict = await judgeF(two, `${program}\nf = lambda x: x + 1\n`)
    expect(verdict).toMatchObject({ class: 'pass' })
  }
  it('has the integers of a 64-bit machine', () => passes('import sys\nassert sys.maxsize == 2**63 - 1'))
  it('is in UTC', () =>
    passes(
      'import time, datetime\nassert time.tzname[0] == "UTC"\nassert datetime.datetime(2000, 7, 1).timestamp() == 962409600\nassert time.localtime(0).tm_hour == 0',
    ))
  it('holds nothing of the host', () =>
    passes(
      'import os, sys\nassert os.getcwd() == "/" and not os.path.exists("/etc/passwd")\nassert sys.executable == "/python" and sys.argv == [""]\nassert set(os.listdir("/dev")) == {"null", "random", "urandom", "shm"}',
    ))
  it('draws the same random numbers every time', async () => {
    const print = 'import random\nprint(random.random(), random.sample(range(100), 5))'
    const outputs = [await judgeF(two, print), await judgeF(two, print), await judgeF(single, print)]
    expect(new Set(outputs.map((verdict) => verdict.output)).size).toBe(1)
  })
  it('starts with the usual modules already imported', async () => {
    const modules =
      'typing, math, re, heapq, itertools, collections, functools, string, random, hashlib, datetime, bisect, copy, json, operator, statistics, fractions, decimal'
    await passes(`import sys\nassert all(name in sys.modules for name in "${modules}".split(", "))`)
  })
  it('forgets everything after each program', async () => {
    await judgeF(
      two,
      'import builtins, math, os, sys\nbuiltins.len = lambda x: 0\nmath.pi = 3\nsys.left = 1\nos.environ["LEFT"] = "1"\nsys.setrecursionlimit(50)\nopen("/lib/python314.zip", "rb")\n1 / 0\n',
    )
    await passes(
      'import math, os, sys\nassert len([1]) == 1 and math.pi > 3.14 and not hasattr(sys, "left")\nassert "LEFT" not in os.environ and sys.getrecursionlimit() == 1000\nassert os.listdir("/proc/self/fd") == ["0", "1", "2", "3"]',
    )
  })
})

describe('a verdict', () => {
  it('has times, the start of the output and a message of one line', async () => {
    const verdict = await judgeF(
      two,
      'import sys\nprint("out\u00e9")\nprint("err", file=sys.stderr)\nraise ValueError("first\\nsecond")\n',
    )
    expect(verdict).toMatchObject({
      class: 'exception',
      exception: 'ValueError',
      message: 'first',
      output: 'out\u00e9\nerr\n',
    })
    expect(verdict.wallMs).toBeGreaterThan(0)
    if (process.platform === 'linux') expect(verdict.cpuMs).toBeLessThanOrEqual(verdict.wallMs)
  })
  it('has what was printed before an end of the line', async () => {
    const program =
      'import sys\nprint("one", end="")\nsys.stderr.write("two")\nsys.stdout.buffer.write(b"three")\nos._exit(0)\n'
    expect((await judgeF(two, program)).output).toBe('onetwothree')
  })
  it('counts CPU time', async () => {
    const verdict = await judgeF(
      two,
      'import time\ntime.sleep(0.2)\nt = time.time()\nwhile time.time() < t + 0.3: pass\nf = lambda x: x + 1',
    )
    expect(verdict.class).toBe('pass')
    expect(verdict.wallMs).toBeGreaterThan(490)
    if (process.platform === 'linux') expect(verdict.cpuMs).toBeGreaterThan(100)
  })
  it('names a refused import', async () => {
    expect(await judgeF(two, 'open("/tmp/x", "w")\n')).toMatchObject({
      class: 'violation',
      exception: 'OSError',
      deniedImport: '__syscall_openat',
    })
    expect(await judgeF(two, 'import os\nos.system("true")\n')).toMatchObject({
      class: 'violation',
      deniedImport: '_emscripten_system',
    })
    const caught = 'try:\n    open("/tmp/x", "w")\nexcept OSError: pass\nf = lambda x: x + 1\n'
    expect(await judgeF(two, caught)).toMatchObject({ class: 'pass', deniedImport: '__syscall_openat' })
    const inCall = 'def f(x):\n    return open("/tmp/x", "w")\n'
    expect(await judgeF(two, inCall)).toMatchObject({ class: 'violation', deniedImport: '__syscall_openat' })
  })
})
