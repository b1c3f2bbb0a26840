// A study from the command line: its cells worked through, with progress on stderr, and what it found.
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { findingBlocks } from '../report/finding.ts'
import { cellName } from '../report/studyPlan.ts'
import { studyLine } from '../report/studyProgress.ts'
import type { Results } from '../schema/results.ts'
import { FINDING_FILE, RESULTS_FILE } from '../store/resultsFile.ts'
import type { Plan } from '../study/plan.ts'
import { studyResults } from '../study/results/index.ts'
import { runStudy, type StudyEvent } from '../study/runStudy.ts'
import { duration, progressLines, statusLine } from '../util/progress.ts'
import { plural, printable } from '../util/text.ts'
import { openJudge } from './judging.ts'
import { context, onWait, print } from './options.ts'
import { exitCodeOf, shownCell } from './studyCells.ts'

interface Asked {
  study: string
  /** Default: STEM.study beside the file. */
  output?: string
  json: boolean
}

export async function workThrough({ json, ...asked }: Asked): Promise<void> {
  const { results, folder } = await workOn(asked)
  if (results === null) return
  await print(json ? `${JSON.stringify(results, null, 2)}\n` : renderText(findingBlocks(results)))
  const lines = [
    `written: ${folder} (${RESULTS_FILE}, ${FINDING_FILE})`,
    `next: tunediff report ${folder}`,
    `next: tunediff verify ${folder}`,
  ]
  for (const line of lines) process.stderr.write(`${printable(line)}\n`)
}

export interface WorkedOn {
  /** The study folder. */
  folder: string
  /** Null where nothing of it is done. */
  results: Results | null
}

/** Works through the cells and writes the results; stdout is left to the caller. */
export async function workOn({ study, output }: Omit<Asked, 'json'>): Promise<WorkedOn> {
  const reading = progressLines()
  const line = statusLine()
  const say = (text: string): void => {
    line.end()
    process.stderr.write(`${printable(text)}\n`)
  }
  const plan = await runStudy({
    ...context(),
    study,
    ...(output === undefined ? {} : { output }),
    openJudge: () => openJudge({}),
    onReading: reading.update,
    onWarning: (text) => say(`warning: ${text}`),
    onPlan({ cells, folder }) {
      reading.end()
      const done = cells.filter(({ state }) => state.kind === 'done').length
      say(`${plural(cells.length, 'cell')} in ${folder}, ${done} of them done before`)
    },
    onEvent: (event) => tell(event, say, line),
    onWait,
  })
  line.end()
  process.exitCode = exitCodeOf(plan)
  const { cells, folder } = plan
  const done = cells.filter(({ state }) => state.kind === 'done').length
  if (done < cells.length) say(`${done} of ${plural(cells.length, 'cell')} done`)
  return { folder, results: done === 0 ? null : await resultsOf(plan, line) }
}

async function resultsOf(plan: Plan, line: ReturnType<typeof statusLine>): Promise<Results> {
  line.show(() => 'computing results')
  const results = await studyResults(plan, {
    ...context(),
    openJudge: () => openJudge({}),
    markdown: (found) => renderMarkdown(findingBlocks(found)),
    onProgress: (what, count, total) => line.show(() => `${what}: ${count} of ${total}`),
    onWait,
  })
  line.end()
  return results
}

function tell(event: StudyEvent, say: (text: string) => void, line: ReturnType<typeof statusLine>): void {
  const cell = cellName(shownCell(event.cell))
  if (event.kind === 'progress') line.show(() => studyLine({ ...event, cell, overall: event.overall() }))
  if (event.kind === 'done') {
    const { done, total } = event.overall()
    const seconds = event.seconds < 10 ? `${event.seconds.toFixed(1)} s` : duration(event.seconds)
    say(`done ${done} of ${total}: ${cell}, ${seconds}`)
  }
  if (event.kind === 'failed') {
    say(`failed: ${cell}: ${event.message}`)
    if (event.hint !== null) say(`  hint: ${event.hint}`)
  }
  // Those of predictions say of which sides they are.
  if (event.kind === 'note')
    say(event.cell.work.kind === 'predictions' ? `note: ${event.text}` : `note: ${cell}: ${event.text}`)
  if (event.kind === 'skipped') say(`left out: ${cell}, since ${cellName(shownCell(event.needs))} failed`)
}
