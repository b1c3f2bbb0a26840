// Whether the sides of a study are live: whether what they predict is anything but the prediction of what they are compared
// with.
import type { AskedResults, Results } from '../../schema/results.ts'
import { readLive } from '../../store/liveFile.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { comparedCells, rowsOf } from './cells.ts'

export async function liveResults(folder: string, asked: AskedResults): Promise<Results['live']> {
  const results: Results['live'] = []
  for (const { key, of, against } of comparedCells(asked, 'live')) {
    const liveness = await readLive(cellFolder(folder, key))
    results.push({ ...of, against, from: rowsOf(key, 'live.json'), liveness })
  }
  return results
}
