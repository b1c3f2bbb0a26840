// How often an interval holds the truth: by simulation, and for one bit a problem also by summing over every table
// that can occur. Not a test itself.
import { binomialProbability } from '../../src/stats/binomial.ts'
import type { PairedCounts } from '../../src/stats/newcombe.ts'

/** Bounds as an Estimate has them. */
interface Bounds {
  low: number | null
  high: number | null
}

/** One supposed truth: probabilities of the four cells. */
export interface Truth {
  base: number
  discordance: number
  /** Share of the flips that are gains. */
  gainShare: number
  cells: PairedCounts
}

/** All truths of a grid that can be: no more can be lost than passes, no more gained than fails. */
export function truths(bases: number[], discordances: number[], gainShares: number[]): Truth[] {
  const list: Truth[] = []
  for (const base of bases) {
    for (const discordance of discordances) {
      for (const gainShare of gainShares) {
        const gained = discordance * gainShare
        const lost = discordance - gained
        if (lost > base + 1e-12 || gained > 1 - base + 1e-12) continue
        const cells = {
          both: Math.max(0, base - lost),
          lost,
          gained,
          neither: Math.max(0, 1 - base - gained),
        }
        list.push({ base, discordance, gainShare, cells })
      }
    }
  }
  return list
}

/** Whether the bounds hold a value; rounding of a bound that equals it does not count against them. */
export const holds = ({ low, high }: Bounds, value: number): boolean =>
  low! <= value + 1e-12 && high! >= value - 1e-12

/** One simulated interval and the truth that it should hold. */
export type Draw = () => { interval: Bounds; truth: number }

/** Share of `times` simulations whose interval holds the truth. */
export function simulatedCoverage(times: number, draw: Draw): number {
  let held = 0
  for (let i = 0; i < times; i++) {
    const { interval, truth } = draw()
    if (holds(interval, truth)) held++
  }
  return held / times
}

/**
 * The same, in batches until the share is four standard errors away from `bound` or `most` simulations are done: a
 * bound that is nearly met is not decided by chance.
 */
export function clearCoverage(draw: Draw, { bound = 0.93, batch = 500, most = 20_000 } = {}): number {
  let held = 0
  for (let done = batch; ; done += batch) {
    held += simulatedCoverage(batch, draw) * batch
    const share = held / done
    const error = Math.sqrt((bound * (1 - bound)) / done)
    if (done >= most || Math.abs(share - bound) > 4 * error) return share
  }
}

/** Chance that the interval of a paired table of n problems holds the true difference, to about 1e-7. */
export function exactCoverage(
  n: number,
  { cells }: Truth,
  interval: (counts: PairedCounts) => Bounds,
): number {
  const discordance = cells.lost + cells.gained
  const truth = cells.gained - cells.lost
  const bothShare = Math.min(1, cells.both / (1 - discordance))
  let covered = 0
  for (let m = 0; m <= n; m++) {
    const ofM = binomialProbability(m, n, discordance)
    if (ofM < 1e-11) continue
    for (let gained = 0; gained <= m; gained++) {
      const ofGained = ofM * binomialProbability(gained, m, Math.min(1, cells.gained / discordance))
      if (ofGained < 1e-12) continue
      for (let both = 0; both <= n - m; both++) {
        const chance = ofGained * binomialProbability(both, n - m, bothShare)
        if (chance < 1e-13) continue
        const bounds = interval({ both, lost: m - gained, gained, neither: n - m - both })
        if (holds(bounds, truth)) covered += chance
      }
    }
  }
  return covered
}

/** A multinomial table of n problems. */
export function drawCounts(n: number, { cells }: Truth, next: () => number): PairedCounts {
  const counts = { both: 0, lost: 0, gained: 0, neither: 0 }
  for (let i = 0; i < n; i++) {
    const x = next()
    if (x < cells.both) counts.both++
    else if (x < cells.both + cells.lost) counts.lost++
    else if (x < cells.both + cells.lost + cells.gained) counts.gained++
    else counts.neither++
  }
  return counts
}

/** Standard normal by Box and Muller. */
export function drawNormal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** Beta-distributed with the given mean and a + b = 1, by Jöhnk's method (1964). */
export function drawBeta(mean: number, next: () => number): number {
  for (;;) {
    const [x, y] = [next() ** (1 / mean), next() ** (1 / (1 - mean))]
    if (x + y > 0 && x + y <= 1) return x / (x + y)
  }
}

/**
 * How scores that are not one bit a problem come about. `size` draws how far a changed problem moves; `noise` what is
 * added to every score. All scores stay in [0, 1].
 */
export interface ScoreModel {
  name: string
  size: (next: () => number) => number
  meanSize: number
  /** Width of the uniform noise on each score. */
  noise: number
}

/** Paired scores of n problems; the true mean difference is `scoreTruth`. */
export function drawScores(
  n: number,
  truth: Truth,
  { model, next }: { model: ScoreModel; next: () => number },
): { base: number[]; variant: number[] } {
  const base = new Array<number>(n)
  const variant = new Array<number>(n)
  const { both, lost, gained } = truth.cells
  const scale = 1 - model.noise
  const noise = (): number => (model.noise > 0 ? model.noise * next() : 0)
  for (let i = 0; i < n; i++) {
    const x = next()
    const before = x < both + lost ? 1 : 0
    const moved = x >= both && x < both + lost + gained ? model.size(next) : 0
    base[i] = scale * before + noise()
    variant[i] = scale * (before === 1 ? 1 - moved : moved) + noise()
  }
  return { base, variant }
}

export const scoreTruth = ({ cells }: Truth, model: ScoreModel): number =>
  (cells.gained - cells.lost) * model.meanSize * (1 - model.noise)

const fifth = (next: () => number): number => (1 + Math.floor(next() * 5)) / 5

/** Means of five samples, shares of a rubric, one small step, and each of them under noise on every score. */
export const SCORE_MODELS: readonly ScoreModel[] = [
  { name: 'fifths', size: fifth, meanSize: 0.6, noise: 0 },
  { name: 'any size', size: (next) => next(), meanSize: 0.5, noise: 0 },
  { name: 'one fifth', size: () => 0.2, meanSize: 0.2, noise: 0 },
  { name: 'mostly one fifth', size: (next) => (next() < 0.9 ? 0.2 : 1), meanSize: 0.28, noise: 0 },
  { name: 'fifths, noisy', size: fifth, meanSize: 0.6, noise: 0.1 },
  { name: 'any size, noisy', size: (next) => next(), meanSize: 0.5, noise: 0.1 },
  { name: 'one fifth, noisy', size: () => 0.2, meanSize: 0.2, noise: 0.3 },
]

/** Changes of any size under so much noise that every problem counts: what the bootstrap is made for. */
export const MUCH_NOISE: ScoreModel = {
  name: 'much noise',
  size: (next) => next(),
  meanSize: 0.5,
  noise: 0.6,
}

/** Coverages of one interval over many truths: fails below `least`, prints the least and what is conservative. */
export class CoverageTable {
  readonly name: string
  readonly rows: { label: string; coverage: number }[] = []
  constructor(name: string) {
    this.name = name
  }
  add(label: string, coverage: number): void {
    this.rows.push({ label, coverage })
  }
  below(least: number): string[] {
    return this.rows
      .filter((row) => row.coverage < least)
      .map((row) => `${row.label}: ${percent(row.coverage)}`)
  }
  /** One line for the reader of the test's output; all that is conservative is named under `npm run soak`. */
  summary(): string {
    const least = this.rows.reduce((a, b) => (b.coverage < a.coverage ? b : a))
    const conservative = this.rows.filter((row) => row.coverage > 0.97)
    const mean = this.rows.reduce((sum, row) => sum + row.coverage, 0) / this.rows.length
    const shown = process.env.TUNEDIFF_SOAK ? conservative : conservative.slice(0, 4)
    const list = shown.map((row) => `${row.label} ${percent(row.coverage)}`).join('; ')
    const more = conservative.length - shown.length
    return `${this.name}: least ${percent(least.coverage)} (${least.label}), mean ${percent(mean)}; conservative (above 97 %) ${conservative.length} of ${this.rows.length}${list ? `: ${list}` : ''}${more > 0 ? ` and ${more} more` : ''}`
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`

/** `rate 0.9, discordance 5 %, 25 % gains`. */
export const truthLabel = (truth: Truth): string =>
  `rate ${truth.base}, flips ${+(truth.discordance * 100).toFixed(2)} %, gains ${truth.gainShare * 100} %`
