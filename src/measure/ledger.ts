// The outcomes of one run folder under one judge: what stands, and what is appended. The folder is locked only when
// something has to be written, so that a finished run can be read where it may not be written.
import type { Verdict } from '../schema/judge.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { JudgeRecord, Outcome, OutcomeRule } from '../schema/run.ts'
import type { JsonlWriter } from '../store/jsonl.ts'
import { lockFolder } from '../store/lock.ts'
import { noteJudge, openOutcomes, readOutcomes } from '../store/runFolder.ts'

export interface Ledger extends AsyncDisposable {
  /** Class of the outcome that stands for this program, if there is one. */
  standing(rule: OutcomeRule, sample: string, programHash: string): OutcomeClass | undefined
  /** Makes this process the folder's only writer, waiting for another, and reads what that one added. */
  claim(): Promise<void>
  append(outcome: Outcome): Promise<void>
}

interface LedgerOptions {
  folder: string
  judge: JudgeRecord
  /** Verdicts by program hash; those of standing outcomes join it. */
  verdicts?: Map<string, Promise<Verdict>>
  /** The caller has the folder's lock. */
  isLocked?: boolean
  onWait?: (folder: string, holder: string) => void
}

export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { folder, judge, verdicts, isLocked = false, onWait } = options
  const known = new Map<string, { programHash: string; class: OutcomeClass }>()
  let claimed: Promise<{ lock: AsyncDisposable | null; writer: JsonlWriter }> | undefined

  const read = async (): Promise<void> => {
    for await (const outcome of readOutcomes(folder)) {
      if (outcome.judge !== judge.id || outcome.class === 'unjudged') continue
      const { sample, rule, judge: _judge, programHash, wall: _wall, ...verdict } = outcome
      known.set(`${rule} ${sample}`, { programHash, class: verdict.class })
      if (verdicts && programHash !== '' && !verdicts.has(programHash)) {
        verdicts.set(programHash, Promise.resolve(verdict as Verdict))
      }
    }
  }
  const claim = async () => {
    const lock = isLocked ? null : await lockFolder(folder, (holder) => onWait?.(folder, holder))
    await read()
    await noteJudge(folder, judge)
    return { lock, writer: await openOutcomes(folder) }
  }

  await read()
  return {
    standing(rule, sample, programHash) {
      const outcome = known.get(`${rule} ${sample}`)
      return outcome?.programHash === programHash ? outcome.class : undefined
    },
    async claim() {
      claimed ??= claim()
      await claimed
    },
    async append(outcome) {
      const { writer } = await claimed!
      await writer.append(outcome)
    },
    async [Symbol.asyncDispose]() {
      const held = await claimed?.catch(() => undefined)
      if (!held) return
      const { lock, writer } = held
      await writer[Symbol.asyncDispose]()
      await lock?.[Symbol.asyncDispose]()
    },
  }
}
