// How far a variant's predictions are from its base's, in one sentence with its evidence; fixed rules, no score. Each
// number stands beside its interval and zero line; what an interval cannot decide is said to be undecided.
import type { Absent, Estimate } from '../../schema/estimate.ts'
import type { PredictionMeasures, PredictionsVariantReport } from '../../schema/predictions.ts'
import { plural } from '../../util/text.ts'
import { rulerWords } from './ruler.ts'

/** One tail of the changes is called heavier where it is this many times the other, at 1 and at 5 % alike. */
const SKEWED = 1.25

export interface PredictionsFinding {
  finding: string
  evidence: string[]
}

export interface FindingInput {
  base: string
  variant: string
  whole: PredictionMeasures
  corpora: readonly ({ name: string } & PredictionMeasures)[]
  quantiles: PredictionsVariantReport['quantiles']
  calibration: PredictionsVariantReport['calibration']
  /** Base against itself: in another batch shape, and quantised to 4 bits. */
  zero: { batchShape: PredictionMeasures | Absent; nf4: PredictionMeasures | Absent }
}

export function predictionsFinding(input: FindingInput): PredictionsFinding {
  const { whole } = input
  if (whole.documents === 0)
    return {
      finding: `Nothing can be said of ${input.variant} and ${input.base}: no token was scored.`,
      evidence: [],
    }
  if ('absent' in whole.tv) return { finding: bytesSentence(input), evidence: bytesEvidence(input) }
  if (isIdentical(whole)) return { finding: identicalSentence(input), evidence: [] }
  return {
    finding: sentence(input),
    evidence: [
      ...nf4Evidence(input),
      ...corporaEvidence(input),
      ...topEvidence(input),
      ...bytesEvidence(input),
      ...skewEvidence(input),
      ...entropyEvidence(input),
      ...calibrationEvidence(input),
    ],
  }
}

const extent = ({ tokens, documents }: PredictionMeasures): string =>
  `${plural(tokens, 'token')} of ${plural(documents, 'document')}`

/** All that is summed is 0, as it is for equal logits. */
function isIdentical({ tv, kl }: PredictionMeasures): boolean {
  return !('absent' in tv) && tv.value === 0 && !('absent' in kl) && kl.value === 0
}

function identicalSentence({ base, variant, whole }: FindingInput): string {
  return `${variant} is identical to ${base} in its predictions: no probability differs at any of ${extent(whole)}.`
}

function sentence({ base, variant, whole, zero }: FindingInput): string {
  const { kl } = whole
  if ('absent' in kl) {
    const js = 'absent' in whole.js ? '' : `; Jensen-Shannon ${nats(whole.js)} of at most 0.693 nats`
    return `${variant} is infinitely far from ${base} by KL (${kl.absent})${js}.`
  }
  const zeros = [
    zeroWords('in another batch shape', zero.batchShape),
    zeroWords('in 4 bits (nf4)', zero.nf4),
  ].join('; ')
  const size = `${nats(kl)} nats a token`
  const line = 'absent' in zero.batchShape ? zero.batchShape : zero.batchShape.kl
  if (!('absent' in line) && !isAbove(kl, line))
    return `Cannot tell ${variant} from ${base}: it is ${size} away, which is not above the zero line (base against itself ${zeros}).`
  return `${variant} is ${size} from ${base} (base against itself ${zeros}): ${rulerWords(kl.value)}.`
}

function zeroWords(how: string, measures: PredictionMeasures | Absent): string {
  const kl = 'absent' in measures ? measures : measures.kl
  return 'absent' in kl ? `${how}: not measured, ${kl.absent}` : `${how}: ${digits(kl.value)}`
}

/** Where either has no interval, by its value. */
const isAbove = (x: Estimate, line: Estimate): boolean => (x.low ?? x.value) > (line.high ?? line.value)

/** On the same documents only, if at all: the zero line was measured on the first ones. */
function nf4Evidence({ whole, zero, base }: FindingInput): string[] {
  const { kl } = whole
  if ('absent' in kl || 'absent' in zero.nf4 || 'absent' in zero.nf4.kl) return []
  const line = zero.nf4.kl
  const first = `4 bits move ${base} by ${nats(line)} (${extent(zero.nf4)})`
  if (isAbove(kl, line)) return [`Further than quantisation: ${first}.`]
  if (isAbove(line, kl)) return [`Less far than quantisation: ${first}.`]
  return [`Cannot tell whether it is further than quantisation: ${first}.`]
}

function corporaEvidence({ corpora }: FindingInput): string[] {
  const found = corpora
    .flatMap(({ name, kl }) => ('absent' in kl ? [] : [{ name, kl }]))
    .sort((x, y) => y.kl.value - x.kl.value)
  const [most, least] = [found[0], found.at(-1)]
  if (!most || !least || found.length < 2) return []
  const words = `KL is largest on ${most.name} (${nats(most.kl)}), smallest on ${least.name} (${nats(least.kl)})`
  return [isAbove(most.kl, least.kl) ? `${words}.` : `${words}; their intervals overlap.`]
}

function topEvidence({ whole, zero }: FindingInput): string[] {
  const { topAgreement } = whole
  if ('absent' in topAgreement) return []
  const line = 'absent' in zero.batchShape ? zero.batchShape : zero.batchShape.topAgreement
  const alone = 'absent' in line ? '' : `; base against itself ${percent(line.value)}`
  return [
    `The most probable token is the same at ${percent(topAgreement.value)}${bounds(topAgreement, percent)} of positions${alone}.`,
  ]
}

/** Where bits per byte rose on a text, the variant has forgotten something of it; where they fell, it has learnt. */
function bytesEvidence({ whole, corpora }: FindingInput): string[] {
  const parts = corpora.length > 1 ? corpora : [{ ...whole, name: corpora[0]?.name ?? 'all texts' }]
  return parts.flatMap(({ name, baseBitsPerByte, variantBitsPerByte, deltaBitsPerByte: delta }) => {
    if ('absent' in delta || 'absent' in baseBitsPerByte || 'absent' in variantBitsPerByte) return []
    const levels = `${digits(baseBitsPerByte.value)} to ${digits(variantBitsPerByte.value)}`
    return [
      `Bits per byte on ${name}: ${levels}, ${signed(delta.value)}${bounds(delta, signed)}: ${direction(delta)}.`,
    ]
  })
}

function direction({ value, low, high }: Estimate): string {
  if (value === 0) return 'no change'
  if (low === null || high === null)
    return `${value > 0 ? 'worse' : 'better'} on this text, no interval to tell from chance`
  if (low > 0) return 'the variant predicts it worse'
  return high < 0 ? 'the variant predicts it better' : 'cannot tell which predicts it better'
}

function bytesSentence({ base, variant, whole }: FindingInput): string {
  const why = `The tokenizers of ${base} and ${variant} differ, so only bits per byte can be compared`
  const { baseBitsPerByte, variantBitsPerByte, deltaBitsPerByte: delta } = whole
  if ('absent' in delta || 'absent' in baseBitsPerByte || 'absent' in variantBitsPerByte)
    return `${why}, and ${'absent' in delta ? delta.absent : 'they are not known'}.`
  const levels = `${variant} needs ${digits(variantBitsPerByte.value)}, ${base} ${digits(baseBitsPerByte.value)}`
  return `${why}: ${levels} (delta ${signed(delta.value)}${bounds(delta, signed)}; ${direction(delta)}) over ${extent(whole)}.`
}

function skewEvidence({ quantiles }: FindingInput): string[] {
  if ('absent' in quantiles) return []
  const at = (percent: number): number => quantiles.deltaProb.find(([p]) => p === percent)?.[1] ?? 0
  const down = [Math.max(0, -at(1)), Math.max(0, -at(5))]
  const up = [Math.max(0, at(99)), Math.max(0, at(95))]
  if (down[0] === 0 && up[0] === 0) return []
  const numbers = `percentiles 1 and 99: ${signedPoints(at(1))} and ${signedPoints(at(99))} points, 5 and 95: ${signedPoints(at(5))} and ${signedPoints(at(95))}`
  const heavier = (x: number[], y: number[]): boolean => x.every((value, i) => value > SKEWED * y[i]!)
  const words = heavier(down, up)
    ? 'falls further than it rises, as with a loss'
    : heavier(up, down)
      ? 'rises further than it falls, as with a gain'
      : 'moves alike both ways, as with noise'
  return [`The probability of the token that follows ${words} (${numbers}).`]
}

function entropyEvidence({ whole }: FindingInput): string[] {
  const { deltaEntropy: delta, baseEntropy } = whole
  if ('absent' in delta || 'absent' in baseEntropy || delta.low === null || delta.high === null) return []
  const numbers = `entropy ${signed(delta.value)}${bounds(delta, signed)} from ${digits(baseEntropy.value)} nats`
  if (delta.high < 0) return [`Surer of itself: ${numbers}.`]
  return delta.low > 0
    ? [`Less sure of itself: ${numbers}.`]
    : [`Cannot tell whether it is surer of itself: ${numbers}.`]
}

function calibrationEvidence({ calibration }: FindingInput): string[] {
  if ('absent' in calibration) return []
  const { base, variant } = calibration
  const [from, to] = [base.ece, variant.ece]
  const [before, after] = [base.brier, variant.brier]
  if ('absent' in from || 'absent' in to || 'absent' in before || 'absent' in after) return []
  const chance =
    from.zero && !('absent' in from.zero) ? ` (chance alone gives ${percent(from.zero.value)})` : ''
  return [
    `Calibration error ${percent(from.value)} to ${percent(to.value)}${chance}; Brier score ${digits(before.value)} to ${digits(after.value)}.`,
  ]
}

const nats = (estimate: Estimate): string => `${digits(estimate.value)}${bounds(estimate, digits)}`

/** ` [low, high]`; empty where there is no interval. */
function bounds({ low, high }: Estimate, format: (x: number) => string): string {
  return low === null || high === null ? '' : ` [${format(low)}, ${format(high)}]`
}

/** Three significant digits; 1.2e-9 where there would be many zeros. */
export function digits(x: number): string {
  if (x === 0) return '0'
  const size = Math.abs(x)
  if (size < 1e-4 || size >= 1e5) return x.toExponential(1)
  return x.toPrecision(3).includes('e') ? x.toFixed(0) : x.toPrecision(3)
}

const signed = (x: number): string => (x > 0 ? `+${digits(x)}` : digits(x))

/** A fraction in percent; near the ends of the scale with the digits that tell it from them. */
function percent(share: number): string {
  const rest = Math.min(share, 1 - share) * 100
  if (rest === 0) return share > 0.5 ? '100 %' : '0 %'
  const places = rest >= 0.95 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(rest)))
  return `${(share * 100).toFixed(places)} %`
}

/** A fraction in points with its sign. */
function signedPoints(fraction: number): string {
  const points = fraction * 100
  return points > 0 ? `+${digits(points)}` : digits(points)
}
