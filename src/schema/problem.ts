// Tasks as everything after the reading of their files sees them: problems, how they are asked, and how an answer is scored.
import { z } from 'zod'

/** A function to complete and the hidden tests that judge it, as HumanEval has them. */
export interface CodeProblem {
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

/** A text to answer with a text. */
export interface TextProblem {
  id: string
  prompt: string
  /** Any of them is right. Of a regex without a column of answers: none. */
  targets: readonly string[]
}

/** A choice among continuations of the prompt, made by their log-probabilities. */
export interface ChoiceProblem {
  id: string
  prompt: string
  /** As they stand behind the prompt, the task's delimiter in front. */
  choices: readonly string[]
  /** Index of the right one. */
  answer: number
}

/** How a text is scored. Options of one scorer stand beside its kind. */
export const textScorerSchema = z.discriminatedUnion('kind', [
  /** Equal to a target, white space at the ends aside. */
  z.strictObject({ kind: z.literal('exact'), ignoreCase: z.boolean().default(false) }),
  /** The last number in the answer (or the first) is that of a target. */
  z.strictObject({
    kind: z.literal('numeric'),
    take: z.enum(['first', 'last']).default('last'),
    /** Absolute difference that is let through. */
    tolerance: z.number().nonnegative().default(0),
  }),
  z.strictObject({ kind: z.literal('contains'), ignoreCase: z.boolean().default(false) }),
  /** JavaScript's syntax. With a group, what it holds is compared with the targets; else a match is right. */
  z.strictObject({ kind: z.literal('regex'), pattern: z.string(), flags: z.string().default('') }),
  /** The first JSON value in the answer equals a target's, whatever the order of keys. */
  z.strictObject({ kind: z.literal('json') }),
])
export type TextScorer = z.infer<typeof textScorerSchema>

/** By what a choice's log-probability is divided. In lm-eval: acc, acc_norm (characters) and acc_bytes. */
export const normaliseSchema = z.enum(['none', 'characters', 'bytes', 'tokens'])
export type Normalise = z.infer<typeof normaliseSchema>

/** How a model is asked; in the fingerprint of a run. */
export interface Asking {
  maxTokens: number
  /** 0: greedy. */
  temperature: number
  topP: number
  /** An answer ends before any of them. */
  stops: readonly string[]
}

interface TaskCommon {
  name: string
  /** SHA-256 over what is asked and what is right: problems as they are rendered. A changed scorer is not another identity. */
  identity: string
  /** Where the task was read from. */
  path: string
  asking: Asking
  /** Said before the prompt where a chat template is used. */
  system?: string
}

export interface CodeTask extends TaskCommon {
  kind: 'code'
  problems: ReadonlyMap<string, CodeProblem>
}
export interface TextTask extends TaskCommon {
  kind: 'text'
  scorer: TextScorer
  problems: ReadonlyMap<string, TextProblem>
}
export interface ChoiceTask extends TaskCommon {
  kind: 'choice'
  /** In front of each choice; its length is not counted when scores are normalised (lm-eval's target_delimiter). */
  delimiter: string
  normalise: Normalise
  problems: ReadonlyMap<string, ChoiceProblem>
}
export type Task = CodeTask | TextTask | ChoiceTask

/** What a run folder says about its task. `identity` and `path` are null where the log alone defines the task. */
export const taskRefSchema = z.strictObject({
  name: z.string(),
  identity: z.string().nullable(),
  path: z.string().nullable(),
})
