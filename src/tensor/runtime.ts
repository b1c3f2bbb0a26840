// Loads onnxruntime-node, which is an optional dependency: a clear refusal where it is not there.
import type { InferenceSession } from 'onnxruntime-node'
import { UserError } from '../util/errors.ts'

export type Runtime = typeof import('onnxruntime-node')

let loaded: Promise<Runtime> | undefined

/** The module, loaded once. Absent: UserError with the line to type. */
export function loadRuntime(): Promise<Runtime> {
  loaded ??= orRefusal(() => import('onnxruntime-node'))
  return loaded
}

/** What `load` gives; where it fails, a refusal that the user can mend. */
export async function orRefusal(load: () => Promise<Runtime>): Promise<Runtime> {
  try {
    return await load()
  } catch (cause) {
    throw new UserError(
      'Spectra and products of matrices need onnxruntime-node, which could not be loaded here.',
      {
        hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
        cause,
      },
    )
  }
}

/**
 * Options of every session: threads that sleep when idle (spinning would burn the processor between small products),
 * errors only. An arena keeps the memory of the largest run for the next one: worth it where the same program runs
 * again and again (6 % of the CPU time of a forward pass), a waste where sizes differ. A memory pattern plans a run as one
 * block: without it several programs that take turns give what they held back to each other (150 MB of 985 in training,
 * at the same speed).
 */
export function sessionOptions(
  threads: number,
  { hasArena, hasPattern = true }: { hasArena: boolean; hasPattern?: boolean },
): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: hasArena,
    enableMemPattern: hasPattern,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }
}
