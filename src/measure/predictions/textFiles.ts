// Text files, alone or as a folder of documents. Binary and hidden files of a folder are left out and named; text in
// another encoding than UTF-8 is an error, as leaving it out would be a surprise.
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { refuseUtf16 } from '../../util/encoding.ts'
import { UserError } from '../../util/errors.ts'
import { idList } from '../../util/text.ts'
import { fileError, readTextFile } from '../../util/textFile.ts'

export interface NamedText {
  /** Unique among the texts of its source. */
  name: string
  text: string
}

const SNIFFED_BYTES = 8192
/** Names of files that are said to be left out. */
const NAMED = 5

/** A text file as one document; a byte order mark is dropped. */
export async function readTextOf(path: string): Promise<string> {
  const { text } = await readTextFile(path)
  if (text.includes('\0')) {
    await refuseUtf16(path)
    throw new UserError(`${path} is no text: it holds zero bytes`, { hint: 'name a text file' })
  }
  return text
}

/** Each text file in a folder and its subfolders is a document, by order of its path. */
export async function readFolderTexts(folder: string): Promise<{ texts: NamedText[]; notes: string[] }> {
  const texts: NamedText[] = []
  const left: Record<'binary' | 'hidden' | 'no file', string[]> = { binary: [], hidden: [], 'no file': [] }
  for await (const { name, kind } of filesOf(folder, '')) {
    if (kind !== 'file') left[kind].push(name)
    else if (await isBinary(join(folder, name))) left.binary.push(name)
    else texts.push({ name, text: await readTextOf(join(folder, name)) })
  }
  const notes = Object.entries(left)
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${folder}: left out as ${kind}: ${idList(names, NAMED)}`)
  return { texts, notes }
}

interface Found {
  /** Path in the folder, with slashes. */
  name: string
  kind: 'file' | 'hidden' | 'no file'
}

async function* filesOf(folder: string, under: string): AsyncGenerator<Found> {
  const entries = await readdir(join(folder, under), { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(join(folder, under), error)
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const name = under === '' ? entry.name : `${under}/${entry.name}`
    if (entry.name.startsWith('.')) yield { name, kind: 'hidden' }
    else if (entry.isDirectory()) yield* filesOf(folder, name)
    else yield { name, kind: (await isFile(join(folder, name))) ? 'file' : 'no file' }
  }
}

/** Links to files are followed, those to folders are not: they may lead back. */
function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** Zero bytes near the start; gzip data is looked at when it is unpacked. */
async function isBinary(path: string): Promise<boolean> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  try {
    const bytes = new Uint8Array(SNIFFED_BYTES)
    const { bytesRead } = await file.read(bytes, 0, SNIFFED_BYTES, 0)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b && path.endsWith('.gz')) return false
    return bytes.subarray(0, bytesRead).includes(0)
  } finally {
    await file.close()
  }
}
