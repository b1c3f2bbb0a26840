// Argument checks of the statistics: a RangeError that names the argument and its value.
// Callers inside the project pass valid numbers, so a failure here is a bug and shows its stack.

/** A whole number of at least `min`. */
export function checkWhole(name: string, value: number, min = 0): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`${name} must be a whole number of at least ${min}, got ${value}`)
  }
}

/** A number strictly between 0 and 1: a level, a probability of error, a power. */
export function checkFraction(name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`${name} must lie between 0 and 1, got ${value}`)
}

/** A finite number of at least `min`. */
export function checkNumber(name: string, value: number, min = Number.NEGATIVE_INFINITY): void {
  if (!Number.isFinite(value) || value < min) {
    const bound = min === Number.NEGATIVE_INFINITY ? '' : ` of at least ${min}`
    throw new RangeError(`${name} must be a finite number${bound}, got ${value}`)
  }
}

/** A finite number greater than 0. */
export function checkPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`${name} must be a finite number greater than 0, got ${value}`)
  }
}

/** At least `min` finite numbers. */
export function checkScores(name: string, scores: readonly number[], min: number): void {
  if (scores.length < min)
    throw new RangeError(`${name} must hold at least ${min} numbers, got ${scores.length}`)
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i]))
      throw new RangeError(`${name}[${i}] must be a finite number, got ${scores[i]}`)
  }
}

/** Two lists of one length: they are paired by position. */
export function checkPaired(
  a: { name: string; list: readonly unknown[] },
  b: { name: string; list: readonly unknown[] },
): void {
  if (a.list.length !== b.list.length) {
    throw new RangeError(
      `${a.name} and ${b.name} must be of one length, got ${a.list.length} and ${b.list.length}`,
    )
  }
}
