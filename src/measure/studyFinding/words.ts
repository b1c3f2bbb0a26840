// How figures and lists stand in findings.
import type { Estimate } from '../../schema/estimate.ts'
import { count } from '../../util/numbers.ts'
import { joined, type Part, type Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'

export const lengthOf = (list: readonly unknown[]): string => count(list.length)

/** `three trainings`. */
export const counted = (number: number, noun: string, nouns = `${noun}s`): string =>
  `${countWord(number)} ${number === 1 ? noun : nouns}`

/** Two significant digits are all that a number which is planned with is worth. */
export function roundUp(value: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  return count(Math.ceil(value / unit) * unit)
}

/** `6.61 to 7.30`, or one value where the two read alike. */
export function span(values: readonly Placed<number>[], format: (value: number) => string): Part {
  const sorted = [...values].sort((a, b) => a.value - b.value)
  const [least, most] = [shown(sorted[0]!, format), shown(sorted.at(-1)!, format)]
  return least.shown === most.shown ? least : prose`${least} to ${most}`
}

/** `+57.8 points [+52.1, +63.5]`; without bounds where it is exact. */
export function withInterval(
  estimate: Placed<Estimate>,
  format: (value: number) => string,
  unit = '',
): Sentence {
  const value = prose`${shown(estimate.of('value'), format)}${unit}`
  const { low, high } = estimate.value
  if (low === null || high === null) return prose`${value}`
  const bound = (key: 'low' | 'high'): Part => shown(estimate.of(key), (x) => format(x!))
  return prose`${value} [${bound('low')}, ${bound('high')}]`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly Part[]): Sentence {
  if (parts.length < 2) return joined(parts)
  return prose`${joined(parts.slice(0, -1), ', ')} and ${parts.at(-1)!}`
}
