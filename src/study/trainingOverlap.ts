// What of HumanEval's problems stands in training data: answers to those say little about a variant. Only where the
// problems are on this machine: a training never waits for a download.
import { findHumanEval, humanEval } from '../tasks/humaneval.ts'
import { type Overlap, overlapOf } from '../train/data/overlap.ts'
import { readRows } from '../train/data/rows.ts'
import { cacheFolder } from '../util/cache.ts'

/** Null where the problems are not here. */
export async function humanEvalOverlap(data: string, limit: number | null): Promise<Overlap | null> {
  const context = { env: process.env, cacheFolder: cacheFolder() }
  if ((await findHumanEval(context)) === null) return null
  const { problems } = await humanEval(context)
  return overlapOf(await readRows(data, limit), problems.values())
}
