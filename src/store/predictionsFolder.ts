// A measurement of predictions on disk: measurement.json, documents.jsonl and tokens.f32 in one folder. A document's token
// rows are written before its line, so what documents.jsonl names is whole: a writer that goes on cuts off the rest.
import { type FileHandle, mkdir, open, rm, truncate } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  type Corpus,
  type DocumentRow,
  documentRowSchema,
  type PredictionsMeasurement,
  predictionsMeasurementSchema,
} from '../schema/predictions.ts'
import { TOKEN_COLUMNS, TOKEN_ROW_BYTES } from '../schema/tokenColumns.ts'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { sha256Value } from '../util/hash.ts'
import { JsonlWriter, offsetAfterLines, readRows } from './jsonl.ts'
import { lockFolder } from './lock.ts'
import { readMeasurementFile, writeMeasurementFile } from './measurementFile.ts'

const DOCUMENTS_FILE = 'documents.jsonl'
const TOKENS_FILE = 'tokens.f32'
const AGAIN = 'delete the folder and measure again'

/** What is asked of a folder, before anything is measured. */
export type AskedPredictions = Omit<PredictionsMeasurement, 'createdAt' | 'finished' | 'corpora'> & {
  corpora: readonly Corpus[]
}

/** A folder that is open for appending. One writer at a time. */
export interface PredictionsFolder extends AsyncDisposable {
  path: string
  /** Ids of the documents that it holds. */
  done: ReadonlySet<string>
  isFinished: boolean
  /** Resolves when the document is with the operating system; documents keep their order. */
  append(row: DocumentRow, tokens: Float32Array): Promise<void>
  /** Notes that nothing is missing. */
  finish(): Promise<void>
}

/** Folders that this process holds: waiting for one's own lock would never end. */
const held = new Set<string>()

/** Opens a folder for what is asked, beginning it where there is none; a folder of something else is refused. */
export async function openPredictions(
  path: string,
  asked: AskedPredictions,
  onWait?: (folder: string, holder: string) => void,
): Promise<PredictionsFolder> {
  const place = resolve(path)
  if (held.has(place))
    throw new UserError(`${asked.variant.spec} is named twice`, { hint: 'name each variant once' })
  held.add(place)
  // What was opened is closed in reverse, also where opening fails halfway.
  const closers: (() => unknown)[] = [() => held.delete(place)]
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    await mkdir(path, { recursive: true })
    const lock = await lockFolder(path, (holder) => onWait?.(path, holder))
    closers.push(() => lock[Symbol.asyncDispose]())
    const found = await begin(path, asked)
    const { ids, wasWhole } = await mend(path)
    const measurement = { ...found, finished: found.finished && wasWhole }
    // Documents were lost after all: whoever stops now must not leave it called finished.
    if (found.finished && !wasWhole) await writeMeasurementFile(path, measurement)
    const tokens = await open(join(path, TOKENS_FILE), 'a')
    closers.push(() => tokens.close())
    const documents = await JsonlWriter.open(join(path, DOCUMENTS_FILE))
    closers.push(() => documents[Symbol.asyncDispose]())
    return folderOf({ path, measurement, ids, tokens, documents, close })
  } catch (error) {
    await close()
    throw error
  }
}

interface Open {
  path: string
  measurement: PredictionsMeasurement
  ids: ReadonlySet<string>
  tokens: FileHandle
  documents: JsonlWriter
  close: () => Promise<void>
}

function folderOf({ path, measurement, ids, tokens, documents, close }: Open): PredictionsFolder {
  let writing: Promise<void> = Promise.resolve()
  return {
    path,
    done: ids,
    isFinished: measurement.finished,
    append(row, rows) {
      if (rows.length * Float32Array.BYTES_PER_ELEMENT !== tokenBytes(row))
        throw new RangeError(
          `${row.id}: ${rows.length} numbers for ${tokenBytes(row) / TOKEN_ROW_BYTES} scored tokens`,
        )
      writing = writing.then(async () => {
        await tokens.appendFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength))
        await documents.append(row)
      })
      return writing
    },
    async finish() {
      await writing
      if (!measurement.finished) await writeMeasurementFile(path, { ...measurement, finished: true })
    },
    async [Symbol.asyncDispose]() {
      // A failed append was told where it was awaited.
      await writing.catch(() => undefined)
      await close()
    },
  }
}

/** The folder's measurement, or a new one. Rows of another version that lie in the folder are removed. */
async function begin(path: string, asked: AskedPredictions): Promise<PredictionsMeasurement> {
  const found = await readPredictions(path)
  if (found && predictionsKey(found) !== predictionsKey(asked)) {
    throw new UserError(
      `${path} holds another measurement: ${describe(found)}; asked for is ${describe(asked)}`,
      { hint: 'give another folder with -o, or delete that one' },
    )
  }
  if (found) return found
  for (const name of [DOCUMENTS_FILE, TOKENS_FILE]) await rm(join(path, name), { force: true })
  // Keys in the order in which one that goes on reads them: the file is the same then.
  const measurement = predictionsMeasurementSchema.parse({
    ...asked,
    createdAt: new Date().toISOString(),
    finished: false,
  })
  await writeMeasurementFile(path, measurement)
  return measurement
}

/** What makes two measurements one, and what they are looked up by: contents, not paths. */
export function predictionsKey(asked: AskedPredictions): string {
  const { schema, role, base, variant, corpora, settings, versions } = asked
  const texts = corpora.map(({ name, identity }) => [name, identity])
  return sha256Value([schema, role, base.identity, variant.identity, texts, settings, versions])
}

function describe({ role, base, variant, corpora, settings, versions }: AskedPredictions): string {
  const named = ({ spec, identity }: { spec: string; identity: string }): string =>
    `${spec} (${identity.slice(0, 8)})`
  return [
    `${named(variant)} against ${named(base)}`,
    ...(role === 'variant' ? [] : [role]),
    `texts ${corpora.map(({ name, identity }) => `${name} (${identity.slice(0, 8)})`).join(' ')}`,
    `context ${settings.context}`,
    `tokens ${settings.maxTokens ?? 'all'}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ].join(', ')
}

/**
 * How far both files hold the same documents; what is beyond is cut off. Documents whose rows tokens.f32 does not hold, as
 * after a power cut, are dropped.
 */
async function mend(path: string): Promise<{ ids: Set<string>; wasWhole: boolean }> {
  const [documents, tokens] = [join(path, DOCUMENTS_FILE), join(path, TOKENS_FILE)]
  const size = { documents: await sizeOf(documents), tokens: await sizeOf(tokens) }
  const ids = new Set<string>()
  let bytes = 0
  const check = rowCheck(documents)
  for await (const row of readRows(documents, documentRowSchema)) {
    check(row)
    if (bytes + tokenBytes(row) > size.tokens) break
    bytes += tokenBytes(row)
    ids.add(row.id)
  }
  const end = size.documents === 0 ? 0 : await offsetAfterLines(documents, ids.size)
  if (end < size.documents) await truncate(documents, end)
  if (bytes < size.tokens) await truncate(tokens, bytes)
  return { ids, wasWhole: end === size.documents && bytes === size.tokens }
}

async function sizeOf(path: string): Promise<number> {
  if (!(await exists(path))) return 0
  const file = await open(path)
  try {
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** Undefined where there is none, or where it is of another version and has to be made again. */
export function readPredictions(folder: string): Promise<PredictionsMeasurement | undefined> {
  return readMeasurementFile(folder, 'predictions', predictionsMeasurementSchema)
}

/** A document and its rows of TOKEN_COLUMNS; none where only bits per byte were measured. */
export interface MeasuredDocument {
  row: DocumentRow
  tokens: Float32Array
}

/** Streams the documents of a folder, one at a time in memory. What was damaged by something else is refused. */
export async function* readDocuments(folder: string): AsyncGenerator<MeasuredDocument> {
  yield* withTokens(folder, asRecords(readRows(join(folder, DOCUMENTS_FILE), documentRowSchema)))
}

async function* asRecords(rows: AsyncIterable<DocumentRow>): AsyncGenerator<{ row: DocumentRow }> {
  for await (const row of rows) yield { row }
}

/** As readDocuments. `rows`: those of documents.jsonl, with what their reader knows of each. */
export async function* withTokens<T extends { row: DocumentRow }>(
  folder: string,
  rows: AsyncIterable<T>,
): AsyncGenerator<T & { tokens: Float32Array }> {
  const path = join(folder, TOKENS_FILE)
  const check = rowCheck(join(folder, DOCUMENTS_FILE))
  let file: FileHandle | undefined
  let at = 0
  try {
    for await (const one of rows) {
      check(one.row)
      const bytes = tokenBytes(one.row)
      const tokens = new Float32Array(bytes / Float32Array.BYTES_PER_ELEMENT)
      if (bytes > 0) {
        file ??= await openTokens(path)
        await readFully(file, { into: new Uint8Array(tokens.buffer), at, path, document: one.row.id })
        refuseNotNumbers(tokens, path, one.row.id)
        at += bytes
      }
      yield { ...one, tokens }
    }
  } finally {
    await file?.close()
  }
}

/** Refuses what zod cannot see: ids that do not fit their count, a document that stands twice. */
function rowCheck(path: string): (row: DocumentRow) => void {
  const seen = new Set<string>()
  return ({ id, ids, base }) => {
    const refuse = (what: string): UserError =>
      new UserError(`${path}: document ${id} ${what}`, { hint: AGAIN })
    if (seen.has(id)) throw refuse('stands twice')
    if (base.tokens < 0 || (ids && base.tokens > 0 && ids.length <= base.tokens))
      throw refuse(`has ${ids?.length} token ids for ${base.tokens} scored tokens`)
    seen.add(id)
  }
}

function tokenBytes({ ids, base }: DocumentRow): number {
  return ids === undefined ? 0 : base.tokens * TOKEN_ROW_BYTES
}

async function openTokens(path: string): Promise<FileHandle> {
  if (!(await exists(path)))
    throw new UserError(`${path} is missing, documents.jsonl counts on it`, { hint: AGAIN })
  return open(path)
}

async function readFully(
  file: FileHandle,
  { into, at, path, document }: { into: Uint8Array; at: number; path: string; document: string },
): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, at + filled)
    if (bytesRead === 0) {
      throw new UserError(
        `${path} ends at byte ${at + filled}, within document ${document}, which reaches to ${at + into.length}`,
        { hint: 'run the same command again: what is missing is measured again' },
      )
    }
    filled += bytesRead
  }
}

function refuseNotNumbers(tokens: Float32Array, path: string, document: string): void {
  const bad = tokens.findIndex(Number.isNaN)
  if (bad < 0) return
  const column = TOKEN_COLUMNS[bad % TOKEN_COLUMNS.length]
  const row = Math.floor(bad / TOKEN_COLUMNS.length)
  throw new UserError(`${path}: ${column} of scored token ${row} of ${document} is no number`, {
    hint: AGAIN,
  })
}
