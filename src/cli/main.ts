#!/usr/bin/env node
// The command line: one file a command parses, calls and prints; this one wires them and ends the process.
import { CommanderError } from 'commander'
import pc from 'picocolors'
import { EXIT, UserError } from '../util/errors.ts'
import { printable } from '../util/text.ts'
import { program } from './program.ts'

process.on('SIGINT', () => stop('stopped; the same command goes on where it was', EXIT.interrupted))
process.on('SIGTERM', () => stop('stopped; the same command goes on where it was', EXIT.stopped))
// `tunediff show RUN | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.done)
  throw error
})

function stop(message: string, code: number): void {
  process.stderr.write(`\n${message}\n`)
  process.exit(code)
}

try {
  await program().parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

/** Prints an error as its kind asks and returns the exit code. */
function report(error: unknown): number {
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.userError
  if (error instanceof UserError) {
    process.stderr.write(`${pc.red('error:')} ${printable(error.message)}\n`)
    if (error.hint) process.stderr.write(`  hint: ${printable(error.hint)}\n`)
    return EXIT.userError
  }
  const stack = error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${stack}\n\nThis is a bug in tunediff: please report it with the lines above.\n`)
  return EXIT.bug
}
