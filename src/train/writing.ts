// Files of a training that the system does not let be written: which, why, and that nothing of the steps up to the last
// state is lost.
import { UserError } from '../util/errors.ts'

const REASONS: Readonly<Record<string, { why: string; hint: string }>> = {
  ENOSPC: { why: 'the disk is full', hint: 'free some room on it' },
  EDQUOT: { why: 'the disk quota is used up', hint: 'free some room' },
  EFBIG: { why: 'a file may not be so large here', hint: 'raise the limit (ulimit -f)' },
  EACCES: { why: 'it may not be written there', hint: 'change the permissions of the folder' },
  EPERM: { why: 'it may not be written there', hint: 'change the permissions of the folder' },
  EROFS: { why: 'the file system is read-only', hint: 'make it writable' },
  EIO: { why: 'the disk fails', hint: 'copy the folder to another disk' },
}

/** Does what writes `what`; an error of the system becomes a UserError. */
export async function writing<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? '']
    if (!reason) throw error
    throw new UserError(`${what} cannot be written: ${reason.why}`, {
      hint: `${reason.hint}, then run the same command again: training goes on from its last state`,
      cause: error,
    })
  }
}
