// The interface between whoever has questions and whoever makes a model answer them. One implementation a file.
import type { AnswerRequest, ChatMessage } from '../schema/engine.ts'
import type { Asking, ChoiceProblem, CodeProblem, Task, TextProblem } from '../schema/problem.ts'
import type { Sample } from '../schema/run.ts'

/** A problem to answer once. */
export interface Question {
  /** `problem#repeat`. */
  id: string
  repeat: number
  problem: CodeProblem | TextProblem | ChoiceProblem
}

/** What a solver makes of a question: a sample but for the question itself. */
export type Solved = Omit<Sample, 'id' | 'problem' | 'repeat'>

/** A model that is asked for a sample; each request and reply is recorded, and what is known is not asked again. */
export interface Asker {
  renderChat(messages: readonly ChatMessage[]): Promise<string>
  answer(
    requests: readonly (AnswerRequest & { sample: string })[],
    onDone: (index: number, answer: { text: string } | { refused: string }) => Promise<void>,
  ): Promise<void>
  /** Log-probabilities of choices behind a prompt. */
  scoreChoices(
    requests: readonly { sample: string; prompt: string; isRendered: boolean; choices: readonly string[] }[],
    onDone: (
      index: number,
      scores: { scores: { logProb: number; tokens: number }[] } | { refused: string },
    ) => Promise<void>,
  ): Promise<void>
}

export interface SolverContext {
  asker: Asker
  task: Task
  isChat: boolean
  /** As the run has it, which may not be as the task has it. */
  asking: Asking
  /** Of a question's own random stream: the same for every model. */
  seedOf(question: Question): number
  /** As answers come, in whatever order. */
  onSolved(question: Question, solved: Solved): Promise<void>
}

export interface Solver {
  readonly name: string
  solve(questions: readonly Question[], context: SolverContext): Promise<void>
}

/** Solvers that call the model once an answer; logs may call them so. */
const PLAIN: readonly (string | null)[] = ['direct', 'repeated', 'plain']

export const isPlain = (solver: string | null): boolean => PLAIN.includes(solver)

/** It calls the model more than once an answer. Of a solver that nobody knows nothing is said. */
export const isScaffold = (solver: string | null): boolean => solver !== null && !isPlain(solver)
