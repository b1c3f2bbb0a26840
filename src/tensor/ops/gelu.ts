// Gaussian error linear unit (arXiv 1606.08415): x * Phi(x), by the error function or by its approximation with tanh
// (section 2 there; gelu_new and gelu_pytorch_tanh in Hugging Face's terms).
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'

export type GeluKind = 'tanh' | 'erf'

const CUBIC = 0.044715
const SLOPE = Math.sqrt(2 / Math.PI)

export function gelu(tape: Tape, x: Value, kind: GeluKind): Value {
  return tape.record(geluValue(tape, x, kind), [x], (gradient) => {
    tape.accumulate(x, () => multiply(tape, gradient, geluSlope(tape, x, kind)))
  })
}

/** The value alone, for operations that have it inside. */
export const geluValue = (tape: Tape, x: Value, kind: GeluKind): Value =>
  tape.node('Gelu', [x], x.shape, { attributes: { approximate: kind === 'tanh' ? 'tanh' : 'none' } })

/** Its derivative. */
export const geluSlope = (tape: Tape, x: Value, kind: GeluKind): Value =>
  kind === 'tanh' ? tanhSlope(tape, x) : erfSlope(tape, x)

// With t = tanh(u), u = SLOPE * (x + CUBIC * x^3): (1 + t) / 2 + x * (1 - t^2) / 2 * du/dx.
function tanhSlope(tape: Tape, x: Value): Value {
  const { times, plus } = arithmetic(tape)
  const square = multiply(tape, x, x)
  const inner = multiply(tape, x, plus(times(square, SLOPE * CUBIC), SLOPE))
  const t = tape.node('Tanh', [inner], x.shape)
  const half = plus(times(t, 0.5), 0.5)
  // (1 - t^2) / 2 = 2 * half * (1 - half)
  const bell = multiply(tape, half, plus(times(half, -2), 2))
  const rise = multiply(tape, x, plus(times(square, 3 * SLOPE * CUBIC), SLOPE))
  return tape.node('Add', [half, multiply(tape, bell, rise)], x.shape)
}

// Phi(x) + x * phi(x).
function erfSlope(tape: Tape, x: Value): Value {
  const { times, plus } = arithmetic(tape)
  const error = tape.node('Erf', [times(x, Math.SQRT1_2)], x.shape)
  const exponent = times(multiply(tape, x, x), -0.5)
  const density = times(tape.node('Exp', [exponent], x.shape), 1 / Math.sqrt(2 * Math.PI))
  return tape.node('Add', [plus(times(error, 0.5), 0.5), multiply(tape, x, density)], x.shape)
}

function arithmetic(tape: Tape): Record<'times' | 'plus', (x: Value, number: number) => Value> {
  return {
    times: (x, number) => multiply(tape, x, tape.float(number)),
    plus: (x, number) => tape.node('Add', [x, tape.float(number)], x.shape),
  }
}
