// A pool of workers that judge programs, each one at a time. It decides what a time-out, a dead worker or a worker
// that does not answer means; it knows nothing of Python.
import type { Limits, Verdict } from '../schema/judge.ts'
import type { WorkerChannel, WorkerEnd, WorkerEvents } from './channel.ts'
import type { Job } from './judgingThread.ts'
import type { WorkerMessage } from './worker.ts'

export interface PoolOptions {
  /** One is started at first, the others once two programs wait. */
  workers: number
  /** With `retryWallMs` 0 a time-out gets no second try. */
  limits: Pick<Limits, 'wallMs' | 'retryWallMs'>
  start(events: WorkerEvents): WorkerChannel
  /** How much later than its limit a worker may answer before it is killed: it should have stopped by itself. */
  graceMs?: number
}

/** One program on its way. */
interface Task {
  job: Job
  resolve(verdict: Verdict): void
  /** It has had its first try: the next one runs alone, nothing else running in the pool. */
  tried: boolean
  /** Worker ends while it ran. */
  deaths: WorkerEnd[]
  /** Not a program of the caller's: it finds out whether workers still work. */
  control?: boolean
}

interface Slot {
  channel: WorkerChannel
  ready: boolean
  task?: Task
  timer: NodeJS.Timeout | undefined
}

const GRACE_MS = 5000
const BOOT_MS = 120_000
const MAX_BOOT_FAILURES = 3
const MAX_REASON_CHARS = 200
/** Of a worker that could not be started. */
const NO_CHANNEL: WorkerChannel = { send: () => {}, kill: async () => {} }

// A program that nothing can be wrong with: decides who is to blame for two dead workers.
const CONTROL: Job = {
  program: 'def f(x):\n    return x + 1\n',
  problem: { prompt: '', entryPoint: 'f', test: 'def check(candidate):\n    assert candidate(1) == 2\n' },
  wallMs: 30_000,
}

export class Pool {
  /** Resolves when the first worker is ready; rejects when none can be started. */
  readonly ready: Promise<void>
  readonly #options: PoolOptions
  readonly #slots = new Set<Slot>()
  readonly #queue: Task[] = []
  /**
   * Second tries, run one by one when the queue is empty: so the other workers pause once, not once for every
   * time-out, and no program waits for another's second try.
   */
  readonly #again: Task[] = []
  #alone = false
  #isGrown = false
  #bootFailures = 0
  /** Set when nothing is judged any more: why. */
  #over: string | undefined
  #isReady: () => void = () => {}
  #isBroken: (error: Error) => void = () => {}

  constructor(options: PoolOptions) {
    this.#options = options
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve
      this.#isBroken = reject
    })
    this.ready.catch(() => {}) // the verdicts tell as well
    this.#addSlot()
  }

  judge(program: string, problem: Job['problem']): Promise<Verdict> {
    return new Promise((resolve) => {
      const job = { program, problem, wallMs: this.#options.limits.wallMs }
      this.#queue.push({ job, resolve, tried: false, deaths: [] })
      this.#advance()
    })
  }

  async close(): Promise<void> {
    this.#stop('the sandbox was closed')
    await Promise.all([...this.#slots].map((slot) => slot.channel.kill()))
    this.#slots.clear()
  }

  /** The other workers, once two programs wait: each takes a second of a core to start. */
  #grow(): void {
    if (this.#isGrown || this.#queue.length < 2) return
    this.#isGrown = true
    for (let i = 1; i < this.#options.workers; i++) this.#addSlot()
  }

  #addSlot(): void {
    const slot: Slot = { ready: false, timer: undefined, channel: undefined as unknown as WorkerChannel }
    slot.timer = setTimeout(
      () => this.#lose(slot, { reason: 'a worker did not start', outOfMemory: false }),
      BOOT_MS,
    )
    this.#slots.add(slot)
    try {
      slot.channel = this.#options.start({
        message: (message) => this.#hear(slot, message),
        end: (end) => this.#lose(slot, end),
      })
    } catch (error) {
      slot.channel = NO_CHANNEL
      setImmediate(() => this.#lose(slot, { reason: String(error), outOfMemory: false }))
    }
  }

  #hear(slot: Slot, message: WorkerMessage): void {
    if (!this.#slots.has(slot)) return
    if (message.kind === 'broken') {
      this.#lose(slot, { reason: message.message, outOfMemory: false })
      return
    }
    const task = this.#release(slot)
    if (message.kind === 'ready') {
      slot.ready = true
      this.#bootFailures = 0
      this.#isReady()
    } else {
      if (message.recycle) this.#drop(slot)
      if (task) this.#settle(task, message.verdict)
    }
    if (this.#queue.length > 0) this.#advance()
    else setImmediate(() => this.#advance()) // the caller may hand in the next program now
  }

  /** Takes the task from a worker. */
  #release(slot: Slot): Task | undefined {
    const { task } = slot
    clearTimeout(slot.timer)
    delete slot.task
    if (task) this.#alone = false
    return task
  }

  /** Ends a worker; another takes its place unless the pool is over. */
  #drop(slot: Slot): void {
    this.#slots.delete(slot)
    void slot.channel.kill()
    if (this.#over === undefined) this.#addSlot()
  }

  /** A worker is gone, or as good as gone. */
  #lose(slot: Slot, end: WorkerEnd): void {
    if (!this.#slots.has(slot) || this.#over !== undefined) return
    const task = this.#release(slot)
    if (!slot.ready && ++this.#bootFailures >= MAX_BOOT_FAILURES) {
      this.#slots.delete(slot)
      void slot.channel.kill()
      if (this.#slots.size === 0) this.#giveUp(end)
      return
    }
    this.#drop(slot)
    if (task) this.#died(task, end)
    this.#advance()
  }

  #died(task: Task, end: WorkerEnd): void {
    task.deaths.push(end)
    task.tried = true
    if (task.control) task.resolve(unjudged(end.reason))
    else if (task.deaths.length < 2) this.#again.push(task)
    else void this.#blame(task)
  }

  /** A program that ended two workers, the second time alone, is to blame if a plain program still runs. */
  async #blame(task: Task): Promise<void> {
    const control = await new Promise<Verdict>((resolve) => {
      this.#again.unshift({ job: CONTROL, resolve, tried: true, deaths: [], control: true })
      this.#advance()
    })
    const end = task.deaths.at(-1)!
    if (control.class !== 'pass') return task.resolve(unjudged(end.reason))
    const exception = end.outOfMemory ? 'MemoryError' : 'InterpreterCrash'
    task.resolve({ class: 'limit', exception, message: end.reason.slice(0, MAX_REASON_CHARS), wallMs: 0 })
  }

  #settle(task: Task, verdict: Verdict): void {
    const { wallMs, retryWallMs } = this.#options.limits
    if (verdict.class !== 'timeout' || task.tried || retryWallMs === 0) {
      task.resolve(verdict)
      return
    }
    task.tried = true
    task.job = { ...task.job, wallMs: Math.max(wallMs, retryWallMs) }
    this.#again.push(task)
  }

  #advance(): void {
    if (this.#over !== undefined) {
      for (const task of [...this.#queue.splice(0), ...this.#again.splice(0)])
        task.resolve(unjudged(this.#over))
      return
    }
    if (this.#alone) return
    this.#grow()
    const idle = [...this.#slots].filter((slot) => slot.ready && !slot.task)
    for (const slot of idle.splice(0, this.#queue.length)) this.#run(slot, this.#queue.shift()!)
    const slot = idle[0]
    const isQuiet = ![...this.#slots].some((other) => other.task)
    if (!slot || !isQuiet || this.#again.length === 0) return
    this.#alone = true
    this.#run(slot, this.#again.shift()!)
  }

  #run(slot: Slot, task: Task): void {
    slot.task = task
    const limitMs = task.job.wallMs + (this.#options.graceMs ?? GRACE_MS)
    slot.timer = setTimeout(() => {
      this.#release(slot)
      this.#drop(slot)
      this.#settle(task, { class: 'timeout', message: 'the worker had to be ended', wallMs: limitMs })
      this.#advance()
    }, limitMs)
    slot.channel.send(task.job)
  }

  #giveUp(end: WorkerEnd): void {
    this.#isBroken(new Error(`no worker of the sandbox could be started: ${end.reason}`))
    this.#stop(end.reason)
  }

  #stop(reason: string): void {
    this.#over ??= reason
    for (const slot of this.#slots) this.#release(slot)?.resolve(unjudged(reason))
    this.#advance()
  }
}

const unjudged = (reason: string): Verdict => ({
  class: 'unjudged',
  message: reason.slice(0, MAX_REASON_CHARS),
  wallMs: 0,
})
