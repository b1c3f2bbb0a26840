// tunediff run: works through the cells of a study; goes on where it was stopped.
import { Command } from 'commander'
import { type Block, renderText } from '../report/blocks.ts'
import { cellName, failedBlocks } from '../report/studyPlan.ts'
import { studyLine } from '../report/studyProgress.ts'
import { runStudy, type StudyEvent } from '../study/runStudy.ts'
import { EXIT } from '../util/errors.ts'
import { duration, progressLines, statusLine } from '../util/progress.ts'
import { plural, printable } from '../util/text.ts'
import { openJudge } from './judging.ts'
import { context, jsonOption, onWait, print } from './options.ts'
import { planReport, shownCell } from './studyCells.ts'

export function runCommand(): Command {
  return new Command('run')
    .description('work through a study: make its variants, run its tasks, measure; resumable')
    .argument('<study>', 'study file: YAML or JSON')
    .option('-o, --output <dir>', 'study folder (default: STUDY.study beside the file)')
    .addOption(jsonOption())
    .action(run)
}

async function run(study: string, { output, json }: { output?: string; json?: boolean }): Promise<void> {
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
  const report = planReport(plan)
  const failed = report.cells.filter(({ state }) => state !== 'done')
  const done = report.cells.length - failed.length
  const text = `${done} of ${plural(report.cells.length, 'cell')} done: ${report.folder}`
  const blocks: Block[] = [{ kind: 'paragraph', text }, ...failedBlocks(report.cells)]
  await print(json ? `${JSON.stringify(report, null, 2)}\n` : renderText(blocks))
  if (failed.length > 0) process.exitCode = EXIT.partial
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
  if (event.kind === 'note') say(`note: ${cell}: ${event.text}`)
  if (event.kind === 'skipped') say(`left out: ${cell}, since ${cellName(shownCell(event.needs))} failed`)
}
