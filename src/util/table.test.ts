import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, displayWidth, markdownTable, textTable } from './table.ts'

const columns: Column[] = [{ title: 'task' }, { title: 'rate', align: 'right' }]

describe('textTable', () => {
  test('aligns words left and numbers right', () => {
    const text = textTable(columns, [
      ['humaneval', '9.1'],
      ['mbpp', '-12.0'],
    ])
    expect(text).toBe(['task        rate', 'humaneval    9.1', 'mbpp       -12.0'].join('\n'))
  })

  test('counts wide characters and emoji as two columns, combined ones as one', () => {
    expect(displayWidth('日本')).toBe(4)
    expect(displayWidth('e\u0301')).toBe(1)
    expect(displayWidth('✅ ok')).toBe(5)
    expect(textTable(columns, [['日本', '1']])).toBe('task  rate\n日本     1')
  })

  test('escapes control characters, so a cell cannot steer the terminal', () => {
    expect(textTable([{ title: 'name' }], [['\u001b[31mred\u202e']])).toBe('name\n\\u001b[31mred\\u202e')
  })

  test('cuts a cell at maxWidth, never through a wide character', () => {
    expect(textTable([{ title: 'n', maxWidth: 4 }], [['abcdef'], ['日本語']])).toBe('n\nabc…\n日…')
  })

  test('gap and indent', () => {
    expect(textTable(columns, [['a', '1']], { gap: 1, indent: 2 })).toBe('  task rate\n  a       1')
  })

  test('any cells: as many lines as rows, one width, right-aligned cells end where the line ends', () => {
    const cell = fc.string({ unit: 'grapheme', maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { maxLength: 8 }),
        fc.integer({ min: 2, max: 9 }),
        (rows, maxWidth) => {
          const text = textTable(
            [{ title: '' }, { title: '#end', align: 'right' }],
            rows.map(([a, b]) => [a, `${b}#`]),
          )
          const lines = text.split('\n')
          expect(lines).toHaveLength(rows.length + 1)
          const widths = new Set(lines.slice(1).map(displayWidth))
          expect(widths.size).toBeLessThanOrEqual(1)
          const narrow = textTable([{ title: '', maxWidth }], rows)
          for (const line of narrow.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(maxWidth)
        },
      ),
    )
  })
})

describe('markdownTable', () => {
  test('marks right-aligned columns and escapes what would break a row', () => {
    expect(markdownTable(columns, [['a|b<i>', '1\n2']])).toBe(
      ['| task | rate |', '| --- | ---: |', '| a\\|b\\<i> | 1 2 |'].join('\n'),
    )
  })

  test('any cells: every line has the same number of unescaped bars', () => {
    const row = fc.tuple(fc.string(), fc.string())
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
        for (const line of markdownTable(columns, rows).split('\n')) {
          expect(line.replace(/\\[\\|<]/g, '').split('|')).toHaveLength(4)
        }
      }),
    )
  })
})
