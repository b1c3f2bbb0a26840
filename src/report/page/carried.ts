// Which files of a study a report carries, and in which order: like files together, in the order of the study's sides and
// tasks. They are checked against results.json: what is shown is what its numbers were computed from.
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Results } from '../../schema/results.ts'
import { UserError } from '../../util/errors.ts'
import type { SumOf } from '../../util/hash.ts'
import type { OnProgress } from '../../util/progress.ts'
import type { CarriedFile } from './pieces.ts'

/** Weights are not. */
export const isCarried = (file: string): boolean => !file.endsWith('.safetensors')

const CALLS = 'calls.jsonl'

export async function carriedFiles(
  folder: string,
  results: Results,
  { sumOf, onProgress }: { sumOf: SumOf; onProgress: OnProgress },
): Promise<CarriedFile[]> {
  const files: CarriedFile[] = []
  const listed = Object.entries(results.files).filter(([path]) => isCarried(path))
  for (const [i, [path, { bytes, sha256 }]] of listed.entries()) {
    const place = join(folder, path)
    if ((await sizeOf(place)) !== bytes || (await sumOf(place)).sha256 !== sha256) throw changed(folder, path)
    onProgress('files read', i + 1, listed.length)
    files.push({ path, bytes })
    if (basename(path) !== 'run.json') continue
    const calls = `${dirname(path)}/${CALLS}`
    const size = await sizeOf(join(folder, calls))
    if (size !== null) files.push({ path: calls, bytes: size })
  }
  return inOrder(files, results)
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  )

function changed(folder: string, path: string): UserError {
  return new UserError(`${path} is not the file that the results of ${folder} were computed from`, {
    hint: 'compute them again: tunediff run STUDY',
  })
}

function inOrder(files: readonly CarriedFile[], { asked: { sides, tasks, cells } }: Results): CarriedFile[] {
  const names = sides.map(({ name }) => name)
  const places = new Map(
    cells.map(({ key, task, uses }) => [
      key,
      [names.indexOf(uses[0]?.side ?? ''), uses[0]?.seed ?? -1, task === null ? -1 : tasks.indexOf(task)],
    ]),
  )
  const keyed = files.map((file) => {
    const [, cell = ''] = file.path.split('/')
    const [key = ''] = cell.split('.')
    const name = file.path.endsWith('.cell.json') ? 'cell.json' : basename(file.path)
    return { file, name, place: places.get(key) ?? [] }
  })
  return keyed
    .sort((a, b) => byText(a.name, b.name) || byNumbers(a.place, b.place) || byText(a.file.path, b.file.path))
    .map(({ file }) => file)
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byNumbers = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0
