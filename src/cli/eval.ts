// tunediff eval: ask a model the problems of a task, judge its answers, and say what it scores.
import { Command, InvalidArgumentError, Option } from 'commander'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { evaluationBlocks } from '../report/evaluation.ts'
import type { AnswersProgress } from '../study/answering.ts'
import { evaluate } from '../study/evaluate.ts'
import { EXIT } from '../util/errors.ts'
import { progressLines, startProgress } from '../util/progress.ts'
import { printable } from '../util/text.ts'
import { openJudge } from './judging.ts'
import { context, jsonOption, markdownOption, onWait, print, wholeNumber } from './options.ts'

interface Flags {
  task: string
  chat?: boolean
  output?: string
  limit?: number
  repeats: number
  seed: number
  temperature?: number
  maxTokens?: number
  threads?: number
  allowIdentical?: boolean
  json?: boolean
  md?: boolean
}

export function evalCommand(): Command {
  return new Command('eval')
    .description('ask a model the problems of a task and judge its answers; resumable')
    .argument('<model>', 'model: folder, .gguf, hf:owner/name, MODEL+ADAPTER, nf4:MODEL')
    .requiredOption('--task <task>', 'humaneval, a task.yaml, or a problem file in the format of HumanEval')
    .option('--chat', "in the model's own chat template (default: the model goes on from the prompt)")
    .addOption(new Option('--limit <n>', 'only the first n problems (default: all)').argParser(wholeNumber))
    .addOption(new Option('-k, --repeats <n>', 'answers to each problem').default(1).argParser(wholeNumber))
    .addOption(
      new Option('--seed <n>', 'random seed from which those of all answers are made')
        .default(0)
        .argParser(wholeOrZero),
    )
    .addOption(new Option('--temperature <t>', "0: greedy (default: the task's own)").argParser(numberOrZero))
    .addOption(
      new Option('--max-tokens <n>', "tokens of an answer at most (default: the task's own)").argParser(
        wholeNumber,
      ),
    )
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .option('--allow-identical', 'ask a variant that is its base, to the bit, too; this marks the run')
    .option('-o, --output <dir>', 'run folder; one that was stopped goes on (default: the cache)')
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runEval)
}

function numberOrZero(text: string): number {
  const value = Number(text)
  if (!(value >= 0) || !Number.isFinite(value) || text.trim() === '')
    throw new InvalidArgumentError(`wanted a number of at least 0, got '${text}'.`)
  return value
}

function wholeOrZero(text: string): number {
  const value = numberOrZero(text)
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`wanted a whole number, got '${text}'.`)
  return value
}

async function runEval(model: string, flags: Flags): Promise<void> {
  const { chat = false, limit = null, allowIdentical = false, json, md, ...options } = flags
  const reading = progressLines()
  let line: ReturnType<typeof startProgress> | undefined
  const evaluation = await evaluate({
    ...context(),
    ...options,
    model,
    isChat: chat,
    limit,
    live: { allowsIdentical: allowIdentical },
    openJudge: () => openJudge({}),
    onWarning: (text) => void process.stderr.write(`warning: ${printable(text)}\n`),
    onReading: reading.update,
    onNotes(notes) {
      reading.end()
      for (const note of notes) process.stderr.write(`${note}\n`)
    },
    onAnswers(progress) {
      line ??= startProgress('answers', progress.missing)
      line.update(progress.answered, scoreSoFar(progress))
    },
    onWait,
  })
  line?.end()
  const blocks = evaluationBlocks(evaluation)
  if (json) await print(`${JSON.stringify(evaluation, null, 2)}\n`)
  else await print(md ? renderMarkdown(blocks) : renderText(blocks))
  process.stderr.write(
    `written: ${evaluation.folder} (run.json, samples.jsonl, outcomes.jsonl, calls.jsonl)\n`,
  )
  if ((evaluation.classes.unjudged ?? 0) > 0) process.exitCode = EXIT.partial
  if (json) return
  process.stderr.write(`next: tunediff show ${evaluation.folder} PROBLEM\n`)
  process.stderr.write(`next: tunediff report ${evaluation.folder}\n`)
}

const scoreSoFar = ({ passed, judged }: AnswersProgress): string =>
  judged === 0 ? '' : `${passed} of ${judged} passed (${Math.round((100 * passed) / judged)} %)`
