// Computes results again from the files as they are. A cell whose files can no longer be read is left out with the reason,
// so that the rest can still be compared.
import { relative } from 'node:path'
import type { AskedResults, Results } from '../../schema/results.ts'
import { UserError } from '../../util/errors.ts'
import type { SumOf } from '../../util/hash.ts'
import { computeResults } from '../results/compute.ts'
import { asJson } from './difference.ts'

/** Code of the warning that a run is left out. */
const RUN_LEFT_OUT = 'run-left-out'

export interface Recomputed {
  results: Results
  /** Cells that were left out: why, by key. */
  left: ReadonlyMap<string, string>
}

export interface RecomputeOptions {
  cacheFolder: string
  env: NodeJS.ProcessEnv
  /** Files that are not as they were. */
  changed: readonly string[]
  sumOf: SumOf
}

export async function recompute(
  folder: string,
  { asked, warnings }: Pick<Results, 'asked' | 'warnings'>,
  { changed, ...context }: RecomputeOptions,
): Promise<Recomputed> {
  const left = new Map<string, string>()
  for (;;) {
    const cells = asked.cells.map((cell) =>
      left.has(cell.key) ? { ...cell, state: 'missing' as const, message: null } : cell,
    )
    try {
      const results = asJson(await computeResults(folder, { ...asked, cells }, context))
      return { results, left: new Map([...left, ...leftOut(results, { asked, warnings })]) }
    } catch (error) {
      const unreadable = cellsOf(error, { asked, changed, left })
      if (unreadable.length === 0) throw error
      for (const key of unreadable) left.set(key, reasonOf(error, folder))
    }
  }
}

/** The cell whose folder an error names; else those with changed files, of which it is one. */
function cellsOf(
  error: unknown,
  { asked, changed, left }: { asked: AskedResults; changed: readonly string[]; left: Recomputed['left'] },
): string[] {
  const keys = asked.cells.map(({ key }) => key).filter((key) => !left.has(key))
  const text = error instanceof Error ? error.message : String(error)
  const named = keys.find((key) => text.includes(key))
  if (named !== undefined) return [named]
  return keys.filter((key) => changed.some((file) => isOf(file, key)))
}

/** Runs that cannot be read are left out by what computes, with a warning: those that could be read before. */
function leftOut(
  results: Results,
  { asked, warnings }: Pick<Results, 'asked' | 'warnings'>,
): [string, string][] {
  const known = new Set(warnings.map(({ message }) => message))
  return results.warnings.flatMap(({ code, message }) => {
    if (code !== RUN_LEFT_OUT || known.has(message)) return []
    const cell = asked.cells.find(({ key }) => message.includes(key))
    return cell ? [[cell.key, message]] : []
  })
}

/** Whether a file, or a run folder, is that of a cell. */
export const isOf = (file: string, key: string): boolean => file.split('/').includes(key)

function reasonOf(error: unknown, folder: string): string {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ENOENT' && path !== undefined) return `${relative(folder, path)} is missing`
  const text = error instanceof Error ? error.message : String(error)
  const [line] = text.replaceAll(`${folder}/`, '').split('\n') as [string]
  return error instanceof UserError ? line : `it cannot be computed: ${line}`
}
