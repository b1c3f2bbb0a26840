// The quantiles that llama-perplexity prints, over all scored positions: exact, by sorting. Between two order statistics
// by straight line at rank 1 + q(n - 1), from the least: llama-perplexity's rule, NumPy's default (Hyndman and Fan 1996,
// type 7). 100 is the maximum, 0 the minimum.
import type { Absent } from '../../schema/estimate.ts'
import type { PredictionsVariantReport } from '../../schema/predictions.ts'
import { deltaProb } from './pooled.ts'
import { COLUMN, ROW_LENGTH } from './rows.ts'

const KL_PERCENTS = [100, 99.9, 99, 95, 90, 50, 10, 5, 1, 0.1, 0] as const
const DELTA_PERCENTS = [100, 99.9, 99, 95, 90, 75, 50, 25, 10, 5, 1, 0.1, 0] as const

export type Quantiles = Exclude<PredictionsVariantReport['quantiles'], Absent>

export interface QuantileColumns {
  /** The rows of one document; kept are two numbers a position. */
  add(tokens: Float32Array): void
  result(): Quantiles | Absent
}

export function openQuantiles(): QuantileColumns {
  const kl: Float32Array[] = []
  const delta: Float32Array[] = []
  return {
    add(tokens) {
      const rows = tokens.length / ROW_LENGTH
      kl.push(Float32Array.from({ length: rows }, (_, i) => tokens[i * ROW_LENGTH + COLUMN.kl]!))
      delta.push(
        Float32Array.from({ length: rows }, (_, i) =>
          deltaProb(
            tokens[i * ROW_LENGTH + COLUMN.baseLogProb]!,
            tokens[i * ROW_LENGTH + COLUMN.variantLogProb]!,
          ),
        ),
      )
    },
    result() {
      const sorted = { kl: joined(kl).sort(), deltaProb: joined(delta).sort() }
      if (sorted.kl.length === 0) return { absent: 'no token was scored' }
      if (sorted.kl.at(-1) === Number.POSITIVE_INFINITY)
        return { absent: 'the divergence is infinite at some positions' }
      return {
        kl: KL_PERCENTS.map((percent) => [percent, quantile(sorted.kl, percent)]),
        deltaProb: DELTA_PERCENTS.map((percent) => [percent, quantile(sorted.deltaProb, percent)]),
      }
    },
  }
}

function quantile(sorted: Float32Array, percent: number): number {
  const at = (percent / 100) * (sorted.length - 1)
  const below = Math.floor(at)
  const part = at - below
  const low = sorted[below]!
  return part === 0 ? low : low + part * (sorted[below + 1]! - low)
}

/** One array of many. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
