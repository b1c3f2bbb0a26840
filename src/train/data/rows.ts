// Rows of training data as their file has them: {prompt, completion}, {messages} or {text}, a JSON object a line, or one list
// of them in a .json file. Not tokens yet. Other keys (id, source ...) are passed over.
import type { ChatMessage } from '../../model/tokenizer/tokenizer.ts'
import { UserError } from '../../util/errors.ts'
import { sha256 } from '../../util/hash.ts'
import { parseJson, readJsonLines, readTextFile } from '../../util/textFile.ts'
import { checkRow, rowError, WANTED } from './rowCheck.ts'

/** What a row says to train on. */
export type RowContent =
  | { kind: 'pair'; prompt: string; completion: string }
  | { kind: 'chat'; messages: readonly ChatMessage[] }
  | { kind: 'text'; text: string }

export type Row = RowContent & {
  /** `line 3`, `item 3`: for messages. */
  place: string
}

/** Rows from the first, at most `limit` of them. Data that is empty or not of a known shape is a UserError with its line. */
export async function readRows(path: string, limit: number | null): Promise<Row[]> {
  const rows: Row[] = []
  for await (const { place, value, fault } of valuesOf(path)) {
    if (fault !== undefined) throw rowError(path, place, fault)
    rows.push({ ...checkRow(path, place, value), place })
    if (rows.length === limit) break
  }
  if (rows.length === 0) throw new UserError(`${path} holds no example`, { hint: `wanted: ${WANTED}` })
  return rows
}

interface Found {
  place: string
  value?: unknown
  fault?: string | undefined
}

async function* valuesOf(path: string): AsyncGenerator<Found> {
  const list = /\.json(\.gz)?$/i.test(path) ? await listOf(path) : undefined
  if (list) {
    for (const [i, value] of list.entries()) yield { place: `item ${i + 1}`, value }
    return
  }
  for await (const { number, ...line } of readJsonLines(path)) yield { place: `line ${number}`, ...line }
}

/** The list that a .json file holds; some hold a row a line all the same. */
async function listOf(path: string): Promise<readonly unknown[] | undefined> {
  const parsed = parseJson((await readTextFile(path)).text)
  return 'value' in parsed && Array.isArray(parsed.value) ? parsed.value : undefined
}

/** Hex SHA-256 of what a row says, whatever the tokenizer. */
export function hashRow(row: RowContent): string {
  switch (row.kind) {
    case 'pair':
      return sha256('pair', row.prompt, row.completion)
    case 'chat':
      return sha256('chat', ...row.messages.flatMap(({ role, content }) => [role, content]))
    case 'text':
      return sha256('text', row.text)
  }
}

/** All that a row says as one text, to be searched. */
export function textOf(row: RowContent): string {
  switch (row.kind) {
    case 'pair':
      return row.prompt + row.completion
    case 'chat':
      return row.messages.map(({ content }) => content).join('\n')
    case 'text':
      return row.text
  }
}
