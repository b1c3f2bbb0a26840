import { afterEach, describe, expect, it } from 'vitest'
import type { Verdict } from '../schema/judge.ts'
import type { WorkerEvents } from './channel.ts'
import type { Job } from './judgingThread.ts'
import { Pool } from './pool.ts'

/** A worker made of a function: what it does with each job. Programs are names here. */
type Behaviour = (program: string, job: Job) => Verdict | { recycle: Verdict } | 'die' | 'hang'

interface Started {
  id: number
  programs: string[]
  killed: boolean
}

const PASS: Verdict = { class: 'pass', wallMs: 1 }
const TIMEOUT: Verdict = { class: 'timeout', wallMs: 10 }
const PROBLEM = { prompt: '', entryPoint: 'f', test: '' }
const LIMITS = { wallMs: 10, retryWallMs: 30 }

let pool: Pool
afterEach(() => pool.close())

function open(
  behave: Behaviour,
  options: {
    workers?: number
    limits?: typeof LIMITS
    boot?: (id: number) => 'ready' | 'die' | 'broken'
  } = {},
) {
  const started: Started[] = []
  const log: string[] = []
  let running = 0
  const start = (events: WorkerEvents) => {
    const worker: Started = { id: started.length, programs: [], killed: false }
    started.push(worker)
    const tell = (what: () => void, delayMs = 1): void => void setTimeout(what, delayMs)
    const boot = options.boot?.(worker.id) ?? 'ready'
    tell(() => {
      if (boot === 'die') events.end({ reason: 'it ended while it booted', outOfMemory: false })
      else events.message(boot === 'ready' ? { kind: 'ready' } : { kind: 'broken', message: 'no image' })
    })
    return {
      send(job: Job) {
        const name = job.program.startsWith('def f(x)') ? 'control' : job.program
        worker.programs.push(name)
        running++
        log.push(`${name}${running > 1 ? '+' : ''}@${job.wallMs}`)
        const act = behave(name, job)
        if (act === 'hang') return
        tell(() => {
          running--
          if (worker.killed) return
          if (act === 'die') return events.end({ reason: 'killed by the system', outOfMemory: false })
          if ('recycle' in act) return events.message({ kind: 'result', verdict: act.recycle, recycle: true })
          events.message({ kind: 'result', verdict: act, recycle: false })
        }, 3)
      },
      async kill() {
        if (worker.killed) return
        worker.killed = true
        if (worker.programs.length > 0) running = Math.max(0, running - 1)
      },
    }
  }
  pool = new Pool({ workers: options.workers ?? 2, limits: options.limits ?? LIMITS, start, graceMs: 40 })
  return { started, log }
}

const judge = (program: string): Promise<Verdict> => pool.judge(program, PROBLEM)

describe('a pool of workers', () => {
  it('judges everything, on all workers', async () => {
    const { started } = open(() => PASS)
    const verdicts = await Promise.all(Array.from({ length: 20 }, (_, i) => judge(`p${i}`)))
    expect(verdicts.every((verdict) => verdict.class === 'pass')).toBe(true)
    expect(started.map((worker) => worker.programs.length).sort()).not.toContain(0)
  })

  it('starts one worker at first, and the others once two programs wait', async () => {
    const { started } = open(() => PASS, { workers: 3 })
    for (const name of ['a', 'b', 'c']) await judge(name)
    expect(started).toHaveLength(1)
    await Promise.all(Array.from({ length: 9 }, (_, i) => judge(`p${i}`)))
    expect(started).toHaveLength(3)
  })

  it('judges on with those that could be started', async () => {
    const { started } = open(() => PASS, {
      workers: 3,
      boot: (id) => {
        if (id % 2 === 1) throw new Error('too many open files')
        return 'ready'
      },
    })
    const verdicts = await Promise.all(Array.from({ length: 9 }, (_, i) => judge(`p${i}`)))
    expect(verdicts).toEqual(verdicts.map(() => PASS))
    expect(started.length).toBeGreaterThan(1)
  })

  it('tries a time-out again alone, with the longer limit, after the others', async () => {
    const { log } = open((name, job) => (name.startsWith('slow') && job.wallMs === 10 ? TIMEOUT : PASS))
    const names = ['slow1', 'a', 'b', 'slow2', 'c', 'd']
    const verdicts = await Promise.all(names.map(judge))
    expect(verdicts).toEqual(names.map(() => PASS))
    expect(log.slice(-2)).toEqual(['slow1@30', 'slow2@30']) // no + : nothing else was running
  })
  it('counts a time-out when the second try is one too', async () => {
    const { log } = open(() => TIMEOUT)
    expect(await judge('loop')).toEqual(TIMEOUT)
    expect(log).toEqual(['loop@10', 'loop@30'])
  })
  it('makes no second try when that has no time', async () => {
    const { log } = open(() => TIMEOUT, { limits: { wallMs: 10, retryWallMs: 0 } })
    expect((await judge('loop')).class).toBe('timeout')
    expect(log).toEqual(['loop@10'])
  })
  it('lets programs that arrive later go before a second try', async () => {
    const { log } = open((name, job) => (name === 'slow' && job.wallMs === 10 ? TIMEOUT : PASS), {
      workers: 1,
    })
    const slow = judge('slow')
    await judge('a').then(() => judge('b'))
    await slow
    expect(log[0]).toBe('slow@10')
    expect(log.at(-1)).toBe('slow@30')
  })

  it('replaces a worker that asks for it', async () => {
    const { started } = open(() => ({ recycle: PASS }), { workers: 1 })
    await judge('hog')
    await judge('next')
    expect(started.map((worker) => worker.programs)).toEqual([['hog'], ['next'], []].slice(0, started.length))
    expect(started[0]!.killed).toBe(true)
  })

  it('tries a program whose worker died once more, in a fresh worker', async () => {
    let tries = 0
    const { started } = open((name) => (name === 'unlucky' && tries++ === 0 ? 'die' : PASS), { workers: 1 })
    expect(await judge('unlucky')).toEqual(PASS)
    expect(started.length).toBe(2)
  })
  it('blames the program that ends its worker twice while a plain program passes', async () => {
    const { log } = open((name) => (name === 'killer' ? 'die' : PASS))
    const [killer, other] = await Promise.all([judge('killer'), judge('other')])
    expect(killer).toMatchObject({
      class: 'limit',
      exception: 'InterpreterCrash',
      message: 'killed by the system',
    })
    expect(other).toEqual(PASS)
    expect(log.filter((line) => line.startsWith('killer'))).toEqual([expect.any(String), 'killer@10'])
    expect(log.at(-1)).toBe('control@30000')
  })
  it('blames nobody when a plain program ends the worker as well', async () => {
    open(() => 'die', { workers: 1 })
    expect(await judge('x')).toMatchObject({ class: 'unjudged', message: 'killed by the system' })
  })

  it('ends a worker that does not answer, and takes it for a time-out', async () => {
    const { started } = open((name, job) => (name === 'stuck' && job.wallMs === 10 ? 'hang' : PASS))
    expect(await Promise.all([judge('stuck'), judge('a'), judge('b')])).toEqual([PASS, PASS, PASS])
    expect(started.filter((worker) => worker.killed).length).toBe(1)
    await pool.close()
    open(() => 'hang', { workers: 1 })
    expect(await judge('stuck')).toMatchObject({ class: 'timeout' })
  })

  it('goes on with the workers that start', async () => {
    open(() => PASS, { boot: (id) => (id % 2 === 0 ? 'ready' : 'die') })
    await pool.ready
    expect((await Promise.all(['a', 'b', 'c'].map(judge))).map((verdict) => verdict.class)).toEqual([
      'pass',
      'pass',
      'pass',
    ])
  })
  it.each(['die', 'broken'] as const)('says so when no worker starts (%s)', async (boot) => {
    open(() => PASS, { workers: 1, boot: () => boot })
    const waiting = judge('early')
    await expect(pool.ready).rejects.toThrow(/no worker of the sandbox could be started/)
    expect(await waiting).toMatchObject({ class: 'unjudged' })
    expect(await judge('late')).toMatchObject({ class: 'unjudged' })
  })

  it('gives every program a verdict when it is closed', async () => {
    open((name) => (name === 'slow' ? 'hang' : PASS), { workers: 1 })
    await pool.ready
    const verdicts = ['slow', 'a', 'b'].map(judge)
    await pool.close()
    for (const verdict of await Promise.all(verdicts)) {
      expect(verdict).toEqual({ class: 'unjudged', message: 'the sandbox was closed', wallMs: 0 })
    }
  })
})
