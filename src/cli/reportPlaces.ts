// Where a figure of a report stands, in words: `key figure 'lora on sums': delta`, `weights of lora, q_proj: rank`.

import { NO_ANSWER, OUTCOME_CLASSES, OUTCOME_LETTERS, PARTIAL } from '../schema/outcomes.ts'
import type { Report, StudyReport } from '../schema/report.ts'
import { type Instance, instanceName } from '../schema/results.ts'
import type { Difference } from '../study/verify/difference.ts'
import { figureWords } from '../study/verify/names.ts'

type Path = readonly string[]

/** `path`: from the summary's root. */
export function summaryPlace(report: Report, path: Path): string {
  const [, index = '', part = '', ...rest] = path
  const study = path[0] === 'studies' ? report.studies[Number(index)] : undefined
  if (!study) return figureWords(report, path)
  const words = studyPlace(study, part as keyof StudyReport, rest)
  return report.studies.length > 1 ? `${study.results.asked.name}: ${words}` : words
}

function studyPlace(study: StudyReport, part: keyof StudyReport, rest: Path): string {
  const [step = '', ...inner] = rest
  const index = Number(step)
  const item = (study[part] as readonly unknown[] | undefined)?.[index]
  if (item === undefined) return figureWords(study, [part, ...rest])
  switch (part) {
    case 'keyFigures':
      return within(`key figure '${study.keyFigures[index]!.title}'`, item, inner)
    case 'runs':
      return runPlace(study, index, inner)
    case 'leaderboards':
      return leaderboardPlace(study, index, inner)
    case 'trainings':
      return within(`${instanceName(study.trainings[index]!)}, training`, item, inner)
    case 'finding':
      return within(`finding, block ${index + 1}`, item, inner)
    case 'tasks':
      return within(`task ${study.tasks[index]!.name}`, item, inner)
    default:
      return figureWords(study, [part, ...rest])
  }
}

function runPlace({ runs, tasks }: StudyReport, index: number, path: Path): string {
  const run = runs[index]!
  const name = `${instanceName(run)} on ${run.task}`
  if (path.length !== 2 || path[0] !== 'outcomes') return within(name, run, path)
  const at = Number(path[1])
  const problem = tasks.find((task) => task.name === run.task)?.problems[Math.floor(at / run.repeats)]
  return `${name}: outcome of ${problem}${run.repeats > 1 ? `, answer ${(at % run.repeats) + 1}` : ''}`
}

function leaderboardPlace({ leaderboards }: StudyReport, index: number, path: Path): string {
  const board = leaderboards[index]!
  const name = `leaderboard of ${board.task}`
  const row = path[0] === 'rows' ? board.rows[Number(path[1])] : undefined
  return row ? within(`${name}, ${row.name}`, row, path.slice(2)) : within(name, board, path)
}

const within = (name: string, record: unknown, path: Path): string => {
  const words = figureWords(record, path)
  return words === '' ? name : `${name}: ${words}`
}

/** Of a shard with the view of a pair. `view`: its content. */
export function viewPlace(kind: 'weights' | 'predictions', of: Instance, view: unknown, path: Path): string {
  const [list, step, ...inner] = path
  const item = (view as Record<string, unknown> | null)?.[list ?? '']
  const row = Array.isArray(item) ? (item[Number(step)] as Record<string, unknown> | undefined) : undefined
  const name = row?.name ?? row?.id
  const where = `${kind} of ${instanceName(of)}`
  return name === undefined ? within(where, view, path) : within(`${where}, ${name}`, row, inner)
}

/** Letters of outcomes one by one, in words. */
export function outcomeDifferences(difference: Difference): Difference[] {
  const { path, stored, found } = difference
  const isLetters = path.at(-1) === 'outcomes' && typeof stored === 'string' && typeof found === 'string'
  if (!isLetters || stored.length !== found.length) return [difference]
  return [...stored].flatMap((letter, i) =>
    letter === found[i]
      ? []
      : [{ path: [...path, String(i)], stored: classOf(letter), found: classOf(found[i]!) }],
  )
}

function classOf(letter: string): string {
  if (letter === NO_ANSWER) return 'no outcome'
  return letter === PARTIAL ? 'partial' : (OUTCOME_CLASSES[OUTCOME_LETTERS.indexOf(letter)] ?? letter)
}
