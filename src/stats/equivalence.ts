// Claims of "no harm": non-inferiority by the interval, and two one-sided tests (Schuirmann 1987, J. Pharmacokinet.
// Biopharm. 15:657). A p above 0.05 of a test of difference is never evidence of sameness.
import { checkFraction, checkNumber, checkPositive, checkWhole } from './check.ts'
import { studentUpperTail } from './distributions.ts'

/**
 * Whether the lower bound `low` of variant - base lies above -margin, both in one unit. With a two-sided 95 % bound
 * the one-sided level is 2.5 %.
 */
export function nonInferior(low: number, margin: number): boolean {
  checkNumber('low', low)
  checkNumber('margin', margin, 0)
  return low > -margin
}

/**
 * Two one-sided t tests that |variant - base| < margin from a paired difference `delta` with its standard error over n
 * problems: p is the larger of the two, equivalent if p < alpha (0.05). t has n - 1 degrees of freedom.
 */
export function tost(of: { delta: number; se: number; n: number; margin: number; alpha?: number }): {
  p: number
  equivalent: boolean
} {
  const { delta, se, n, margin, alpha = 0.05 } = of
  checkNumber('delta', delta)
  checkNumber('se', se, 0)
  checkWhole('n', n, 2)
  checkPositive('margin', margin)
  checkFraction('alpha', alpha)
  const room = margin - Math.abs(delta)
  // Without spread the t statistic is infinite, or 0/0 on the margin itself.
  const p = se === 0 ? (room > 0 ? 0 : 1) : studentUpperTail(room / se, n - 1)
  return { p, equivalent: p < alpha }
}
