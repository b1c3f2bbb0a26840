// What each training learnt against what it lost, and what it took.
import { dirname, join } from 'node:path'
import { mean } from '../../measure/pairs.ts'
import type { TrainingView } from '../../schema/report.ts'
import type { Results, TrainingResult } from '../../schema/results.ts'
import { readVariant } from '../../store/variantFolder.ts'

export async function trainingViews(folder: string, results: Results): Promise<TrainingView[]> {
  const views: TrainingView[] = []
  for (const training of results.trainings) {
    const rows = training.from.find(({ file }) => file.endsWith('/train.jsonl'))!.file
    // Results are of trainings that are whole.
    const { trainSeconds, peakMemoryMb, fileBytes } = (await readVariant(join(folder, dirname(rows))))!.cost!
    views.push({
      ...{ side: training.side, seed: training.seed, rows },
      ...{ seconds: trainSeconds, peakMemoryMb, fileBytes },
      ...changesOf(training, results),
    })
  }
  return views
}

type Changes = Pick<TrainingView, 'learnt' | 'others' | 'deltaBitsPerByte'>

function changesOf({ side, seed }: TrainingResult, { pairs, predictions }: Results): Changes {
  const own = pairs.filter((pair) => pair.side === side && pair.seed === seed)
  const measured = predictions.find((one) => one.side === side && one.seed === seed)
  const [first, ...rest] = [...own].sort((a, b) => b.report.delta.value - a.report.delta.value)
  return {
    learnt: first
      ? { task: first.task, delta: first.report.delta }
      : { absent: 'it was compared on no task' },
    others:
      rest.length > 0
        ? { tasks: rest.length, delta: mean(rest.map(({ report }) => report.delta.value)) }
        : { absent: first ? 'it was compared on one task alone' : 'it was compared on no task' },
    deltaBitsPerByte: measured?.whole.deltaBitsPerByte ?? { absent: 'its predictions were not measured' },
  }
}
