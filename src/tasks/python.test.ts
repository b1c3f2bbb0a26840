import { beforeAll, describe, expect, test } from 'vitest'
import { defines, leadingImports, outline, preparePython } from './python.ts'

beforeAll(preparePython)

const names = (source: string): string[] =>
  outline(source).statements.flatMap((s) => (s.column === 0 ? s.names : []))

describe('outline', () => {
  test('names that the top level binds', () => {
    const source = [
      'import os, sys as system',
      'from a.b import c as d, e',
      '@cache',
      'def f(): pass',
      'async def g(): pass',
      'class H: x = 1',
      'i = j = 0',
      'k, m = 1, 2',
      'n: int = 3',
      'o.p = 4',
    ].join('\n')
    expect(names(source)).toEqual(['os', 'system', 'd', 'e', 'f', 'g', 'H', 'i', 'j', 'k', 'm', 'n'])
    expect(outline(source).parses).toBe(true)
  })

  test('names inside functions, classes and indented code are not bound', () => {
    expect(names('def f():\n    def g(): pass\n    h = 1\n')).toEqual(['f'])
    expect(names('    def f(): pass\n')).toEqual([])
  })

  test.each([
    ['an unclosed call', 'x = f(1\ny = 2', 0],
    ['an unclosed docstring', 'def f():\n    """never\n    return 1', 1],
    ['indented code at the top', '    return 1\n', 0],
    ['a deeper line after the first', 'x = 1\n  y = 2\n', 1],
    ['a function without a body', 'x = 1\ndef f():\n', 1],
    ['prose', 'x = 1\nThis is it.\n', 1],
  ])('%s does not parse', (_name, source, errorRow) => {
    expect(outline(source)).toMatchObject({ parses: false, errorRow })
  })

  test('a definition is found in text that breaks off within it', () => {
    expect(defines(outline('def f(a, b:\n    return (a'), 'f')).toBe(true)
    expect(defines(outline('async def f(a, b:\n    return (a'), 'f')).toBe(true)
    expect(defines(outline('def f(a):\n    """cut off'), 'f')).toBe(true)
    expect(defines(outline('def g(a):\n    """def f("""'), 'f')).toBe(false)
  })

  test('positions are those of the text, whatever characters it has', () => {
    const source = 's = "Ä😀"\nimport math\n'
    const [, second] = outline(source).statements
    expect(source.slice(second!.start, second!.end)).toBe('import math')
  })

  test('hostile text is given up, the same way each time, and the parser goes on', () => {
    const prose = 'Hello there, this is some prose.\n'.repeat(10_000)
    expect(outline(prose)).toEqual({ parses: false, statements: [], errorRow: 0 })
    expect(outline('('.repeat(200_000)).parses).toBe(false)
    expect(outline('x = 1').parses).toBe(true)
  })

  test('parses are freed: 60 large ones do not add up', () => {
    const source = `x = [${'1, '.repeat(20_000)}]`
    const before = process.memoryUsage().rss
    for (let i = 0; i < 60; i++) outline(source)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })
})

test('imports that open a function', () => {
  expect(
    leadingImports(
      'def f(x):\n    import math\n    from os import path\n    """Doc."""\n    import re\n',
      'f',
    ),
  ).toEqual(['import math', 'from os import path'])
  expect(leadingImports('def f(x):\n    """Doc."""\n', 'f')).toEqual([])
  expect(leadingImports('def f(x):\n    import math\n', 'f')).toEqual(['import math'])
  expect(leadingImports('x = 1\n', 'f')).toEqual([])
})
