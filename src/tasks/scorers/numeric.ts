// The first or last number of the answer is that of a target. Compared as decimals, exactly: no digit is lost to floating
// point. Of two readings none is guessed: `3,5`, `1.234,56`, `1/2`, `12:30` and `1.2.3` are no numbers, and where the
// number is looked for in one of these there is no answer. Percent signs and currencies are dropped on both sides.
import type { TextScorer } from '../../schema/problem.ts'
import type { TextScore } from './index.ts'

/** Value: coefficient times ten to the exponent. */
export interface Decimal {
  coefficient: bigint
  exponent: number
}

interface Found {
  /** With its sign. */
  text: string
  /** Offsets without the sign. */
  start: number
  end: number
  /** Null where digits stand together that are no number. */
  value: Decimal | null
}

/** Longer numbers, and larger exponents, are taken for none: time must stay linear. */
const MAX_DIGITS = 400
const MAX_EXPONENT = 400

/** Separators between digits; of these, blanks that do not break (no-break, thin) group thousands as the comma does. */
const RUN = /[\d.,:/^\u00a0\u2009\u202f]+/g
const BODY = /^(?:[1-9]\d{0,2}([,\u00a0\u2009\u202f])\d{3}(?:\1\d{3})*(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)$/
const EXPONENT = /[eE]([+\-\u2212]?\d+)(?![\p{L}\p{N}_])/uy
const WORD = /[\p{L}\p{N}_]/u
const SIGNS = '+-\u2212'

export function numeric(
  { take, tolerance }: Extract<TextScorer, { kind: 'numeric' }>,
  answer: string,
  targets: readonly string[],
): TextScore {
  let found: Found | undefined
  for (const each of numbersIn(answer)) {
    found = each
    if (take === 'first') break
  }
  if (!found) return { class: 'no-answer', found: null }
  const { text, value } = found
  if (!value) return { class: 'no-answer', found: text }
  const allowed = decimalOf(String(tolerance))!
  const isRight = targets.some((target) => {
    const wanted = numberAlone(target)
    return wanted !== null && isWithin(value, wanted, allowed)
  })
  return { class: isRight ? 'pass' : 'wrong', found: text }
}

/** The number that a text is, with or without a percent sign or currency; null where it is none, or more than one. */
export function numberAlone(text: string): Decimal | null {
  const [found, ...others] = numbersIn(text)
  if (!found || others.length > 0) return null
  const isAlone =
    /^\s*[+\-\u2212]?\p{Sc}?[+\-\u2212]?$/u.test(text.slice(0, found.start)) &&
    /^\s*[%\p{Sc}]?\s*$/u.test(text.slice(found.end))
  return isAlone ? found.value : null
}

/** Numbers in the order of the text; digits within a name (H2O, x1) are none. */
function* numbersIn(text: string): Generator<Found> {
  let past = 0
  for (const { 0: run, index } of text.matchAll(RUN)) {
    // The exponent of the number before.
    if (index < past || !/\d/.test(run)) continue
    const { start, end } = trimmed(text, index, index + run.length)
    if (start === index && WORD.test(before(text, start))) continue
    const body = text.slice(start, end)
    EXPONENT.lastIndex = end
    // Behind a separator that was cut off (`5. e2`) there is no exponent.
    const exponent = end === index + run.length ? EXPONENT.exec(text) : null
    past = end + (exponent?.[0].length ?? 0)
    const sign = signBefore(text, start)
    const unsigned = BODY.test(body) ? decimalOf(body.replace(/[^\d.]/g, '') + (exponent?.[0] ?? '')) : null
    const isJoined = exponent !== null && /^[.,:/^]\d/.test(text.slice(past, past + 2))
    const value = unsigned && !isJoined ? signed(unsigned, sign) : null
    yield { text: sign + text.slice(start, past), start, end: past, value }
  }
}

/** Without separators at the ends, but with a decimal point in front (`.5`) where it can be one. */
function trimmed(text: string, from: number, to: number): { start: number; end: number } {
  let start = from
  let end = to
  while (!isDigit(text[start]!)) start++
  while (!isDigit(text[end - 1]!)) end--
  const isPoint = start > from && text[start - 1] === '.' && text[start - 2] !== '.'
  if (isPoint && !WORD.test(before(text, start - 1))) start--
  return { start, end }
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9'

/** The character in front of an offset, whole where it is a surrogate pair; empty at the start. */
function before(text: string, offset: number): string {
  const low = text[offset - 1] ?? ''
  return /[\udc00-\udfff]/.test(low) ? (text[offset - 2] ?? '') + low : low
}

/** A sign in front, of a currency too (`-$5`); between two things (`3-5`, `COVID-19`, `f(x)-2`) it is a dash. */
function signBefore(text: string, start: number): string {
  const at =
    /\p{Sc}/u.test(text[start - 1] ?? '') && SIGNS.includes(text[start - 2] ?? 'x') ? start - 1 : start
  const sign = text[at - 1] ?? ''
  if (sign === '' || !SIGNS.includes(sign)) return ''
  return /[\p{L}\p{N}_)\]}%.+\-\u2212]/u.test(before(text, at - 1)) ? '' : sign
}

const signed = ({ coefficient, exponent }: Decimal, sign: string): Decimal => ({
  coefficient: sign === '' || sign === '+' ? coefficient : -coefficient,
  exponent,
})

/** Of digits with a point and an exponent; null where it is too large to be compared. */
function decimalOf(text: string): Decimal | null {
  const [, whole, fraction = '', power = '0'] = /^(\d*)(?:\.(\d+))?(?:[eE](.+))?$/.exec(text)!
  const exponent = Number(power.replace('\u2212', '-'))
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '')
  if (digits.length > MAX_DIGITS || !(Math.abs(exponent) <= MAX_EXPONENT)) return null
  return { coefficient: BigInt(digits), exponent: exponent - fraction.length }
}

function isWithin(a: Decimal, b: Decimal, allowed: Decimal): boolean {
  const exponent = Math.min(a.exponent, b.exponent, allowed.exponent)
  const [x, y, most] = [a, b, allowed].map(
    (each) => each.coefficient * 10n ** BigInt(each.exponent - exponent),
  ) as [bigint, bigint, bigint]
  const difference = x > y ? x - y : y - x
  return difference <= most
}
