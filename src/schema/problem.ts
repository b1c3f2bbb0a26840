// A task's problems in HumanEval's format, and the identity of the task they belong to.
import { z } from 'zod'

/** One problem: a function to complete and the hidden tests that judge it. */
export interface Problem {
  id: string
  /** Source up to and including the docstring of the function to write; ends in a newline. */
  prompt: string
  /** Name of the function that the tests call. */
  entryPoint: string
  /** Python source that defines `check(candidate)`. */
  test: string
  /** Body of the reference solution, where the set has one. */
  canonicalSolution?: string
}

/** Problems with the identity of their contents. */
export interface Task {
  name: string
  /** SHA-256 of the decompressed problem file. */
  identity: string
  /** Where the problems were read from. */
  path: string
  problems: ReadonlyMap<string, Problem>
}

/** What a run folder says about its task. `identity` and `path` are null where the log alone defines the task. */
export const taskRefSchema = z.strictObject({
  name: z.string(),
  identity: z.string().nullable(),
  path: z.string().nullable(),
})
