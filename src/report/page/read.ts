// Reads a report back: the summary, checked, and each shard when it is wanted, from the page or from the folder beside it.
// Anyone may have written the file: nothing of it is trusted, and no shard grows beyond the size that the summary tells.
import { constants, lstat, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip as gunzipWithCallback } from 'node:zlib'
import { REPORT_SCHEMA, type Report, reportSchema, SUMMARY } from '../../schema/report.ts'
import { UserError } from '../../util/errors.ts'
import { MAX_FILE_BYTES, readTextLines } from '../../util/textFile.ts'
import { MARK } from './write.ts'

const gunzip = promisify(gunzipWithCallback)

const SHARD_NAME = /^[a-z0-9-]+$/
/** A whole line, and nothing else in it: what stood beside the data would be shown, and not compared. */
const ELEMENT = /^[ \t]*<script type="application\/octet-stream" id="([a-z0-9-]+)">([^<]*)<\/script>$/
const SUMMARY_START = /^[ \t]*<script type="application\/octet-stream" id="summary">[^<]*$/
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const AGAIN = 'write it again: tunediff report STUDY -o report.html'

export interface OpenedReport {
  path: string
  report: Report
  /** The lines of the page that are no data, in their order; where data stand, the mark of the template. */
  frame: readonly string[]
  /** A shard, decompressed. A UserError says why it cannot be read. */
  shard(name: string): Promise<Buffer>
}

export async function openReport(path: string): Promise<OpenedReport> {
  const { elements, frame } = await readPage(path)
  const summary = elements.get(SUMMARY)
  if (summary === undefined) throw notReport(path, frame)
  if (!frame.slice(-3).some((line) => line.endsWith('</html>')))
    throw new UserError(`${path} is cut: its last line is not the end of a page`, { hint: AGAIN })
  const report = await readSummary(path, summary)
  refuseElements(path, report, elements.keys())
  const folder = report.shardFolder === null ? null : join(dirname(path), report.shardFolder)
  return {
    path,
    report,
    frame,
    async shard(name) {
      const told = report.shards[name]
      if (told === undefined) throw new UserError(`${path} has no shard ${name}`, { hint: AGAIN })
      const where = folder === null ? `${path}, shard ${name}` : join(folder, `${name}.gz`)
      const packed = folder === null ? unpacked(elements.get(name), where) : await readBeside(where)
      return expand(packed, told.bytes, where)
    },
  }
}

/** Elements by their id, as they stand in the page: base64 of gzip. */
async function readPage(path: string): Promise<{ elements: Map<string, string>; frame: string[] }> {
  const elements = new Map<string, string>()
  const frame: string[] = []
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory())
    throw new UserError(`${path} is a folder, and a report is one file`, { hint: AGAIN })
  if ((found?.size ?? 0) > MAX_FILE_BYTES)
    throw new UserError(`${path} is too large for a report: over ${MAX_FILE_BYTES / 1024 / 1024} MiB`)
  for await (const line of readTextLines(path)) {
    if (line.fault !== undefined) throw new UserError(`${path}, line ${line.number}: ${line.fault}`)
    const { text } = line
    const [, id, base64] = ELEMENT.exec(text) ?? []
    if (id === undefined || base64 === undefined) {
      frame.push(text)
      continue
    }
    if (frame.at(-1) !== MARK) frame.push(MARK)
    // A browser takes the first of two, and a reader might take the other.
    if (elements.has(id)) throw new UserError(`${path} holds ${id} twice`, { hint: AGAIN })
    elements.set(id, base64)
  }
  return { elements, frame }
}

function notReport(path: string, frame: readonly string[]): UserError {
  // A summary that does not end: its line begins like one.
  if (frame.some((line) => SUMMARY_START.test(line)))
    return new UserError(`${path} is cut: it ends within its summary`, { hint: AGAIN })
  return new UserError(`${path} is not a report of tunediff`, {
    hint: 'give the page that was written by: tunediff report STUDY -o report.html',
  })
}

async function readSummary(path: string, base64: string): Promise<Report> {
  const where = `${path}, summary`
  const bytes = await expand(unpacked(base64, where), null, where)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new UserError(`${where}: not JSON`, { hint: AGAIN, cause })
  }
  const schema = (value as { schema?: unknown } | null)?.schema
  if (typeof schema === 'number' && schema !== REPORT_SCHEMA)
    throw new UserError(`${path} is a report of schema ${schema}, this version reads ${REPORT_SCHEMA}`, {
      hint: AGAIN,
    })
  const parsed = reportSchema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new UserError(`${where}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`, { hint: AGAIN })
  }
  refuseNames(path, parsed.data)
  return parsed.data
}

/** Names become paths and addresses: one that leads elsewhere is refused. */
function refuseNames(path: string, { shards, shardFolder }: Report): void {
  const wrong = Object.keys(shards).find((name) => !SHARD_NAME.test(name))
  if (wrong !== undefined) throw new UserError(`${path}: '${wrong}' is no name of a shard`, { hint: AGAIN })
  if (shardFolder !== null && (/[/\\\0]/.test(shardFolder) || ['', '.', '..'].includes(shardFolder)))
    throw new UserError(`${path}: '${shardFolder}' is no folder beside the page`, { hint: AGAIN })
}

/** Nothing knows what another one is for: a browser would have it in the page all the same. */
function refuseElements(path: string, { shards, shardFolder }: Report, ids: Iterable<string>): void {
  for (const id of ids) {
    if (id === SUMMARY || (shardFolder === null && Object.hasOwn(shards, id))) continue
    throw new UserError(`${path} holds ${id}, which its summary does not list`, {
      hint: 'do not trust this report: an element like this is not written by tunediff',
    })
  }
}

function unpacked(base64: string | undefined, where: string): Buffer {
  if (base64 === undefined) throw new UserError(`${where}: is missing`, { hint: AGAIN })
  if (!BASE64.test(base64)) throw new UserError(`${where}: not base64`, { hint: AGAIN })
  return Buffer.from(base64, 'base64')
}

/** A link is not followed: it may lead to any file of this machine. */
async function readBeside(path: string): Promise<Buffer> {
  const folder = dirname(path)
  const file = await openPlain(path)
  if (file === null)
    throw new UserError(`${path} is missing, or is no plain file`, {
      hint: `the page needs the folder ${folder} beside it: keep them together, or ${AGAIN}`,
    })
  try {
    if ((await file.stat()).size > MAX_FILE_BYTES)
      throw new UserError(`${path} is too large`, { hint: AGAIN })
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** A file that lies in a folder itself; null where it is a link, lies behind one, or is none. */
export async function openPlain(path: string): Promise<Awaited<ReturnType<typeof open>> | null> {
  const isFolder = await lstat(dirname(path)).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) return null
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  )
  if (file === null) return null
  if ((await file.stat()).isFile()) return file
  await file.close()
  return null
}

/** `bytes`: how long it is to be; null of the summary, which no other place tells. */
async function expand(packed: Buffer, bytes: number | null, where: string): Promise<Buffer> {
  const maxOutputLength = Math.max(1, Math.min(bytes ?? MAX_FILE_BYTES, MAX_FILE_BYTES))
  try {
    const expanded = await gunzip(packed, { maxOutputLength })
    if (bytes === null || expanded.length === bytes) return expanded
    throw new UserError(`${where}: ${expanded.length} bytes, where the summary tells ${bytes}`, {
      hint: AGAIN,
    })
  } catch (error) {
    if (error instanceof UserError) throw error
    const isLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const what = isLong
      ? `longer than ${maxOutputLength} bytes, which is what it may be`
      : 'damaged gzip data'
    throw new UserError(`${where}: ${what}`, { hint: AGAIN, cause: error })
  }
}
