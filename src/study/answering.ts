// The work of a run: asks what is missing, and judges answers while others are made.
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { type EmbeddedOptions, openEmbedded } from '../generate/embeddedEngine.ts'
import { judgeRun } from '../measure/outcomes.ts'
import { scoreRun } from '../measure/scoredAnswers.ts'
import type { AnswerEngine } from '../schema/engine.ts'
import type { Judge } from '../schema/judge.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { Task } from '../schema/problem.ts'
import type { Sample } from '../schema/run.ts'
import { openAsker } from '../solve/asker.ts'
import { direct } from '../solve/direct.ts'
import { questionsOf, seedOf } from '../solve/questions.ts'
import type { Question } from '../solve/solver.ts'
import { openAnswers } from '../store/answers.ts'
import type { AskedRunFolder } from '../store/askedRun.ts'
import { readSamples } from '../store/runFolder.ts'
import { Feed } from '../util/feed.ts'
import { sha256, sha256Value } from '../util/hash.ts'
import type { AskedModel } from './askedModel.ts'

export interface Answering {
  folder: AskedRunFolder
  task: Task
  model: AskedModel
  /** Of a code task. */
  judge: Judge | null
  cacheFolder: string
  threads?: number
  openEngine?: (options: EmbeddedOptions) => Promise<AnswerEngine>
  onProgress?: (progress: AnswersProgress) => void
}

export interface AnswersProgress {
  answered: number
  /** When the work began. */
  missing: number
  judged: number
  passed: number
}

export interface AnswerCounts {
  /** Requests that the model got now, and those whose replies were known. */
  asked: number
  cached: number
  /** That it made or scored now. */
  tokens: number
  /** Of all answers of the run. */
  classes: Partial<Record<OutcomeClass, number>>
}

export async function answerAndJudge(work: Answering): Promise<AnswerCounts> {
  const { folder, task, onProgress } = work
  const { limit, repeats } = folder.run.asked!
  const missing = questionsOf(task, limit, repeats).filter(({ id }) => !folder.done.has(id))
  const progress = { answered: 0, missing: missing.length, judged: 0, passed: 0 }
  onProgress?.(progress)
  const counts: AnswerCounts = { asked: 0, cached: 0, tokens: 0, classes: {} }
  const samples = new Feed<Sample>()
  const stop = new AbortController()
  const judging = judgeAsTheyCome(work, samples, (found) => {
    progress.judged++
    if (found === 'pass') progress.passed++
    onProgress?.(progress)
  })
  const asking = { missing, samples, counts, progress, signal: stop.signal }
  const answering = answer(work, asking).finally(() => samples.end())
  try {
    const [{ classes }] = await Promise.all([judging, answering])
    return { ...counts, classes }
  } catch (error) {
    stop.abort()
    await Promise.allSettled([judging, answering])
    throw error
  }
}

function judgeAsTheyCome(
  { folder, task, judge }: Answering,
  samples: AsyncIterable<Sample>,
  onSample: (found: OutcomeClass) => void,
): Promise<{ classes: AnswerCounts['classes'] }> {
  const common = { folder: folder.path, run: folder.run, samples, isLocked: true, onSample }
  if (task.kind !== 'code') return scoreRun({ ...common, task })
  return judgeRun({ ...common, task, judge: judge!, rules: [folder.run.rule!.name] })
}

interface Asking {
  missing: readonly Question[]
  samples: Feed<Sample>
  counts: AnswerCounts
  progress: AnswersProgress
  signal: AbortSignal
}

async function answer(
  work: Answering,
  { missing, samples, counts, progress, signal }: Asking,
): Promise<void> {
  const { folder, task, model, cacheFolder, threads = availableParallelism(), onProgress } = work
  const {
    isChat,
    asking,
    seed,
    engine: { name, settings },
  } = folder.run.asked!
  for await (const sample of readSamples(folder.path)) samples.push(sample)
  if (missing.length === 0) return
  const { engineModel, tokenizer, identity } = model
  await using engine = await (work.openEngine ?? openEmbedded)({ model: engineModel, tokenizer, threads })
  signal.throwIfAborted()
  signal.addEventListener('abort', () => void engine[Symbol.asyncDispose]())
  const known = join(cacheFolder, 'answers', sha256Value([identity, name, settings]).slice(0, 32))
  await using cache = await openAnswers(known, sha256(resolve(folder.path)).slice(0, 16))
  const asker = openAsker({
    engine,
    model: identity,
    cache,
    async record(call) {
      counts[call.isCached ? 'cached' : 'asked']++
      if (!call.isCached) counts.tokens += call.tokens
      await folder.appendCall(call)
    },
  })
  await direct.solve(missing, {
    asker,
    task,
    isChat,
    asking,
    seedOf: (question) => seedOf(seed, task, question),
    async onSolved({ id, problem, repeat }, solved) {
      const sample = { id, problem: problem.id, repeat, ...solved }
      await folder.appendSample(sample)
      samples.push(sample)
      progress.answered++
      onProgress?.(progress)
    },
  })
}
