// One token from logits: the most probable, or a draw from softmax(logits / temperature), restricted to the topK most
// probable and then to the smallest set of those with at least topP of what is left (nucleus sampling, arXiv 1904.09751).
// In fp64, from one number of the caller's random stream a token.
import { logTotalOf } from './logProb.ts'

export interface SamplingRule {
  /** 0: the most probable token (the lowest id of equals). */
  temperature: number
  topK?: number | undefined
  topP?: number | undefined
}

export interface Choice {
  id: number
  /** Natural logarithm of the model's own probability: temperature 1, no token left out. */
  logProb: number
}

/** `draw` gives a number in [0, 1); it is called once, unless the temperature is 0. */
export function chooseToken(logits: Float32Array, rule: SamplingRule, draw: () => number): Choice {
  const top = mostProbable(logits)
  const maximum = logits[top]!
  const logTotal = logTotalOf(logits, maximum)
  const id = rule.temperature === 0 ? top : drawn(logits, maximum, rule, draw())
  return { id, logProb: logits[id]! - maximum - logTotal }
}

function mostProbable(logits: Float32Array): number {
  let top = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[top]!) top = i
  return top
}

function drawn(logits: Float32Array, maximum: number, rule: SamplingRule, uniform: number): number {
  const { temperature, topK = logits.length, topP = 1 } = rule
  const weights = new Float64Array(logits.length)
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.exp((logits[i]! - maximum) / temperature)
    total += weights[i]!
  }
  if (topK >= logits.length && topP >= 1) return at(weights.keys(), weights, uniform * total)
  const kept = restricted(logits, weights, { total, topK, topP })
  return at(kept, weights, uniform * sum(kept, weights))
}

/** The first of `ids` at which the weights so far exceed `mark`. */
function at(ids: Iterable<number>, weights: Float64Array, mark: number): number {
  let passed = 0
  let last = 0
  for (const id of ids) {
    const weight = weights[id]!
    passed += weight
    if (passed > mark) return id
    if (weight > 0) last = id
  }
  return last
}

const sum = (ids: readonly number[], weights: Float64Array): number =>
  ids.reduce((total, id) => total + weights[id]!, 0)

interface Restriction {
  total: number
  topK: number
  topP: number
}

/** Ids from the largest logit on, the lower of equals first. Weights are at most 1. */
function restricted(
  logits: Float32Array,
  weights: Float64Array,
  { total, topK, topP }: Restriction,
): number[] {
  const isCounted = topK < weights.length
  // Few are heavy: only those above a floor are sorted, and the floor falls until they are enough.
  for (let floor = 1e-3; ; floor *= 1e-3) {
    const heavy: number[] = []
    for (let id = 0; id < weights.length; id++) if (weights[id]! >= floor) heavy.push(id)
    const isAll = heavy.length === weights.length
    const isEnough = isCounted ? heavy.length >= topK : sum(heavy, weights) >= topP * total
    if (!isEnough && !isAll) continue
    heavy.sort((one, other) => logits[other]! - logits[one]! || one - other)
    const counted = isCounted ? heavy.slice(0, topK) : heavy
    return nucleus(counted, weights, topP * (isCounted ? sum(counted, weights) : total))
  }
}

function nucleus(ids: readonly number[], weights: Float64Array, mass: number): number[] {
  let passed = 0
  const end = ids.findIndex((id) => {
    passed += weights[id]!
    return passed >= mass
  })
  return end < 0 ? [...ids] : ids.slice(0, end + 1)
}
