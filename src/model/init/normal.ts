// Normal random numbers that are a function of a stream and an index alone, so that any rows of a tensor can be made again:
// uniform ones through the inverse of the normal distribution. That is Wichura's AS 241 (Applied Statistics 37(3), 1988),
// right to 1e-15, of which only the tails need a logarithm. No sine or cosine: engines differ in their last bit.
import { uniformValues } from '../../tensor/random.ts'

export interface NormalOptions {
  count: number
  firstIndex: number
  standardDeviation: number
}

/** Values of indices firstIndex, firstIndex + 1 ... of the stream, around 0. */
export function normalValues(
  stream: number,
  { count, firstIndex, standardDeviation }: NormalOptions,
): Float32Array {
  const values = uniformValues(stream, count, firstIndex)
  for (let i = 0; i < count; i++) values[i] = standardDeviation * fromCentre(values[i]!)
  return values
}

/** The z with P(Z < z) = 1/2 + q, where |q| < 1/2. */
export function fromCentre(q: number): number {
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (q * polynomial(r, CENTRE)) / polynomial(r, CENTRE_BELOW)
  }
  const r = Math.sqrt(-Math.log(0.5 - Math.abs(q)))
  const z =
    r <= 5
      ? polynomial(r - 1.6, TAIL) / polynomial(r - 1.6, TAIL_BELOW)
      : polynomial(r - 5, FAR) / polynomial(r - 5, FAR_BELOW)
  return q < 0 ? -z : z
}

/** Coefficients from the highest power down. */
type Coefficients = readonly [number, number, number, number, number, number, number, number]

const CENTRE: Coefficients = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
]
const CENTRE_BELOW: Coefficients = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
]
const TAIL: Coefficients = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
  5.769497221460691, 4.630337846156546, 1.4234371107496835,
]
const TAIL_BELOW: Coefficients = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
  1.6763848301838038, 2.053191626637759, 1,
]
const FAR: Coefficients = [
  2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
]
const FAR_BELOW: Coefficients = [
  2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
]

function polynomial(x: number, [a, b, c, d, e, f, g, h]: Coefficients): number {
  return ((((((a * x + b) * x + c) * x + d) * x + e) * x + f) * x + g) * x + h
}
