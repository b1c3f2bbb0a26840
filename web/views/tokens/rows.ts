// Rows of a document out of the measurement's files, a page of them at a time.
import type { DocumentRow } from '../../../src/schema/predictions.ts'
import type { PredictionsView } from '../../../src/schema/report.ts'
import { TOKEN_COLUMNS, type TokenColumn } from '../../../src/schema/tokenColumns.ts'

export type ViewDocument = PredictionsView['documents'][number]
export type TokenRow = Readonly<Record<TokenColumn, number>>

export interface PageToken {
  id: number
  /** From 1. */
  position: number
  /** Null of a token that was not scored: the first one, which nothing predicts. */
  row: TokenRow | null
}

export const PAGE_TOKENS = 2000
const FLOAT_BYTES = 4
const ROW_BYTES = TOKEN_COLUMNS.length * FLOAT_BYTES

/** Tokens of a document that are shown: the first one, and those that were scored. */
export const pagesOf = ({ tokens }: ViewDocument): number => Math.ceil((tokens + 1) / PAGE_TOKENS)

/** Files of the measurement, in pieces. */
export interface MeasurementFiles {
  documents(piece: number): Promise<readonly DocumentRow[]>
  /** Sizes of the pieces of tokens.f32, which are cut at whole rows. */
  tokenBytes: readonly number[]
  tokens(piece: number): Promise<Uint8Array>
}

export interface DocumentPage {
  tokens: readonly PageToken[]
  isCut: boolean
}

/** `page`: from 0. */
export async function readPage(
  files: MeasurementFiles,
  document: ViewDocument,
  page: number,
): Promise<DocumentPage> {
  const found = (await files.documents(document.piece)).findLast(({ id }) => id === document.id)
  if (!found?.ids) throw new Error(`The report does not carry the tokens of ${document.id}.`)
  const first = page * PAGE_TOKENS
  const ids = found.ids.slice(first, Math.min(first + PAGE_TOKENS, document.tokens + 1))
  // Row r scores the token at r + 1.
  const [from, to] = [Math.max(0, first - 1), first + ids.length - 1]
  const scored = await readRows(files, document.firstRow + from, document.firstRow + to)
  return {
    tokens: ids.map((id, i) => ({ id, position: first + i + 1, row: scored[first + i - 1 - from] ?? null })),
    isCut: found.isCut ?? false,
  }
}

/** Rows from `first` to before `end`. */
async function readRows(files: MeasurementFiles, first: number, end: number): Promise<TokenRow[]> {
  const rows: TokenRow[] = []
  let before = 0
  for (const [index, bytes] of files.tokenBytes.entries()) {
    const inPiece = bytes / ROW_BYTES
    const from = Math.max(0, first - before)
    const to = Math.min(inPiece, end - before)
    before += inPiece
    if (from >= to) continue
    const piece = await files.tokens(index)
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
    for (let row = from; row < to; row++) rows.push(rowAt(view, row))
  }
  return rows
}

function rowAt(view: DataView, row: number): TokenRow {
  const values = TOKEN_COLUMNS.map((column, at): [TokenColumn, number] => [
    column,
    view.getFloat32(row * ROW_BYTES + at * FLOAT_BYTES, true),
  ])
  return Object.fromEntries(values) as Record<TokenColumn, number>
}
