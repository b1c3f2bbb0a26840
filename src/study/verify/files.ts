// The files that results were computed from, against what is in the study folder now.
import { stat } from 'node:fs/promises'
import { isAbsolute, join, normalize, relative } from 'node:path'
import type { Results } from '../../schema/results.ts'
import type { ChangedCell, ChangedFile } from '../../schema/verification.ts'
import { cellFolder, readCell } from '../../store/studyFolder.ts'
import { exists } from '../../util/files.ts'
import type { FileSum, SumOf } from '../../util/hash.ts'
import type { OnProgress } from '../../util/progress.ts'
import { keyOfAsked } from '../planCells.ts'

/** A path that leads out of the folder is not followed: results.json may come from anywhere. */
async function sumIn(folder: string, file: string, sumOf: SumOf): Promise<FileSum | null> {
  const path = normalize(file)
  if (isAbsolute(path) || path.startsWith('..')) return null
  const place = join(folder, path)
  const found = await stat(place).catch(() => null)
  return found?.isFile() ? sumOf(place) : null
}

export async function changedFiles(
  folder: string,
  { files }: Pick<Results, 'files'>,
  { sumOf, onProgress }: { sumOf: SumOf; onProgress: OnProgress },
): Promise<ChangedFile[]> {
  const changed: ChangedFile[] = []
  const listed = Object.entries(files)
  for (const [i, [file, stored]] of listed.entries()) {
    const found = await sumIn(folder, file, sumOf)
    if (found === null) changed.push({ file, state: 'missing', stored, found })
    else if (found.sha256 !== stored.sha256 || found.bytes !== stored.bytes)
      changed.push({ file, state: 'changed', stored, found })
    onProgress('files read', i + 1, listed.length)
  }
  return changed
}

/** Files that a recomputed number came from and that results.json does not name. */
export const unlistedFiles = (stored: Results['files'], found: Results['files']): ChangedFile[] =>
  Object.entries(found)
    .filter(([file]) => !(file in stored))
    .map(([file, sum]) => ({ file, state: 'unlisted', stored: null, found: sum }))

/** Cells whose key no longer is the hash of what was asked, or that are not there although they were done. */
export async function changedCells(
  folder: string,
  { asked }: Pick<Results, 'asked'>,
): Promise<Omit<ChangedCell, 'records'>[]> {
  const changed: Omit<ChangedCell, 'records'>[] = []
  for (const { key, state } of asked.cells) {
    const place = cellFolder(folder, key)
    const path = `${place}.cell.json`
    const file = relative(folder, path)
    if (!(await exists(path))) {
      if (state === 'done') changed.push({ key, file, state: 'missing' })
      continue
    }
    const cell = await readCell(place)
    if (cell?.key !== key || keyOfAsked(cell.asked) !== key) changed.push({ key, file, state: 'changed' })
  }
  return changed
}
