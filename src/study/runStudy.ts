// Works through the cells of a study: what is there is left as it is, what failed is kept with its reason and the rest goes
// on. Killed at any time, the same command goes on where it was.
import { copyFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { usableBytes } from '../model/engine/memory.ts'
import type { Judge } from '../schema/judge.ts'
import { beginCell, cellFolder, failCell, finishCell, lockStudy } from '../store/studyFolder.ts'
import { FailedCheckError, UserError } from '../util/errors.ts'
import { beforeStopping } from '../util/stopping.ts'
import { Engines } from './cells/engines.ts'
import { type CellContext, workOn } from './cells/index.ts'
import { type SharedJudge, shareJudge } from './cells/sharedJudge.ts'
import { type Plan, type PlanOptions, planStudy, scorerOf, withStates } from './plan.ts'
import { isSmall } from './planCells.ts'
import { measuredRates, type TimeLeft, timeLeft } from './planCosts.ts'
import { nextCells, type Progress } from './schedule.ts'

type Cell = Plan['cells'][number]

export interface RunStudyOptions extends PlanOptions {
  openJudge: () => Promise<Judge>
  onPlan?: (plan: Plan) => void
  onEvent?: (event: StudyEvent) => void
  onWait?: (folder: string, holder: string) => void
}

export type StudyEvent =
  /** Within a cell: steps, tokens, answers; total 0: unknown. */
  | { kind: 'progress'; cell: Cell; what: string; done: number; total: number; overall: () => Overall }
  | { kind: 'done'; cell: Cell; seconds: number; overall: () => Overall }
  /** What the user should know of a cell; the same of others is said once. */
  | { kind: 'note'; cell: Cell; text: string }
  | { kind: 'failed'; cell: Cell; message: string; hint: string | null }
  /** It needs one that failed. */
  | { kind: 'skipped'; cell: Cell; needs: Cell }

export interface Overall {
  done: number
  total: number
  left: TimeLeft
}

/** The plan after the work, with what became of each cell. */
export async function runStudy(options: RunStudyOptions): Promise<Plan> {
  const plan = await planStudy(options)
  options.onPlan?.(plan)
  await using _lock = await lockStudy(plan.folder, (holder) => options.onWait?.(plan.folder, holder))
  const kept = join(plan.folder, 'study.yaml')
  if (kept !== plan.file.path) await copyFile(plan.file.path, kept)
  await using work = new StudyWork(await withStates(plan), options)
  await work.all()
  return withStates(plan)
}

/** One command's way through the cells. */
class StudyWork implements AsyncDisposable {
  readonly #plan: Plan
  readonly #options: RunStudyOptions
  readonly #lanes = availableParallelism()
  readonly #usable = usableBytes()
  readonly #progress = new Map<string, Progress>()
  readonly #single = new Set<string>()
  readonly #notes = new Set<string>()
  readonly #seconds = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()
  readonly #verdicts: CellContext['verdicts'] = new Map()
  readonly #forgetHook: () => void
  readonly #engines = new Engines(this.#lanes)
  readonly #judge: SharedJudge
  /** When cells that are running were begun, and how many in one go. */
  readonly #begun = new Map<string, { ms: number; together: number }>()
  #isStopping = false
  #fatal: { error: unknown } | undefined

  constructor(plan: Plan, options: RunStudyOptions) {
    this.#plan = plan
    this.#options = options
    this.#judge = shareJudge(options.openJudge)
    for (const { key, state } of plan.cells) {
      this.#progress.set(key, state.kind === 'done' ? 'done' : 'waiting')
      if (state.kind === 'done' && state.isOneGo) this.#seconds.set(key, state.seconds)
    }
    // What ends since the process does is no failure of a cell.
    this.#forgetHook = beforeStopping(async () => {
      this.#isStopping = true
    })
  }

  async all(): Promise<void> {
    for (;;) {
      if (this.#isStopping) return new Promise(() => undefined) // The process ends.
      if (this.#fatal) break
      this.#skip()
      const cells = nextCells({
        cells: this.#plan.cells,
        progress: this.#progress,
        single: this.#single,
        running: this.#running.size,
        lanes: this.#lanes,
        usableBytes: this.#usable,
      })
      if (cells) this.#begin(cells)
      else if (this.#running.size > 0) await Promise.race(this.#running)
      else return
    }
    await Promise.all(this.#running)
    throw this.#fatal.error
  }

  #begin(cells: readonly Cell[]): void {
    for (const { key } of cells) this.#progress.set(key, 'running')
    const going = this.#go(cells)
      .catch((error: unknown) => {
        this.#fatal ??= { error }
      })
      .finally(() => this.#running.delete(going))
    this.#running.add(going)
  }

  /** Cells that need one that failed. */
  #skip(): void {
    const { cells } = this.#plan
    for (const cell of cells) {
      if (this.#progress.get(cell.key) !== 'waiting') continue
      const needed = cells.find(
        ({ key }) => cell.needs.includes(key) && ['failed', 'skipped'].includes(this.#progress.get(key)!),
      )
      if (!needed) continue
      this.#progress.set(cell.key, 'skipped')
      this.#options.onEvent?.({ kind: 'skipped', cell, needs: needed })
    }
  }

  async #go(cells: readonly Cell[]): Promise<void> {
    const { onEvent } = this.#options
    const isOneGo = new Map<string, boolean>()
    for (const cell of cells) {
      const { work, key, asked, folder } = cell
      isOneGo.set(key, !(await beginCell(folder, { kind: work.kind, key, asked })))
    }
    const context = this.#context(cells)
    const startMs = performance.now()
    for (const { key } of cells) this.#begun.set(key, { ms: startMs, together: cells.length })
    try {
      await workOn(cells, context)
    } catch (error) {
      if (this.#isStopping) return
      return this.#fail(cells, error)
    }
    const seconds = Math.round(performance.now() - startMs) / 1000 / cells.length
    for (const cell of cells) {
      const { work, key, folder } = cell
      const scorer = work.kind === 'run' ? scorerOf(work.task.task) : null
      const { threads } = context
      await finishCell(folder, {
        at: new Date().toISOString(),
        seconds,
        threads,
        isOneGo: isOneGo.get(key)!,
        scorer,
      })
      this.#progress.set(key, 'done')
      if (isOneGo.get(key)) this.#seconds.set(key, seconds)
      onEvent?.({ kind: 'done', cell, seconds, overall: () => this.#overall() })
    }
  }

  async #fail(cells: readonly Cell[], error: unknown): Promise<void> {
    // Of several it is not known which one: each is tried alone.
    if (cells.length > 1) {
      for (const { key } of cells) {
        this.#single.add(key)
        this.#progress.set(key, 'waiting')
      }
      return
    }
    const [cell] = cells as readonly [Cell]
    const isUser = error instanceof UserError
    // Of a fault in a thread the message is its stack.
    const [message] = (error instanceof Error ? error.message : String(error)).split('\n') as [string]
    const hint = isUser ? (error.hint ?? null) : null
    const stack = isUser ? null : ((error as Error | null)?.stack ?? null)
    const isFailedCheck = error instanceof FailedCheckError
    await failCell(cell.folder, { at: new Date().toISOString(), message, hint, stack, isFailedCheck })
    this.#progress.set(cell.key, 'failed')
    this.#options.onEvent?.({ kind: 'failed', cell, message, hint })
  }

  #context(cells: readonly Cell[]): CellContext {
    const { file, folder, sides, texts } = this.#plan
    const { cacheFolder, env, onEvent, onWait } = this.#options
    const [cell] = cells as readonly [Cell]
    const [base] = sides
    return {
      cacheFolder,
      env,
      study: file.study,
      base: base!.kind === 'model' ? base!.spec : null,
      texts: texts?.specs ?? [],
      threads: isSmall(cell) ? 1 : (file.study.threads ?? this.#lanes),
      folderOf: (key) => cellFolder(folder, key),
      openJudge: () => this.#judge.open(),
      ...(isSmall(cell) ? { openEngine: (options) => this.#engines.open(options) } : {}),
      verdicts: this.#verdicts,
      onProgress: (what, done, total) =>
        onEvent?.({ kind: 'progress', cell, what, done, total, overall: () => this.#overall() }),
      onNote: (text) => {
        if (!this.#notes.has(text)) onEvent?.({ kind: 'note', cell, text })
        this.#notes.add(text)
      },
      ...(onWait ? { onWait } : {}),
    }
  }

  #overall(): Overall {
    const { cells } = this.#plan
    const done = cells.filter(({ key }) => this.#progress.get(key) === 'done')
    const rates = measuredRates(
      done.flatMap(({ key, cost }) => {
        const seconds = this.#seconds.get(key)
        return seconds === undefined ? [] : [{ cost, seconds }]
      }),
    )
    const missing = cells.filter(({ key }) => ['waiting', 'running'].includes(this.#progress.get(key)!))
    const left = timeLeft(
      missing.map((cell) => ({ cost: cell.cost, isSmall: isSmall(cell), elapsed: this.#elapsed(cell) })),
      rates,
      this.#lanes,
    )
    return { done: done.length, total: cells.length, left }
  }

  /** Seconds that a running cell has had, of several in one go an equal share. */
  #elapsed({ key }: Cell): number {
    const begun = this.#begun.get(key)
    if (!begun || this.#progress.get(key) !== 'running') return 0
    return (performance.now() - begun.ms) / 1000 / begun.together
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forgetHook()
    await this.#engines[Symbol.asyncDispose]()
    await this.#judge[Symbol.asyncDispose]()
  }
}
