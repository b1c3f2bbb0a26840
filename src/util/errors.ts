// What the user can mend, and the exit codes of the command line.

/** One sentence of what and where with both values; `hint` is the command or key that mends it. Shown without a stack. */
export class UserError extends Error {
  readonly hint: string | undefined
  /** The same command may succeed later, as when a server was gone. */
  readonly isWorthRetry: boolean
  constructor(message: string, options: { hint?: string; cause?: unknown; isWorthRetry?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.name = 'UserError'
    this.hint = options.hint
    this.isWorthRetry = options.isWorthRetry ?? false
  }
}

/** A check that the user asked for, or that stands before something else, failed. Exit code 1. */
export class FailedCheckError extends UserError {}

export const EXIT = {
  done: 0,
  checkFailed: 1,
  userError: 2,
  cannotTell: 3,
  partial: 4,
  bug: 70,
  stopped: 75,
  interrupted: 130,
} as const
