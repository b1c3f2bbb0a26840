// The run folder's contract: run.json, samples.jsonl, outcomes.jsonl, and calls.jsonl where the answers were made here.
import { z } from 'zod'
import { OUTCOME_CLASSES } from './outcomes.ts'
import { taskRefSchema } from './problem.ts'

/** How a raw answer becomes a program. Applied after the fact; raw answers are kept. */
export const RULES = [
  'prompt+body',
  'program',
  'typing+program',
  'prelude+program',
  'header+program',
  'fenced',
  'body-or-program',
] as const
export const ruleSchema = z.enum(RULES)
export type Rule = z.infer<typeof ruleSchema>

/** How a sample was scored: under an assembly rule, or as it is, by the task's scorer. */
export const outcomeRuleSchema = z.enum([...RULES, 'answer'])
export type OutcomeRule = z.infer<typeof outcomeRuleSchema>

/** What judging a sample gave. */
export const outcomeClassSchema = z.enum(OUTCOME_CLASSES)

/** A name with how it is known: it stood in the log, the user stated it, or nobody knows (then name is null). */
export const namedSourceSchema = z.strictObject({
  name: z.string().nullable(),
  source: z.enum(['recorded', 'stated', 'unknown']),
})
export type NamedSource = z.infer<typeof namedSourceSchema>

/** A row of the source file that did not become a sample. `line` is 1-based. */
export const skippedRowSchema = z.strictObject({ line: z.number().int(), reason: z.string() })
export type SkippedRow = z.infer<typeof skippedRowSchema>

export const RUN_SCHEMA = 2

/** Of a run whose answers were recorded by another tool. */
const importSchema = z.strictObject({
  format: z.string(),
  /** The log's own name of its task, where it has one. */
  task: z.string().nullable(),
  path: z.string(),
  /** SHA-256 of the imported file's bytes. */
  identity: z.string(),
  rows: z.number().int(),
  samples: z.number().int(),
  skipped: z.array(skippedRowSchema),
  /** Problems of the task that have no sample. */
  missing: z.array(z.string()),
})

/** Of a run whose answers are made here: who is asked, and how. */
const askedSchema = z.strictObject({
  model: z.strictObject({
    /** As the user wrote it. */
    spec: z.string(),
    /** SHA-256 of contents. */
    identity: z.string(),
    /** What is done to the files on load, in words; null where nothing is. */
    note: z.string().nullable(),
  }),
  engine: z.strictObject({ name: z.string(), settings: z.record(z.string(), z.string()) }),
  /** In the model's own chat template. */
  isChat: z.boolean(),
  asking: z.strictObject({
    maxTokens: z.number().int(),
    temperature: z.number(),
    topP: z.number(),
    stops: z.array(z.string()),
  }),
  /** From which the seed of each answer is made. */
  seed: z.number().int(),
  /** Answers to each problem. */
  repeats: z.number().int(),
  /** Only the first problems of the task; null: all. */
  limit: z.number().int().nullable(),
  /** Answers that there are when it is finished. */
  samples: z.number().int(),
})

export const runSchema = z.strictObject({
  schema: z.literal(RUN_SCHEMA),
  name: z.string(),
  createdAt: z.string(),
  model: namedSourceSchema,
  solver: namedSourceSchema,
  /** Path of the run whose answers the solver began from, as the user stated it. */
  startFrom: z.string().optional(),
  task: taskRefSchema,
  /** How answers are judged: `execute` runs assembled programs, `answer` asks the task's scorer, `recorded` takes the log's own score. */
  scoring: z.enum(['execute', 'answer', 'recorded']),
  /** Default assembly rule with its reason; null where nothing is executed. */
  rule: z.strictObject({ name: ruleSchema, reason: z.string() }).nullable(),
  /** Name of the recorded score (the metric and filter, or the column); null where answers are judged here. */
  metric: z.string().nullable(),
  /** Protocol keys (prompt, template, stops, limits, engine, seeds ...); null means not recorded. */
  fingerprint: z.record(z.string(), z.string().nullable()),
  seeds: z.array(z.number().int()),
  versions: z.record(z.string(), z.string()),
  /** One of the two is null. */
  import: importSchema.nullable(),
  asked: askedSchema.nullable(),
})
export type Run = z.infer<typeof runSchema>

/** Answers that a run holds when nothing is missing. */
export const samplesOf = (run: Run): number => run.import?.samples ?? run.asked!.samples

export const attemptSchema = z.strictObject({
  /** Absent where the log keeps what was said of an attempt but not the attempt. */
  program: z.string().optional(),
  feedback: z.string().optional(),
  reflection: z.string().optional(),
  tokens: z.number().optional(),
})
export type Attempt = z.infer<typeof attemptSchema>

export const sampleSchema = z.strictObject({
  /** `problem#repeat`. */
  id: z.string(),
  problem: z.string(),
  repeat: z.number().int().nonnegative(),
  /** The answer as recorded, before any rule. */
  raw: z.string(),
  /** Whether the log says that this answer passed. */
  claimed: z.boolean().optional(),
  /** The log's own score, where nothing is executed. */
  recordedScore: z.number().optional(),
  /** Of each choice, in the order of the problem: sum of ln p of its tokens, in nats. The answer as recorded is the most probable one. */
  choices: z.array(z.strictObject({ logProb: z.number(), tokens: z.number().int() })).optional(),
  visibleTests: z.array(z.string()).optional(),
  attempts: z.array(attemptSchema).optional(),
  /** Why there is no answer. */
  error: z.string().optional(),
})
export type Sample = z.infer<typeof sampleSchema>

export const sampleId = (problem: string, repeat: number): string => `${problem}#${repeat}`

export const outcomeSchema = z.strictObject({
  sample: z.string(),
  rule: outcomeRuleSchema,
  /** Hash of back end, version, mode and limits; of scorer and version. */
  judge: z.string(),
  /** SHA-256 of what was judged: the assembled program and the problem's tests, or the answer and what is right. Empty where the rule found no program. */
  programHash: z.string(),
  class: outcomeClassSchema,
  /** Python exception class, where one ended the program. */
  exception: z.string().optional(),
  /** First line of the exception's text, for people. */
  message: z.string().optional(),
  wallMs: z.number(),
  cpuMs: z.number().optional(),
  /** The WASM import that the program tried to use and was refused. */
  deniedImport: z.string().optional(),
  /** The second wall around the interpreter. Recorded, not hashed: outcomes are equal under each. Absent where nothing is executed. */
  wall: z.enum(['none', 'bwrap', 'node']).optional(),
})
export type Outcome = z.infer<typeof outcomeSchema>

/** What executes programs. */
const sandboxRecordSchema = z.strictObject({
  id: z.string(),
  /** Name and version, such as `pyodide 314.0.7`. */
  backend: z.string(),
  mode: z.enum(['two', 'single']),
  limits: z.strictObject({
    wallMs: z.number(),
    retryWallMs: z.number(),
    memoryMb: z.number(),
    outputBytes: z.number(),
  }),
})

/** What scores answers as they are. */
const scorerRecordSchema = z.strictObject({
  id: z.string(),
  /** Kind and options. */
  scorer: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  version: z.number().int(),
})

/** What a judge's hash stands for; a row of judges.jsonl for each judge that a run holds outcomes of. */
export const judgeRecordSchema = z.union([sandboxRecordSchema, scorerRecordSchema])
export type JudgeRecord = z.infer<typeof judgeRecordSchema>
