// The sides of a comparison on one task, read and judged: what comparing starts from.
import type { Task } from '../schema/problem.ts'
import type { RunFacts, Scores } from './answers.ts'
import type { RuleScores } from './ruleSensitivity.ts'

/** One side of a comparison: what its log says, its scores, and its scores under all rules where it was executed. */
export interface Side {
  name: string
  facts: RunFacts
  scores: Scores
  rules: RuleScores | null
}

export interface TaskSides {
  /** Name of the task, or of what the logs share. */
  name: string
  metric: string
  /** The problems, where answers were judged here. */
  task: Task | null
  base: Side
  variants: Side[]
}
