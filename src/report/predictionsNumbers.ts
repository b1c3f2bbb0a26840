// How the predictions report writes its numbers: title, unit and digits of each measure. An interval has the digits of its
// kind, a change its sign; what is absent is a dash, whose reason stands below the table.
import type { Absent, Estimate } from '../schema/estimate.ts'
import type { MeasureName } from '../schema/predictions.ts'

type Measure = Estimate | Absent

/** `0`, `1.2e-5`, `0.0412`, `0.210`, `3.21`. */
export function nats(value: number): string {
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (size < 1e-3) return value.toExponential(1)
  return value.toFixed(size < 0.1 ? 4 : size < 1 ? 3 : size < 100 ? 2 : 0)
}

/** A share as percent: `93.4 %`, `0.02 %`, `+1.3 %`. A share below 1 is never rounded to 100 %. */
export function share(value: number, { isSigned = false } = {}): string {
  const percent = value * 100
  const size = Math.abs(percent)
  const sign = isSigned && value > 0 ? '+' : ''
  if (size === 0) return '0 %'
  if (size < 0.01) return `${sign}${percent.toExponential(1)} %`
  if (size === 100) return `${sign}${percent} %`
  const digits = size >= 99.9 ? Math.min(9, Math.ceil(-Math.log10(100 - size))) : size < 10 ? 2 : 1
  return `${sign}${percent.toFixed(digits)} %`
}

const signed =
  (show: (value: number) => string) =>
  (value: number): string =>
    `${value > 0 ? '+' : ''}${show(value)}`
const signedShare = (value: number): string => share(value, { isSigned: true })
const plain = (value: number): string => value.toFixed(3)
/** Near 1 as far from it as is measured. */
const ratio = (value: number): string => {
  const off = Math.abs(value - 1)
  return value.toFixed(off === 0 || off >= 0.001 ? 3 : Math.min(7, Math.ceil(-Math.log10(off)) + 1))
}

export const MEASURES: Readonly<Record<MeasureName, { title: string; show: (value: number) => string }>> = {
  kl: { title: 'KL(base || variant), nats', show: nats },
  klReverse: { title: 'KL(variant || base), nats', show: nats },
  js: { title: 'Jensen-Shannon, nats (at most 0.69)', show: nats },
  tv: { title: 'probability that moved (total variation)', show: share },
  topAgreement: { title: 'same most probable token', show: share },
  topOverlap: { title: 'shared among the 10 most probable', show: share },
  reciprocalRank: { title: "mean 1/rank of base's first choice", show: plain },
  deltaProb: { title: "change of next token's probability", show: signedShare },
  rmsDeltaProb: { title: 'the same, root mean square', show: share },
  deltaLogProb: { title: 'change of its log-probability, nats', show: signed(nats) },
  baseEntropy: { title: 'entropy of the base, nats', show: nats },
  deltaEntropy: { title: 'change of entropy, nats', show: signed(nats) },
  baseBitsPerByte: { title: 'bits per byte of the base', show: plain },
  variantBitsPerByte: { title: 'bits per byte of the variant', show: plain },
  deltaBitsPerByte: { title: 'change of bits per byte', show: signed(nats) },
  perplexityRatio: { title: 'perplexity, variant / base', show: ratio },
}

export const shown = (name: MeasureName, measure: Measure): string =>
  'absent' in measure ? '-' : MEASURES[name].show(measure.value)

/** `0.011 to 0.013`; empty where there is no sampling error. */
export function interval(name: MeasureName, measure: Measure): string {
  if ('absent' in measure || measure.low === null || measure.high === null) return '-'
  const { show } = MEASURES[name]
  const [low, high] = [show(measure.low), show(measure.high)]
  // The unit stands once.
  return low.endsWith(' %') && high.endsWith(' %') ? `${low.slice(0, -2)} to ${high}` : `${low} to ${high}`
}

export function zeroOf(name: MeasureName, measure: Measure): string {
  if ('absent' in measure || !measure.zero || 'absent' in measure.zero) return '-'
  return MEASURES[name].show(measure.zero.value)
}

export const reasonOf = (measure: Measure): string | undefined =>
  'absent' in measure ? measure.absent : undefined

/** `1234567` as `1,234,567`. */
export const grouped = (value: number): string => value.toLocaleString('en-US')
