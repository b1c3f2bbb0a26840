// What an error that ended a command says, and the exit code that it means.
import { CommanderError } from 'commander'
import pc from 'picocolors'
import { EXIT, FailedCheckError, UserError } from '../util/errors.ts'
import { printable } from '../util/text.ts'

/** What the system refuses, and what to do about it. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'the file or folder may not be read or written: change its permissions, or name another',
  EPERM: 'the file or folder may not be changed: change its permissions, or name another',
  EROFS: 'the file system is read-only: name another folder, or set TUNEDIFF_CACHE',
  ENOSPC: 'the disk is full: free some room; tunediff doctor --clean empties the cache',
  EFBIG:
    'the file would grow beyond what is allowed: raise the limit with ulimit -f, or name a folder on another disk',
  EDQUOT: 'the disk quota is used up: free some room; tunediff doctor --clean empties the cache',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EISDIR: 'this is a folder, and a file is wanted',
  EMFILE: 'too many files are open: raise the limit with ulimit -n',
}

/** Prints an error as its kind asks and returns the exit code. */
export function report(error: unknown): number {
  // Commander has printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.userError
  if (error instanceof UserError) {
    process.stderr.write(`${pc.red('error:')} ${printable(error.message)}\n`)
    if (error.hint) process.stderr.write(`  hint: ${printable(error.hint)}\n`)
    if (error instanceof FailedCheckError) return EXIT.checkFailed
    return error.isWorthRetry ? EXIT.stopped : EXIT.userError
  }
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code !== undefined && code in SYSTEM) {
    process.stderr.write(
      `${pc.red('error:')} ${printable((error as Error).message)}\n  hint: ${SYSTEM[code]}\n`,
    )
    return EXIT.userError
  }
  const stack = error instanceof Error ? error.stack : String(error)
  process.stderr.write(
    `${printable(stack ?? '')}\n\nThis is a bug in tunediff: please report it with the lines above.\n`,
  )
  return EXIT.bug
}
