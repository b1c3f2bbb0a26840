import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UserError } from '../util/errors.ts'
import { readLoraPairs, readPublishedRows } from './reference.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-reference-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const shipped = (name: string): string =>
  readFileSync(new URL(`../../assets/reference/${name}`, import.meta.url), 'utf8')
const LORA = shipped('lora-land.csv')
const HUMANEVAL = shipped('humaneval-published.csv')

function file(content: string | Buffer): string {
  const path = join(folder, 'table.csv')
  writeFileSync(path, content)
  return path
}

function errorOf(read: () => unknown): UserError {
  try {
    read()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The table with its n-th line (1 is the header) put through `change`. */
const withLine = (text: string, n: number, change: (line: string) => string): string =>
  text
    .split('\n')
    .map((line, i) => (i === n - 1 ? change(line) : line))
    .join('\n')

describe('the shipped files', () => {
  test('are read whole', () => {
    expect(readLoraPairs()).toHaveLength(310)
    expect(readLoraPairs()[0]).toEqual({
      category: 'Classic NLP',
      task: 'bc5cdr',
      metric: 'rouge',
      model: 'phi-2',
      base: 0.172,
      tuned: 0.95,
      gain: 0.778,
      gpt35: 0.732,
      gpt4: 0.89,
    })
    const rows = readPublishedRows()
    expect(rows).toHaveLength(15)
    expect(rows[0]).toMatchObject({ solved: 121, startingPrograms: null, note: null, weightsChanged: false })
  })

  test('a byte order mark, CRLF and quoted fields change nothing', () => {
    const quoted = HUMANEVAL.replace('LDB with GPT-3.5,', '"LDB with GPT-3.5",')
    expect(readPublishedRows(file(`\ufeff${quoted.replaceAll('\n', '\r\n')}`))).toEqual(readPublishedRows())
  })
})

describe('bad files are named with line and column', () => {
  const cases: [name: string, read: (path: string) => unknown, content: string | Buffer, message: RegExp][] =
    [
      ['empty', readLoraPairs, '', /has no rows/],
      ['header only', readLoraPairs, `${LORA.split('\n')[0]}\n`, /has no rows/],
      ['short row', readLoraPairs, withLine(LORA, 5, () => 'a,b'), /is not CSV.*line 5/],
      [
        'text for a score',
        readLoraPairs,
        withLine(LORA, 3, (l) => l.replace('0.961', 'high')),
        /line 3: tuned 'high' is not a decimal/,
      ],
      [
        'empty score',
        readLoraPairs,
        withLine(LORA, 3, (l) => l.replace('0.961', '')),
        /line 3: tuned '' is not a decimal/,
      ],
      [
        'score of 96.1',
        readLoraPairs,
        withLine(LORA, 3, (l) => l.replace('0.961', '96.1')),
        /tuned '96.1' does not lie in 0 to 1/,
      ],
      [
        'infinite',
        readLoraPairs,
        withLine(LORA, 3, (l) => l.replace('0.961', 'Infinity')),
        /is not a decimal/,
      ],
      ['hexadecimal', readLoraPairs, withLine(LORA, 3, (l) => l.replace('0.961', '0x1')), /is not a decimal/],
      [
        'gain that does not add up',
        readLoraPairs,
        withLine(LORA, 3, (l) => l.replace('0.948', '0.849')),
        /line 3: gain '0.849' does not agree with tuned - base, which is 0.948/,
      ],
      ['the same pair twice', readLoraPairs, LORA + LORA.split('\n')[1], /holds phi-2 on bc5cdr twice/],
      [
        'missing column',
        readLoraPairs,
        LORA.split('\n')
          .map((l) => l.replace(/,[^,]*$/, ''))
          .join('\n'),
        /line 2: column 'gpt_4' is missing/,
      ],
      [
        'unknown column',
        readLoraPairs,
        LORA.split('\n')
          .map((l) => l && `${l},1`)
          .join('\n')
          .replace(',1', ',seed'),
        /column 'seed' is not known/,
      ],
      [
        '165 solved',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace(',121,', ',165,')),
        /solved_of_164 '165' is more than 164/,
      ],
      [
        'half a problem',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace(',121,', ',121.5,')),
        /'121.5' is not a whole number/,
      ],
      [
        'score of another count',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace(',121,', ',122,')),
        /line 2: score_pct '73.8' does not agree with 122 of 164, which is 74.4/,
      ],
      [
        'perhaps changed',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace(',no,', ',perhaps,')),
        /weights_changed 'perhaps' is neither yes nor no/,
      ],
      [
        'no source',
        readPublishedRows,
        withLine(HUMANEVAL, 3, (l) => l.replace('LDB paper Table 1; LLMDebugger results log', ' ')),
        /line 3: source ' ?' is empty/,
      ],
      [
        'odd date',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace('2024-02', 'spring')),
        /published 'spring' is not a year/,
      ],
      ['quote left open', readPublishedRows, `${HUMANEVAL}"x`, /is not CSV/],
      ['not UTF-8', readPublishedRows, Buffer.from([0x61, 0xff, 0xfe]), /is not UTF-8/],
      [
        'escape codes',
        readPublishedRows,
        withLine(HUMANEVAL, 2, (l) => l.replace(',no,', ',\u001b[2J,')),
        /weights_changed '\\u001b\[2J'/,
      ],
      ['prototype keys', readPublishedRows, '__proto__,constructor\n1,2\n', /column '/],
    ]
  test.each(cases)('%s', (_, read, content, message) => {
    const error = errorOf(() => read(file(content)))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^table\.csv /)
    expect(error.hint).toBeTruthy()
  })

  test('a file that is not there', () => {
    expect(errorOf(() => readLoraPairs(join(folder, 'none.csv'))).message).toMatch(
      /^none\.csv cannot be read/,
    )
  })
})
