// tunediff import: another tool's log becomes a run folder.
import { Command } from 'commander'
import { FORMATS } from '../logs/index.ts'
import { type ImportOptions, importLog, type StoredRun } from '../solve/recorded.ts'
import { startProgress } from '../util/progress.ts'
import { oneLine, plural } from '../util/text.ts'
import { context, jsonOption, logOptions, print } from './options.ts'

export function importCommand(): Command {
  const command = new Command('import')
    .description("make a run folder from another tool's log of answers")
    .argument('<file>', 'log file, or a folder of lm-eval samples')
    .requiredOption('-o, --output <dir>', 'run folder to make')
    .option('--name <name>', 'name of the run in reports (default: from the file name)')
    .option('--model <model>', 'model that gave the answers, if the log does not say')
    .option('--solver <solver>', 'how it was made to answer: direct, reflexion, ldb ...')
    .option('--start-from <run>', 'run whose answers the solver began from')
  for (const option of logOptions(FORMATS)) command.addOption(option)
  return command.addOption(jsonOption()).action(runImport)
}

async function runImport(
  file: string,
  options: ImportOptions & { output: string; json?: boolean },
): Promise<void> {
  const { output, json, ...importOptions } = options
  const progress = startProgress('rows', null)
  const stored = await importLog(file, output, importOptions, {
    ...context(),
    onProgress: (rows) => progress.update(rows),
  })
  progress.end()
  if (json) return print(`${JSON.stringify(stored, null, 2)}\n`)
  for (const run of stored) await print(`${imported(run)}\n`)
  process.stderr.write(`next: tunediff judge ${output}, or tunediff compare ${output} OTHER\n`)
}

function imported({ folder, run }: StoredRun): string {
  const { samples, rows, skipped, missing, format } = run.import!
  const lines = [
    `${folder}: ${plural(samples, 'answer')} from ${plural(rows, 'row')} of ${format}, task ${run.task.name}${run.rule ? `, rule ${run.rule.name} (${run.rule.reason})` : `, score ${run.metric}`}`,
  ]
  for (const row of skipped.slice(0, 10))
    lines.push(`  skipped line ${row.line}: ${oneLine(row.reason, 160)}`)
  if (skipped.length > 10) lines.push(`  and ${skipped.length - 10} more skipped rows: see run.json`)
  if (missing.length > 0)
    lines.push(`  no answer to ${plural(missing.length, 'problem')}: ${oneLine(missing.join(', '), 160)}`)
  return lines.join('\n')
}
