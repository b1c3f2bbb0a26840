// A run: one model on one task. Answers that were given are kept; one that was stopped goes on with what is missing.
import { evaluate } from '../evaluate.ts'
import type { Work } from '../planCells.ts'
import { type CellContext, specOf } from './cell.ts'

export async function answerTask(
  { model, task }: Extract<Work, { kind: 'run' }>,
  folder: string,
  context: CellContext,
): Promise<void> {
  const { cacheFolder, env, study, threads, openJudge, openEngine, onProgress, onNote, onWait } = context
  const { repeats, limit, seed, chat: isChat } = study
  await evaluate({
    ...{ cacheFolder, env, threads, openJudge },
    model: await specOf(model, context),
    task: task.named,
    output: folder,
    ...{ repeats, limit, seed, isChat },
    drawnBy: 'write ask: {temperature: 0.8} in its task file',
    onAnswers: ({ answered, missing }) => onProgress('answers', answered, missing),
    onReading: onProgress,
    onNotes: (notes) => notes.forEach(onNote),
    ...(openEngine ? { openEngine } : {}),
    ...(onWait ? { onWait } : {}),
  })
}
