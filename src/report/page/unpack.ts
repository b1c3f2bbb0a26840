// The files that a report carries, back in a folder as they lay in the study's. A path that leads elsewhere is refused, and
// so is a report whose files would fill the disk.
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Piece, StudyReport } from '../../schema/report.ts'
import type { LostShard } from '../../schema/verification.ts'
import { UserError } from '../../util/errors.ts'
import type { OnProgress } from '../../util/progress.ts'
import type { OpenedReport } from './read.ts'

/** All files of a report together: a hundred times what studies have. */
const MAX_BYTES = 8 * 1024 ** 3
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const SEGMENT = /^[^/\\:\u0000-\u001f\u007f]+$/
const MAX_PATH = 1000
/** cells/KEY/RUN/FILE, and some more. */
const MAX_SEGMENTS = 8
/** Files and their pieces, all together: each is opened. */
const MAX_PIECES = 200_000

/** A stretch of a shard, and where it goes. */
interface Placed extends Piece {
  file: string
  /** In the file. */
  position: number
}

/** Writes the files of a study below `folder`. Those of which a part cannot be read are left out, and told. */
export async function unpackFiles(
  opened: OpenedReport,
  { files }: Pick<StudyReport, 'files'>,
  folder: string,
  onProgress: OnProgress,
): Promise<LostShard[]> {
  for (const file of Object.keys(files)) refusePath(opened.path, file)
  const pieces = Object.entries(files).flatMap(([file, list]) => placed(file, list))
  refuseCount(opened.path, Object.keys(files).length + pieces.length)
  refuseSizes(opened, pieces)
  for (const file of Object.keys(files)) await createFile(join(folder, file), file)
  const faults: LostShard[] = []
  const shards = byShard(pieces)
  let done = 0
  for (const [shard, own] of shards) {
    onProgress('shards unpacked', ++done, shards.size)
    try {
      const bytes = await opened.shard(shard)
      for (const piece of own) await writePiece(folder, piece, bytes)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      faults.push({ shard, reason: error.message, files: [...new Set(own.map(({ file }) => file))] })
    }
  }
  for (const file of faults.flatMap((fault) => fault.files)) await rm(join(folder, file), { force: true })
  return faults
}

/** Files of a study lie below cells/, under plain names. */
function refusePath(report: string, file: string): void {
  const [first, ...rest] = file.split('/')
  const isPlain = rest.every((part) => SEGMENT.test(part) && part !== '.' && part !== '..')
  const isShort = file.length <= MAX_PATH && rest.length < MAX_SEGMENTS
  if (first === 'cells' && rest.length > 0 && isPlain && isShort) return
  throw new UserError(`${report} carries a file '${file}', which is no file of a study`, {
    hint: 'do not trust this report: a path like this is not written by tunediff',
  })
}

function refuseCount(report: string, count: number): void {
  if (count <= MAX_PIECES) return
  throw new UserError(
    `${report} carries ${count} files and pieces of files; at most ${MAX_PIECES} are unpacked`,
  )
}

function placed(file: string, pieces: readonly Piece[]): Placed[] {
  let position = 0
  return pieces.map((piece) => {
    const own = { ...piece, file, position }
    position += piece.bytes
    return own
  })
}

function byShard(pieces: readonly Placed[]): Map<string, Placed[]> {
  const groups = new Map<string, Placed[]>()
  for (const piece of pieces) {
    const group = groups.get(piece.shard)
    if (group) group.push(piece)
    else groups.set(piece.shard, [piece])
  }
  return groups
}

function refuseSizes({ path, report }: OpenedReport, pieces: readonly Placed[]): void {
  const wrong = pieces.find(
    ({ shard, offset, bytes }) =>
      offset < 0 ||
      bytes < 0 ||
      offset + bytes > (Object.hasOwn(report.shards, shard) ? report.shards[shard]!.bytes : 0),
  )
  if (wrong) throw new UserError(`${path}: ${wrong.file} goes beyond the end of ${wrong.shard}`)
  const total = pieces.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > MAX_BYTES)
    throw new UserError(`${path} carries files of ${total} bytes; at most ${MAX_BYTES} are unpacked`)
}

async function createFile(path: string, file: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await (await open(path, 'wx')).close()
  } catch (cause) {
    // One file's folder is another file, or two differ in case alone where that is no difference.
    throw new UserError(`${file} cannot lie beside the other files of the report`, { cause })
  }
}

async function writePiece(folder: string, piece: Placed, shard: Buffer): Promise<void> {
  const file = await open(join(folder, piece.file), 'r+')
  try {
    const { offset, bytes, position } = piece
    let written = 0
    while (written < bytes)
      written += (await file.write(shard, offset + written, bytes - written, position + written)).bytesWritten
  } finally {
    await file.close()
  }
}
