// The page with its data: one HTML file. The summary and the shards stand in it as gzip in base64, one element each; shards
// that are too large for one page lie in a folder beside it.
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { PageBlock } from '../../schema/blocks.ts'
import { type Report, SUMMARY } from '../../schema/report.ts'
import { lockFile } from '../../store/lock.ts'
import { UserError } from '../../util/errors.ts'
import { exists, removeAbandoned, temporaryName } from '../../util/files.ts'
import { byteSize, printable } from '../../util/text.ts'
import { MAX_FILE_BYTES } from '../../util/textFile.ts'
import type { BuiltReport, Shard } from './build.ts'

const compress = promisify(gzip)

/** Largest shards in the page, together, as they stand there: browsers read that in a second. */
export const MAX_PAGE_BYTES = 20_000_000

/** Built from web/. */
const TEMPLATE = fileURLToPath(new URL('../../../dist/report/page.html', import.meta.url))
export const MARK = '<!-- report -->'

export interface WrittenPage {
  /** Of the page, and of the folder beside it. */
  bytes: number
  /** Folder with the shards; null: they are in the page. */
  shardFolder: string | null
}

/** Writes `path`, and the folder beside it where one is needed, whole or not at all. */
export async function writePage(
  path: string,
  { report, shards }: BuiltReport,
  maxBytes = MAX_PAGE_BYTES,
): Promise<WrittenPage> {
  const folder = shardFolderOf(path)
  refuseLarge(report)
  await refuseForeign(folder)
  await mkdir(dirname(path), { recursive: true })
  for (const own of [path, folder]) await removeAbandoned(own)
  const [page, packed, former] = [temporaryName(path), temporaryName(folder), temporaryName(folder)]
  try {
    await mkdir(packed)
    const sizes = await packShards(packed, shards())
    const inPage = sizes.reduce((sum, bytes) => sum + 4 * Math.ceil(bytes / 3), 0)
    const isBeside = inPage > maxBytes
    const shown = { ...report, shardFolder: isBeside ? basename(folder) : null }
    const bytes = await writeWhole(page, shown, isBeside ? null : packed)
    // Of two writers each puts both in their place before the other does.
    await using _lock = await lockFile(join(dirname(path), `.${basename(folder)}.lock`))
    if (await exists(folder)) await rename(folder, former)
    if (isBeside) await rename(packed, folder)
    await rename(page, path)
    const beside = isBeside ? sizes.reduce((sum, size) => sum + size, 0) : 0
    return { bytes: bytes + beside, shardFolder: isBeside ? folder : null }
  } finally {
    await rm(page, { force: true })
    for (const left of [packed, former]) await rm(left, { recursive: true, force: true })
  }
}

/** `report.html`: `report.shards`. */
const shardFolderOf = (path: string): string =>
  join(dirname(path), `${basename(path).replace(/\.html?$/i, '')}.shards`)

/** `view` and `verify` read no larger summary, and the page, which reads all of it at once, takes seconds for that. */
function refuseLarge(report: Report): void {
  const bytes = Buffer.byteLength(JSON.stringify(report))
  if (bytes <= MAX_FILE_BYTES) return
  throw new UserError(
    `the summary of this report has ${byteSize(bytes)}, and a page reads at most ${byteSize(MAX_FILE_BYTES)} at once`,
    { hint: 'name fewer studies or runs in one report, or ask fewer sides or tasks in a study' },
  )
}

/** A folder of an earlier report is written again; any other is not ours to remove. */
async function refuseForeign(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null)
  if (!found) return
  if (!found.isDirectory())
    throw new UserError(`${folder} is a file, and a report keeps its rows in a folder of that name`, {
      hint: 'give another file with -o, or move that file',
    })
  const foreign = (await readdir(folder)).find(
    (name) => !/^(rows|weights|predictions|problems|tokens)-[0-9-]+\.gz$/.test(name),
  )
  if (foreign === undefined) return
  throw new UserError(`${folder} holds ${foreign}, and a report keeps its rows in that folder`, {
    hint: 'give another file with -o, or move that folder',
  })
}

/** Sizes after compression. */
async function packShards(folder: string, shards: AsyncIterable<Shard>): Promise<number[]> {
  const sizes: number[] = []
  for await (const { name, bytes } of shards) {
    const zipped = await compress(bytes, { level: 9 })
    await writeFile(join(folder, `${name}.gz`), zipped)
    sizes.push(zipped.length)
  }
  return sizes
}

/** `packed`: folder of the shards that go into the page. */
async function writeWhole(path: string, report: Report, packed: string | null): Promise<number> {
  const [head, foot] = await pageHalves(report)
  const file = await open(path, 'wx')
  try {
    await file.appendFile(head)
    await appendElement(file, SUMMARY, await compress(JSON.stringify(report), { level: 9 }))
    for (const name of packed === null ? [] : Object.keys(report.shards))
      await appendElement(file, name, await readFile(join(packed!, `${name}.gz`)))
    await file.appendFile(foot)
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

const appendElement = (file: FileHandle, id: string, zipped: Buffer): Promise<void> =>
  file.appendFile(
    `<script type="application/octet-stream" id="${id}">${zipped.toString('base64')}</script>\n`,
  )

/** What stands before the data and after it, with the title and, for readers without scripts, the finding. */
export async function pageHalves(report: Report): Promise<[string, string]> {
  const page = await readFile(TEMPLATE, 'utf8').catch((cause: unknown) => {
    throw new UserError(`${TEMPLATE} is missing`, { hint: 'install tunediff again', cause })
  })
  const at = page.lastIndexOf(MARK)
  if (at < 0) throw new Error(`${TEMPLATE} has no ${MARK}`)
  // Functions: a $ in a text is no pattern.
  const head = page
    .slice(0, at)
    .replace('<title>tunediff</title>', () => `<title>${escapeHtml(report.title)} - tunediff</title>`)
    .replace('<noscript></noscript>', () => `<noscript>${plainFinding(report)}</noscript>`)
  return [report.shardFolder === null ? head : withConnections(head), page.slice(at + MARK.length)]
}

/** The page fetches what lies beside it. */
const withConnections = (head: string): string =>
  head.replace(/(http-equiv="Content-Security-Policy" content="[^"]*)"/, `$1; connect-src 'self'"`)

const plainFinding = ({ studies }: Report): string =>
  studies
    .flatMap(({ finding }) => finding)
    .map(plainBlock)
    .join('')

/** Tables and lines in one width are left to the page. */
function plainBlock(block: PageBlock): string {
  const heading = (text: string): string => `<h2>${escapeHtml(text)}</h2>`
  const paragraphs = (texts: readonly string[]): string =>
    texts.map((text) => `<p>${escapeHtml(text)}</p>`).join('')
  switch (block.kind) {
    case 'heading':
      return heading(block.text)
    case 'side':
      return heading(block.side) + paragraphs(block.items)
    case 'list':
      return paragraphs(block.items)
    case 'finding':
    case 'paragraph':
      return paragraphs([block.text])
    default:
      return ''
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeHtml = (text: string): string =>
  printable(text)
    .replace(/\s+/g, ' ')
    .replace(/[&<>"]/g, (c) => ENTITIES[c]!)
