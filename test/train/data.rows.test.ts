// Training data as users write it: the three kinds of rows, and what is said where a file is none of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { readRows } from '../../src/train/data/rows.ts'
import { UserError } from '../../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(content: string | Uint8Array, name = 'data.jsonl'): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

async function refusal(content: string | Uint8Array, name?: string): Promise<UserError> {
  const error: unknown = await readRows(file(content, name), null).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(UserError)
  return error as UserError
}

const PAIR = { prompt: '2+2=', completion: '4' }
const CHAT = {
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
  ],
}

describe('rows that are read', () => {
  test('three kinds, with other keys passed over, blank lines and a byte order mark', async () => {
    const rows = await readRows(
      file(`\ufeff${lines({ id: 7, ...PAIR })}\n${lines(CHAT, { text: 'So.' })}`),
      null,
    )
    expect(rows).toEqual([
      { kind: 'pair', ...PAIR, place: 'line 1' },
      { kind: 'chat', ...CHAT, place: 'line 3' },
      { kind: 'text', text: 'So.', place: 'line 4' },
    ])
  })

  test('a list in .json, rows a line in .json, gzip', async () => {
    expect(await readRows(file(JSON.stringify([PAIR, CHAT]), 'list.json'), null)).toMatchObject([
      { place: 'item 1' },
      { place: 'item 2' },
    ])
    expect(await readRows(file(lines(PAIR, PAIR), 'lines.json'), null)).toHaveLength(2)
    expect(await readRows(file(gzipSync(lines(PAIR)), 'data.jsonl.gz'), null)).toHaveLength(1)
  })

  test('limit takes the first and looks at no further line', async () => {
    const path = file(`${lines(PAIR, CHAT)}not JSON\n`)
    expect((await readRows(path, 2)).map(({ kind }) => kind)).toEqual(['pair', 'chat'])
    await expect(readRows(path, 3)).rejects.toThrow(/line 3: not JSON/)
  })
})

describe('rows that are refused', () => {
  test('nothing at all', async () => {
    expect((await refusal('\n\n')).message).toMatch(/data\.jsonl holds no example/)
    expect((await refusal('[]', 'empty.json')).message).toMatch(/empty\.json holds no example/)
    expect((await refusal('')).hint).toMatch(/prompt.*messages.*text/)
  })

  test.each([
    [
      { instruction: 'a', output: 'b' },
      /line 2: has the keys instruction, output, wanted/,
      /jq -c '\{prompt: \.instruction, completion: \.output\}'/,
    ],
    [{ prompt: 'a', response: 'b' }, /keys prompt, response/, /completion: \.response/],
    [{ conversations: [{ from: 'human', value: 'a' }] }, /keys conversations/, /jq -c '\{messages:/],
    [{ prompts: 'a', b: 'c' }, /keys prompts, b/, /is prompt meant by prompts/],
    [{}, /has no keys/, /wanted: rows/],
    [{ ...PAIR, text: 'x' }, /more than one kind of row \(the keys prompt, completion, text\)/, /keep/],
    [{ prompt: 'a', completion: 4 }, /completion is a number, wanted a text/, /wanted/],
    [{ prompt: [{ role: 'user', content: 'a' }], completion: 'b' }, /prompt is a list/, /under messages/],
    [{ text: null }, /text is null/, /wanted/],
    [{ text: '\ud800' }, /text holds half of a surrogate pair/, /wanted/],
    [{ messages: 'a' }, /messages is a string, wanted a list/, /wanted/],
    [{ messages: [] }, /messages is an empty list/, /wanted/],
    [{ messages: ['a'] }, /messages\[0\] is a string/, /wanted/],
    [
      { messages: [{ from: 'user', value: 'a' }] },
      /messages\[0\] has the keys from, value, wanted role and content/,
      /wanted/,
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      /messages\[0\]\.content is a list/,
      /plain texts/,
    ],
    [
      { messages: [{ role: 'assistant', content: null, tool_calls: [] }] },
      /tool_calls, which are not read/,
      /prompt and completion/,
    ],
    ['a', /line 2: a string, wanted an object/, /wanted/],
    [[PAIR], /line 2: a list, wanted an object/, /end in \.json/],
  ])('%j', async (row, message, hint) => {
    const error = await refusal(lines(PAIR, row))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/line 2/)
    expect(error.hint).toMatch(hint)
  })

  test('encodings and files that are not there', async () => {
    expect((await refusal(Buffer.from(lines({ text: 'a' }, { text: 'ä' }), 'latin1'))).message).toMatch(
      /line 2: not UTF-8 text/,
    )
    expect((await refusal(Buffer.from(`\ufeff${lines(PAIR)}`, 'utf16le'))).message).toMatch(/UTF-16LE/)
    await expect(readRows(join(folder, 'absent.jsonl'), null)).rejects.toThrow(/does not exist/)
    expect((await refusal(lines(PAIR).slice(0, -4))).message).toMatch(/line 1: not whole/)
  })
})
