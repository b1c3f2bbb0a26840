// tunediff plan: says what a study would do, and does nothing of it.
import { Command } from 'commander'
import { renderText } from '../report/blocks.ts'
import { planBlocks } from '../report/studyPlan.ts'
import { planStudy } from '../study/plan.ts'
import { progressLines } from '../util/progress.ts'
import { printable } from '../util/text.ts'
import { context, jsonOption, print } from './options.ts'
import { planReport } from './studyCells.ts'

export function planCommand(): Command {
  return new Command('plan')
    .description('say what a study would compute, what of it is there already and what the rest takes')
    .argument('<study>', 'study file: YAML or JSON')
    .option('-o, --output <dir>', 'study folder (default: STUDY.study beside the file)')
    .addOption(jsonOption())
    .action(runPlan)
}

async function runPlan(study: string, { output, json }: { output?: string; json?: boolean }): Promise<void> {
  const progress = progressLines()
  const plan = await planStudy({
    ...context(),
    study,
    ...(output === undefined ? {} : { output }),
    onReading: progress.update,
    onWarning: (text) => void process.stderr.write(`warning: ${printable(text)}\n`),
  })
  progress.end()
  const report = planReport(plan)
  await print(json ? `${JSON.stringify(report, null, 2)}\n` : renderText(planBlocks(report)))
}
