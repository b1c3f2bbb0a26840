// The interface between whoever has programs and whoever runs them.

import type { OutcomeClass } from './outcomes.ts'
import type { CodeProblem } from './problem.ts'

/** What a program may use. */
export interface Limits {
  /** Wall time of one answer, all its tests together. */
  wallMs: number
  /** Wall time of the second try, alone and warm, that a time-out gets before it counts; 0: no second try. */
  retryWallMs: number
  memoryMb: number
  /** Bytes of stdout and stderr that are kept; more is dropped. */
  outputBytes: number
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  wallMs: 10_000,
  retryWallMs: 30_000,
  memoryMb: 512,
  outputBytes: 65_536,
}

/** `two`: a trusted interpreter runs the tests, an untrusted one the answer. `single`: both in one namespace, as the official harness does. */
export type JudgeMode = 'two' | 'single'

/** The second wall around the interpreters. */
export type Wall = 'none' | 'bwrap' | 'node'

/** What happened to one program. */
export interface Verdict {
  class: OutcomeClass
  /** Python exception class name. */
  exception?: string
  /** First line of the exception's text or of our own explanation, at most 200 characters; for people, not compared. */
  message?: string
  /** Start of what the program printed (stdout and stderr), at most `outputBytes`. */
  output?: string
  wallMs: number
  /** CPU time of the judging thread; absent where the system does not tell. */
  cpuMs?: number
  deniedImport?: string
}

/** A pool of interpreters that judges programs. */
export interface Judge extends AsyncDisposable {
  /** Hash of back end, version, mode and limits: the `judge` of an outcome's key. */
  readonly id: string
  /** Name and version of what executes, such as `pyodide 314.0.7`. */
  readonly backend: string
  readonly mode: JudgeMode
  readonly limits: Readonly<Limits>
  readonly wall: Wall
  /** How many programs are judged at once; callers keep at most a few times as many promises open. */
  readonly workers: number
  /**
   * Runs `program` (complete source text) against `problem.test` and says what happened. Never rejects for
   * what the program did; a fault of ours resolves to `unjudged`. Rejects where no interpreter can be started.
   */
  judge(
    program: string,
    problem: Pick<CodeProblem, 'id' | 'prompt' | 'entryPoint' | 'test'>,
  ): Promise<Verdict>
}
