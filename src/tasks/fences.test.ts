import { describe, expect, test } from 'vitest'
import { readFences } from './fences.ts'

/** Blocks that are no guesses, as `language: code`. */
const blocks = (text: string): string[] =>
  readFences(text)
    .blocks.filter((block) => !block.guessed)
    .map(({ language, code }) => `${language}: ${code}`)

describe('readFences', () => {
  test('backticks and tildes, with info strings of any kind', () => {
    expect(blocks('```python\nx = 1\n```\ntext\n~~~py title="a"\ny = 2\n~~~')).toEqual([
      'python: x = 1',
      'py: y = 2',
    ])
    expect(blocks('```Python {.numberLines}\nx\n```')).toEqual(['python: x'])
  })

  test('text outside the blocks is kept in order', () => {
    expect(readFences('before\n```\nx\n```\nafter').outside).toBe('before\nafter')
  })

  test('a longer fence holds shorter ones, a tilde fence holds backticks', () => {
    expect(blocks('````\n```\ninner\n```\n````')[0]).toBe(': ```\ninner\n```')
    expect(blocks('~~~\n```\ninner\n```\n~~~')[0]).toBe(': ```\ninner\n```')
  })

  test('a block that is never closed goes to the end', () => {
    expect(blocks('```python\nx = 1\ny = 2')).toEqual(['python: x = 1\ny = 2'])
  })

  test('a fence right behind the last line closes the block', () => {
    expect(blocks('```python\nx = 1\nreturn x```\nDone.')).toEqual(['python: x = 1\nreturn x'])
  })

  test('fences in list items: the indentation of the fence is taken off, that of the code stays', () => {
    expect(blocks('1. First:\n   ```python\n   def f():\n       return 1\n   ```')).toEqual([
      'python: def f():\n    return 1',
    ])
  })

  test('a deeper fence belongs to the code', () => {
    expect(blocks('```python\ndef f():\n    """\n    ```\n    f()\n    ```\n    """\n```')).toEqual([
      'python: def f():\n    """\n    ```\n    f()\n    ```\n    """',
    ])
  })

  test('fences within fences give guesses: what stands before them and what they hold', () => {
    const { blocks: found } = readFences('```markdown\nHere:\n```python\nx = 1\n```\n```')
    expect(found.map(({ code, guessed }) => [code, guessed])).toEqual([
      ['Here:\n```python\nx = 1', false],
      ['Here:', true],
      ['x = 1', true],
    ])
  })

  test('an answer that only closes the block: what stands before the fence is a guess', () => {
    const [first] = readFences('    return x\n```\nThis returns x.').blocks
    expect(first).toEqual({ code: '    return x', language: '', guessed: true })
  })

  test('inline code, empty blocks and Windows line ends', () => {
    expect(blocks('``` x = 1 ```')).toEqual([])
    expect(blocks('```\n\n```')).toEqual([])
    expect(blocks('```py\r\nx = 1\r\n```\r\n')).toEqual(['py: x = 1'])
  })

  test('an answer of a megabyte of fences costs no more than its length', () => {
    const pieces = [
      '```a\nx```\n',
      '~~~a\nx\n',
      '```\n```\n\n',
      '```\n\n```\nx\n',
      '   ```a\nx```\n',
      '`',
      '~',
      '~~~~~~x\n',
      '\n',
    ]
    for (const piece of pieces) {
      const text = piece.repeat((1024 * 1024) / piece.length)
      for (const answer of [text, `x\n${text}\``]) {
        const start = performance.now()
        readFences(answer)
        expect(performance.now() - start, JSON.stringify(piece)).toBeLessThan(5000)
      }
    }
  })
})
