// The files that the numbers of a study came from, by what they hold: hashed as they are, whatever any cache says of them.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AskedResults, Measured, Results, Rows } from '../../schema/results.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { exists } from '../../util/files.ts'
import type { SumOf } from '../../util/hash.ts'
import { fileOf } from './cells.ts'

/** What says of a folder what was asked of it, and of a run all answers and who judged them. */
const HEADS = ['run.json', 'samples.jsonl', 'judges.jsonl', 'measurement.json', 'variant.json']
/** And the weights of what was trained here. */
const WEIGHTS = /\.safetensors$/

/** By path from the study folder, sorted. */
export async function filesOf(folder: string, measured: Measured, sumOf: SumOf): Promise<Results['files']> {
  const paths = new Set([...fromFiles(measured), ...(await headsOf(folder, measured.asked))])
  const files: [string, Results['files'][string]][] = []
  for (const path of [...paths].sort()) files.push([path, await sumOf(join(folder, path))])
  return Object.fromEntries(files)
}

function fromFiles({ asked: _, ...measured }: Measured): string[] {
  const lists: readonly (readonly { from?: readonly Rows[] }[])[] = [
    measured.trainings,
    measured.weights,
    measured.predictions,
    measured.zeroLines,
    measured.live,
    measured.scores,
    measured.pairs,
    measured.effects,
    measured.changes,
  ]
  return lists.flat().flatMap(({ from = [] }) => from.map(({ file }) => file))
}

/** Of each cell that is done: its own note, and the heads of its folder or of the folders in it. */
async function headsOf(folder: string, { cells }: AskedResults): Promise<string[]> {
  const found: string[] = []
  for (const { key, state } of cells) {
    if (state !== 'done') continue
    found.push(`${fileOf(key)}.cell.json`)
    const entries = await readdir(cellFolder(folder, key), { withFileTypes: true })
    const inner = entries.filter((entry) => entry.isDirectory()).map(({ name }) => [name])
    for (const names of [[], ...inner]) {
      for (const head of HEADS) {
        const path = fileOf(key, ...names, head)
        if (await exists(join(folder, path))) found.push(path)
      }
      const place = fileOf(key, ...names)
      for (const name of await readdir(join(folder, place)))
        if (WEIGHTS.test(name)) found.push(`${place}/${name}`)
    }
  }
  return found
}
