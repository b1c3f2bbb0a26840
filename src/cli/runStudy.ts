// tunediff run: works through the cells of a study, goes on where it was stopped, and says what the study found.
import { Command } from 'commander'
import { jsonOption } from './options.ts'
import { workThrough } from './studyRun.ts'

export function runCommand(): Command {
  return new Command('run')
    .description(
      'work through a study: make its variants, run its tasks, measure, and say what it found; resumable',
    )
    .argument('<study>', 'study file: YAML or JSON')
    .option('-o, --output <dir>', 'study folder (default: STUDY.study beside the file)')
    .addOption(jsonOption())
    .action(run)
}

async function run(
  study: string,
  { output, json = false }: { output?: string; json?: boolean },
): Promise<void> {
  await workThrough({ study, json, ...(output === undefined ? {} : { output }) })
}
