// Whether the most probable token's probability is the chance that it is the token that follows: expected calibration
// error over bins of equal mass (Naeini et al. 2015; Nixon et al. 2019) and Brier score of that one event. Correct: the
// following token's log-probability is that of the most probable one, so a tie with it counts.
import type { Absent, Estimate } from '../../schema/estimate.ts'
import type { Calibration, PredictionsVariantReport } from '../../schema/predictions.ts'
import { ratioEstimate } from '../../stats/index.ts'
import { joined } from './quantiles.ts'
import { COLUMN, ROW_LENGTH } from './rows.ts'

export const BINS = 15

export interface CalibrationColumns {
  /** The rows of one document; kept is one number a position and side. */
  add(tokens: Float32Array): void
  result(): PredictionsVariantReport['calibration']
}

export function openCalibration(): CalibrationColumns {
  const base = openSide(COLUMN.baseTopLogProb, COLUMN.baseLogProb)
  const variant = openSide(COLUMN.variantTopLogProb, COLUMN.variantLogProb)
  return {
    add(tokens) {
      base.add(tokens)
      variant.add(tokens)
    },
    result() {
      const sides = { base: base.result(), variant: variant.result() }
      return 'absent' in sides.base || 'absent' in sides.variant
        ? { absent: 'no token was scored' }
        : { base: sides.base, variant: sides.variant }
    },
  }
}

function openSide(topColumn: number, nextColumn: number) {
  // Confidence with the sign of correctness: a probability is above 0.
  const signed: Float32Array[] = []
  const brier: number[] = []
  return {
    add(tokens: Float32Array): void {
      let squares = 0
      const rows = Float32Array.from({ length: tokens.length / ROW_LENGTH }, (_, i) => {
        const top = tokens[i * ROW_LENGTH + topColumn]!
        const isCorrect = tokens[i * ROW_LENGTH + nextColumn] === top
        const confidence = Math.exp(top)
        squares += (confidence - Number(isCorrect)) ** 2
        return isCorrect ? confidence : -confidence
      })
      if (rows.length === 0) return
      signed.push(rows)
      brier.push(squares)
    },
    result(): Calibration | Absent {
      const units = { numerators: brier, denominators: signed.map(({ length }) => length) }
      if (signed.length === 0) return { absent: 'no token was scored' }
      const bins = equalMassBins(joined(signed))
      return {
        ece: expectedError(bins, signed.length),
        brier: ratioEstimate(units, { scale: 'log', min: 0, max: 1 }),
        bins: bins.map(({ confidence, correct, count }) => [confidence / count, correct / count, count]),
      }
    },
  }
}

interface Bin {
  count: number
  /** Sums over its positions; `chance` of c(1 - c). */
  confidence: number
  correct: number
  chance: number
}

/** Bin b holds the ranks floor(bn/BINS) to floor((b + 1)n/BINS) - 1; positions of one confidence share their hits. */
function equalMassBins(signed: Float32Array): Bin[] {
  const sorted = signed.sort((x, y) => Math.abs(x) - Math.abs(y))
  const n = sorted.length
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, correct: 0, chance: 0 }))
  for (let start = 0, bin = 0; start < n; ) {
    const confidence = Math.abs(sorted[start]!)
    let [end, hits] = [start, 0]
    for (; end < n && Math.abs(sorted[end]!) === confidence; end++) if (sorted[end]! > 0) hits++
    const share = hits / (end - start)
    for (; start < end; start++) {
      while (start >= Math.floor(((bin + 1) * n) / BINS)) bin++
      const into = bins[bin]!
      into.count++
      into.confidence += confidence
      into.correct += share
      into.chance += confidence * (1 - confidence)
    }
  }
  return bins.filter(({ count }) => count > 0)
}

/**
 * Σ |hits - confidence| of the bins / n. It is never 0 in a sample: its zero line is what it reads on average if each
 * confidence were the true chance and positions independent, Σ sqrt(2/π·Σ c(1 - c)) / n.
 */
function expectedError(bins: readonly Bin[], documents: number): Estimate {
  const n = bins.reduce((sum, { count }) => sum + count, 0)
  const total = (of: (bin: Bin) => number): number => bins.reduce((sum, bin) => sum + of(bin), 0) / n
  const bare = (value: number, method: string) => ({ value, low: null, high: null, n: documents, method })
  return {
    ...bare(
      total(({ correct, confidence }) => Math.abs(correct - confidence)),
      'no interval',
    ),
    zero: bare(
      total(({ chance }) => Math.sqrt((2 / Math.PI) * chance)),
      'chance',
    ),
  }
}
