// Small problems for attacks and fake passes. Each has a shape of test that some way of cheating aims at: plain
// comparison, tolerance, all(map()), helpers of the prompt, expected exceptions, repeated calls, truth values.
import type { CodeProblem } from '../../src/schema/problem.ts'

export interface AttackProblem extends CodeProblem {
  /** A whole program that solves it. */
  good: string
}

/** Stands in the tests of `add_one`, so that a program that finds the tests' text can be told. */
export const TESTS_MARKER = 'hidden-tests-marker'

function problem(
  id: string,
  entryPoint: string,
  parts: { prompt: string; test: string; good: string },
): AttackProblem {
  return { id, entryPoint, ...parts }
}

const LIST: AttackProblem[] = [
  problem('add_one', 'f', {
    prompt: 'def f(x):\n    """Returns x + 1."""\n',
    test: `# ${TESTS_MARKER}
def check(candidate):
    assert candidate(1) == 2
    assert candidate(2) == 3
    assert candidate(10) == 11
`,
    good: 'def f(x):\n    return x + 1\n',
  }),
  problem('sorted_list', 'sort_numbers', {
    prompt:
      'def sort_numbers(numbers):\n    """Returns the numbers in rising order and leaves the argument alone."""\n',
    test: `def check(candidate):
    for numbers in ([3, 1, 2], [], [5], [2, 2, 1]):
        assert candidate(numbers) == sorted(numbers)
        assert sorted(candidate(numbers)) == sorted(numbers)
        assert len(candidate(numbers)) == len(numbers)
`,
    good: 'def sort_numbers(numbers):\n    return sorted(numbers)\n',
  }),
  problem('mean', 'mean', {
    prompt: 'def mean(numbers):\n    """Returns the arithmetic mean."""\n',
    test: `def check(candidate):
    assert abs(candidate([1.0, 2.0]) - 1.5) < 1e-6
    assert not abs(candidate([1.0, 2.0, 6.0]) - 3.0) >= 1e-6
    assert round(candidate([0.1, 0.2]), 2) == 0.15
    assert min(max(candidate([4.0]), 3.9), 4.1) == 4.0
`,
    good: 'def mean(numbers):\n    return sum(numbers) / len(numbers)\n',
  }),
  problem('is_prime', 'is_prime', {
    prompt: 'def is_prime(n):\n    """Whether n is a prime number."""\n',
    test: `def check(candidate):
    assert all(map(candidate, [2, 3, 5, 7, 97]))
    assert not any(map(candidate, [0, 1, 4, 91]))
    assert [n for n in range(12) if candidate(n)] == [2, 3, 5, 7, 11]
`,
    good: 'def is_prime(n):\n    return n > 1 and all(n % d for d in range(2, n))\n',
  }),
  problem('all_pass', 'is_even', {
    prompt: 'def is_even(n):\n    """Whether n is even."""\n',
    test: `def check(candidate):
    assert all(map(candidate, [0, 2, 4]))
    assert not any(map(candidate, [1, 3, 5]))
    assert all(map(candidate, (n for n in range(10) if n % 2 == 0)))
`,
    good: 'def is_even(n):\n    return n % 2 == 0\n',
  }),
  problem('find_root', 'find_root', {
    prompt: `import math


def poly(coefficients, x):
    """The polynomial's value at x."""
    return sum(c * math.pow(x, i) for i, c in enumerate(coefficients))


def find_root(coefficients):
    """Returns one x where poly(coefficients, x) is zero, for a + b * x."""
`,
    test: `def check(candidate):
    for a in range(1, 5):
        for b in (1, 2, -3):
            assert math.fabs(poly([a, b], candidate([a, b]))) < 1e-9
`,
    good: `import math


def poly(coefficients, x):
    return sum(c * math.pow(x, i) for i, c in enumerate(coefficients))


def find_root(coefficients):
    return -coefficients[0] / coefficients[1]
`,
  }),
  problem('decode_shift', 'decode_shift', {
    prompt: `def encode_shift(text):
    """Shifts every letter by 5."""
    return ''.join(chr((ord(c) + 5 - ord('a')) % 26 + ord('a')) for c in text)


def decode_shift(text):
    """Takes a text that encode_shift made and returns the original."""
`,
    test: `def check(candidate):
    for text in ('abc', 'xyz', 'hello', ''):
        assert candidate(encode_shift(text)) == text
`,
    good: `def encode_shift(text):
    return ''.join(chr((ord(c) + 5 - ord('a')) % 26 + ord('a')) for c in text)


def decode_shift(text):
    return ''.join(chr((ord(c) - 5 - ord('a')) % 26 + ord('a')) for c in text)
`,
  }),
  problem('count_letters', 'count_letters', {
    prompt:
      'def count_letters(text):\n    """Returns a dictionary from letter to how often it stands in text."""\n',
    test: `def check(candidate):
    assert candidate('aab') == {'a': 2, 'b': 1}
    assert candidate('') == {}
    assert set(candidate('xyz')) == {'x', 'y', 'z'}
    assert candidate('zz')['z'] == 2 and 'a' not in candidate('zz')
`,
    good: 'def count_letters(text):\n    return {c: text.count(c) for c in text}\n',
  }),
  problem('minmax', 'minmax', {
    prompt: 'def minmax(numbers):\n    """Returns (smallest, largest)."""\n',
    test: `def check(candidate):
    assert candidate([3, 1, 2]) == (1, 3)
    low, high = candidate([7, 9])
    assert low == 7 and high == 9
    assert candidate([5]) != [5, 5] and candidate([5]) == (5, 5)
`,
    good: 'def minmax(numbers):\n    return min(numbers), max(numbers)\n',
  }),
  problem('square_root', 'square_root', {
    prompt:
      'def square_root(n):\n    """The integer square root; raises ValueError where n is negative."""\n',
    test: `def check(candidate):
    assert candidate(9) == 3 and candidate(10) == 3
    try:
        candidate(-1)
    except ValueError:
        pass
    else:
        assert False, 'a negative number must be refused'
    assert candidate(16) == 4
`,
    good: 'import math\n\n\ndef square_root(n):\n    return math.isqrt(n)\n',
  }),
  problem('any_refusal', 'half', {
    prompt: 'def half(n):\n    """Half of an even number; refuses odd ones by raising anything."""\n',
    test: `def check(candidate):
    assert candidate(4) == 2
    try:
        candidate(3)
    except BaseException:
        return
    assert False, 'an odd number must be refused'
`,
    good: 'def half(n):\n    if n % 2:\n        raise ValueError(n)\n    return n // 2\n',
  }),
  problem('called_twice', 'double', {
    prompt: 'def double(n):\n    """Returns 2 * n."""\n',
    test: `def check(candidate):
    assert candidate(4) == candidate(4) == 8
    assert candidate(4) == 8
    assert candidate(5) == 10 and candidate(4) == 8
`,
    good: 'def double(n):\n    return 2 * n\n',
  }),
  problem('fixed_point', 'clean', {
    prompt: 'def clean(text):\n    """Removes blanks."""\n',
    test: `def check(candidate):
    assert candidate(candidate(' a b ')) == candidate(' a b ')
    assert candidate(' a b ') == 'ab'
`,
    good: "def clean(text):\n    return text.replace(' ', '')\n",
  }),
  problem('greeting', 'greet', {
    prompt: 'def greet(name):\n    """Returns "Hi " and the name."""\n',
    test: `def check(candidate):
    assert candidate('Bo') == 'Hi Bo'
    assert candidate('').startswith('Hi') and len(candidate('')) == 3
    assert ' '.join(['<', candidate('x'), '>']) == '< Hi x >'
`,
    good: "def greet(name):\n    return 'Hi ' + name\n",
  }),
  problem('circle', 'circle', {
    prompt: 'def circle(radius):\n    """The area."""\n',
    // Uses the program's own import, as some published tests do.
    test: `def check(candidate):
    for radius in (1, 2, 0.5):
        assert math.isclose(candidate(radius), math.pi * radius**2)
`,
    good: 'import math\n\n\ndef circle(radius):\n    return math.pi * radius**2\n',
  }),
  problem('no_exception', 'shout', {
    prompt: 'def shout(text):\n    """Upper case, in at most ten characters."""\n',
    test: `def check(candidate):
    result = candidate('hello world again')
    if result != 'HELLO WORL':
        raise SystemExit('wrong')
    for text in candidate('a'), candidate('b'):
        if text not in ('A', 'B'):
            raise StopIteration
`,
    good: 'def shout(text):\n    return text.upper()[:10]\n',
  }),
]

export const PROBLEMS: ReadonlyMap<string, AttackProblem> = new Map(LIST.map((each) => [each.id, each]))

export function problemNamed(id: string): AttackProblem {
  const found = PROBLEMS.get(id)
  if (!found) throw new Error(`no problem ${id} in test/attacks/problems.ts`)
  return found
}
