// All commands, with the manners they share: unknown flags and commands are errors with a hint, exit codes are ours.
import { Command } from 'commander'
import { VERSION } from '../util/version.ts'
import { appliedCommand } from './applied.ts'
import { compareCommand } from './compare.ts'
import { doctorCommand } from './doctor.ts'
import { evalCommand } from './eval.ts'
import { exportCommand } from './export.ts'
import { importCommand } from './import.ts'
import { inspectCommand } from './inspect.ts'
import { judgeCommand } from './judge.ts'
import { planCommand } from './plan.ts'
import { predictionsCommand } from './predictions.ts'
import { referenceCommand } from './reference.ts'
import { runCommand } from './runStudy.ts'
import { showCommand } from './show.ts'
import { trainCommand } from './train.ts'
import { weightsCommand } from './weights.ts'

/** The whole command line; errors are thrown, never exits. */
export function program(): Command {
  const root = new Command('tunediff')
    .description(
      'How much do fine-tuned variants really differ from their base? Measured, paired, with its zero line.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
  for (const command of [
    planCommand(),
    runCommand(),
    importCommand(),
    judgeCommand(),
    evalCommand(),
    trainCommand(),
    exportCommand(),
    weightsCommand(),
    predictionsCommand(),
    appliedCommand(),
    inspectCommand(),
    compareCommand(),
    showCommand(),
    referenceCommand(),
    doctorCommand(),
  ]) {
    root.addCommand(command)
  }
  for (const command of allCommands(root)) {
    command.exitOverride().showHelpAfterError(`  hint: tunediff ${pathOf(command)}--help lists what there is`)
  }
  return root
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)]
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)}${command.name()} ` : ''
}
