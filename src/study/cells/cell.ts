// What the work on any cell has at hand.
import type { Verdicts } from '../../measure/outcomes.ts'
import type { Judge } from '../../schema/judge.ts'
import type { Study } from '../../schema/study.ts'
import type { ImportContext } from '../../solve/recorded.ts'
import type { Answering } from '../answering.ts'
import type { ModelRef } from '../planCells.ts'
import { runningSpec } from '../runningSpec.ts'

export interface CellContext extends Pick<ImportContext, 'cacheFolder' | 'env'> {
  study: Study
  /** MODEL of the study's base; null: it has no weights here. */
  base: string | null
  texts: readonly string[]
  threads: number
  folderOf: (key: string) => string
  /** The one of this command; it outlives the cell. */
  openJudge: () => Promise<Judge>
  /** Opens what answers: for small models one that outlives the cell. */
  openEngine?: Answering['openEngine']
  /** Of programs that this command judged: equal ones are executed once. */
  verdicts: Verdicts
  onProgress: (what: string, done: number, total: number) => void
  /** What the user should know, in a sentence. */
  onNote: (text: string) => void
  onWait?: (folder: string, holder: string) => void
}

/** The MODEL of a side: one that was trained here runs as it was trained. */
export async function specOf(ref: ModelRef, { base, folderOf }: CellContext): Promise<string> {
  if ('spec' in ref) return ref.spec
  return (await runningSpec(folderOf(ref.trained), base ?? undefined)).spec
}
