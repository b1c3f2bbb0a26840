// The command line: one file a command parses, calls and prints; this one wires them and ends the process.
import { EXIT } from '../util/errors.ts'
import { stopAll } from '../util/stopping.ts'
import { report } from './exitCode.ts'
import { program } from './program.ts'

process.on('SIGINT', () => stop('stopped; the same command goes on where it was', EXIT.interrupted))
process.on('SIGTERM', () => stop('stopped; the same command goes on where it was', EXIT.stopped))
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `tunediff show RUN | head` is no error.
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? EXIT.done) : report(error))
  })
}

function stop(message: string, code: number): void {
  process.stderr.write(`\n${message}\n`)
  void stopAll().then(() => process.exit(code))
}

try {
  await (await program(process.argv[2])).parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
