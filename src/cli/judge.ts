// tunediff judge: execute a run's answers and append their outcomes; goes on where it was stopped.
import { Command, Option } from 'commander'
import { judgeRun, type Verdicts } from '../measure/outcomes.ts'
import type { Judge } from '../schema/judge.ts'
import { OUTCOME_CLASSES, type OutcomeClass } from '../schema/outcomes.ts'
import { type Rule, samplesOf } from '../schema/run.ts'
import { codeTaskOf } from '../solve/openRuns.ts'
import { readRun } from '../store/runFolder.ts'
import { EXIT, UserError } from '../util/errors.ts'
import { startProgress } from '../util/progress.ts'
import { plural } from '../util/text.ts'
import { type JudgingFlags, openJudge } from './judging.ts'
import { context, jsonOption, onWait, positiveNumber, print, ruleOption, wallOption } from './options.ts'

export function judgeCommand(): Command {
  return new Command('judge')
    .description("execute a run's answers in the sandbox and append their outcomes; resumable")
    .argument('<runs...>', 'run folders')
    .addOption(ruleOption("assembly rule (default: the log format's own)"))
    .option('--task <task>', 'the problems, if they are no longer where the import found them')
    .addOption(wallOption())
    .option('--single', 'tests and answer in one interpreter, as the official harness does (can be fooled)')
    .addOption(
      new Option('--timeout <seconds>', 'wall time of one answer').default(10).argParser(positiveNumber),
    )
    .addOption(jsonOption())
    .action(runJudge)
}

interface Summary {
  run: string
  rule: Rule
  judge: string
  wall: string
  mode: string
  appended: number
  executed: number
  classes: Partial<Record<OutcomeClass, number>>
}

async function runJudge(
  folders: string[],
  flags: JudgingFlags & { rule?: Rule; task?: string; json?: boolean },
): Promise<void> {
  await using judge = await openJudge(flags)
  const verdicts: Verdicts = new Map()
  const summaries: Summary[] = []
  for (const folder of folders)
    summaries.push(await judgeFolder({ folder, rule: flags.rule, task: flags.task, judge, verdicts }))
  if (flags.json) await print(`${JSON.stringify(summaries, null, 2)}\n`)
  else for (const summary of summaries) await print(`${judged(summary)}\n`)
  if (summaries.some((summary) => (summary.classes.unjudged ?? 0) > 0)) process.exitCode = EXIT.partial
}

async function judgeFolder(work: {
  folder: string
  rule: Rule | undefined
  task: string | undefined
  judge: Judge
  verdicts: Verdicts
}): Promise<Summary> {
  const { folder, judge, verdicts } = work
  const run = await readRun(folder)
  if (run.rule === null) {
    if (run.asked) {
      throw new UserError(`${folder} holds texts that its task's scorer scores, no programs to execute`, {
        hint: 'the same tunediff eval scores it again; tunediff compare does too',
      })
    }
    throw new UserError(`${folder} holds recorded scores (${run.metric}), no programs to execute`, {
      hint: 'compare it directly; to execute answers import the log with --answer COLUMN and --task TASK',
    })
  }
  const rule = work.rule ?? run.rule.name
  const task = await codeTaskOf(run, context(), work.task)
  const progress = startProgress(run.name, samplesOf(run))
  let done = 0
  let passed = 0
  const counts = await judgeRun({
    folder,
    run,
    task,
    rules: [rule],
    judge,
    verdicts,
    onWait,
    onSample(found) {
      if (found === 'pass') passed++
      progress.update(++done, `${passed} passed`)
    },
  })
  progress.end()
  return { run: folder, rule, judge: judge.id, wall: judge.wall, mode: judge.mode, ...counts }
}

function judged(summary: Summary): string {
  const classes = OUTCOME_CLASSES.filter((name) => summary.classes[name])
    .map((name) => `${summary.classes[name]} ${name}`)
    .join(', ')
  const what =
    summary.appended === 0 ? 'nothing was missing' : `${plural(summary.executed, 'program')} executed`
  return `${summary.run}: rule ${summary.rule}, wall ${summary.wall}, ${summary.mode === 'two' ? 'two interpreters' : 'single interpreter'}: ${classes} (${what})`
}
