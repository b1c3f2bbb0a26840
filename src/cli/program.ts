// All commands, with the manners they share: unknown flags and commands are errors with a hint, exit codes are ours.
import { Command } from 'commander'
import { VERSION } from '../util/version.ts'

/** In the order of the help. Each is loaded when it is needed: all together take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  diff: async () => (await import('./diff.ts')).diffCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  run: async () => (await import('./runStudy.ts')).runCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  view: async () => (await import('./view.ts')).viewCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  judge: async () => (await import('./judge.ts')).judgeCommand(),
  eval: async () => (await import('./eval.ts')).evalCommand(),
  train: async () => (await import('./train.ts')).trainCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  weights: async () => (await import('./weights.ts')).weightsCommand(),
  predictions: async () => (await import('./predictions.ts')).predictionsCommand(),
  applied: async () => (await import('./applied.ts')).appliedCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  show: async () => (await import('./show.ts')).showCommand(),
  reference: async () => (await import('./reference.ts')).referenceCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
}

/** The command line with the command of this name; with all of them where it is none. Errors are thrown, never exits. */
export async function program(name?: string): Promise<Command> {
  const root = new Command('tunediff')
    .description(
      'How much do fine-tuned variants really differ from their base? Measured, paired, with its zero line.',
    )
    .version(VERSION)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
  const named = name !== undefined && Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : null
  for (const load of named ?? Object.values(COMMANDS)) root.addCommand(await load())
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
