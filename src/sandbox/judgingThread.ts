// What one worker holds: its interpreters, the watchdog around them, warm-up, and the reset after every program.
import { Script } from 'node:vm'
import type { JudgeMode, Verdict } from '../schema/judge.ts'
import type { Failure } from './classify.ts'
import { threadCpuClock } from './cpuClock.ts'
import { type Interpreter, openInterpreter } from './interpreter.ts'
import { type Box, type JudgedProblem, judgeSingle, judgeTwo } from './judgeProgram.ts'
import type { MemoryImage } from './memory.ts'
import { answerFunctions } from './untrusted.ts'
import { WARM_UP } from './warmUp.ts'

export interface ThreadOptions {
  mode: JudgeMode
  pyodideFolder: string
  module: WebAssembly.Module
  image: MemoryImage
  outputBytes: number
}

export interface Job {
  program: string
  problem: JudgedProblem
  wallMs: number
}

export interface JobResult {
  verdict: Verdict
  /** The worker should be replaced: its memory cannot shrink, and clearing it costs every later program. */
  recycle: boolean
}

const WARM_UP_MS = 300
const RECYCLE_ABOVE_BYTES = 128 * 1024 * 1024

/** Boots and warms the interpreters and returns the function that judges. */
export async function openJudgingThread(options: ThreadOptions): Promise<(job: Job) => JobResult> {
  const answer = await openInterpreter(options)
  const tests = options.mode === 'two' ? await openInterpreter(options) : undefined
  const run = judging(answer, tests, options.outputBytes)
  const startMs = performance.now()
  do {
    const { verdict } = run({ ...WARM_UP, wallMs: 60_000 })
    if (verdict.class !== 'pass') throw new Error(`the interpreter is broken: ${JSON.stringify(verdict)}`)
  } while (performance.now() - startMs < WARM_UP_MS)
  return run
}

function judging(
  answer: Interpreter,
  tests: Interpreter | undefined,
  outputBytes: number,
): (job: Job) => JobResult {
  const box: Box = { interpreter: answer, functions: answerFunctions(answer) }
  const trusted = tests && { interpreter: tests, judge: tests.python.mainGlobal('judge') }
  const cpuClock = threadCpuClock()
  const output = keepOutput(outputBytes)
  answer.gate.output = output.add
  return ({ program, problem, wallMs }) => {
    output.clear()
    const cpuStartMs = cpuClock?.() ?? 0
    const startMs = performance.now()
    const result = watched(wallMs, () =>
      trusted ? judgeTwo(box, trusted, program, problem) : judgeSingle(box, program, problem),
    )
    const usedMs = performance.now() - startMs
    const verdict: Verdict = {
      ...(result ?? timedOut(output.dropped())),
      wallMs: usedMs,
      // The system counts in ticks of some milliseconds, so that a short program can seem to use more than its time.
      ...(cpuClock ? { cpuMs: Math.min(usedMs, cpuClock() - cpuStartMs) } : {}),
      ...output.taken(),
      ...(answer.gate.denied === undefined ? {} : { deniedImport: answer.gate.denied }),
    }
    const testsAreSound = tests?.reset() ?? true
    const sound = answer.reset() && testsAreSound // last: the next program starts here, in a warm cache
    const grown = Math.max(answer.grownBytes(), tests?.grownBytes() ?? 0)
    return { verdict, recycle: !sound || grown > RECYCLE_ABOVE_BYTES }
  }
}

function timedOut(outputDropped: boolean): Failure {
  return outputDropped ? { class: 'limit', exception: 'output' } : { class: 'timeout' }
}

// Node wants a script to put a time limit on; the function goes through this variable.
let watchedUse: () => unknown = () => undefined
Object.defineProperty(globalThis, '__tunediffWatched', { value: () => watchedUse() })
const SCRIPT = new Script('__tunediffWatched()')

/**
 * Runs `use` with a time limit and returns undefined when it is over. V8 itself stops the code, C loops included;
 * neither Python nor our own catch and finally blocks see it. One limit covers both interpreters, since the
 * trusted one calls the other on the same stack: a limit of its own for every call would cost a thread each.
 */
function watched<T>(limitMs: number, use: () => T): T | undefined {
  watchedUse = use
  try {
    return SCRIPT.runInThisContext({ timeout: Math.max(1, Math.ceil(limitMs)) }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  }
}

/** Keeps the first `limit` bytes of what is printed. */
function keepOutput(limit: number) {
  let parts: Buffer[] = []
  let kept = 0
  let total = 0
  return {
    add(part: Uint8Array) {
      total += part.length
      if (kept >= limit) return
      const head = Buffer.from(part.subarray(0, limit - kept))
      kept += head.length
      parts.push(head)
    },
    clear() {
      parts = []
      kept = total = 0
    },
    // Not by what was kept: the watchdog can stop `add` half-way.
    dropped: () => total > limit,
    taken: (): { output?: string } => (kept === 0 ? {} : { output: Buffer.concat(parts).toString() }),
  }
}
