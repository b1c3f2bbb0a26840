// Mean half squared differences between answers that share a seed and a problem, one of the two, or neither: Koch's
// symmetric sums (1968, Technometrics 10:551). Their differences are unbiased for the variance components whatever the
// distribution and whichever cells are missing by chance, and equal to analysis of variance where none is.
import { checkScores } from './check.ts'

/** Scores of one training on one problem, a score a repeat. */
export interface Cell {
  seed: string | number
  problem: string | number
  scores: readonly number[]
}

/** Half squared differences, means over pairs of answers; null where the design has no such pair. */
export interface HalfSquares {
  /** Same seed, same problem: sampling. */
  both: number | null
  /** Same problem, other seed: seed + interaction + sampling. */
  problem: number | null
  /** Same seed, other problem: problem + interaction + sampling. */
  seed: number | null
  /** Other seed, other problem: all four. */
  neither: number | null
}

/** Count, sum and sum of squares of some answers. */
interface Sums {
  n: number
  total: number
  squares: number
}

/** Answers by seed and problem; empty cells have n = 0. */
export interface Design {
  /** By problem, then by seed. */
  cells: Sums[][]
  seeds: number
  /** Mean over seeds of 1/(problems of the seed): what a variance of problems is divided by in a training's score. */
  perProblem: number
  /** Mean over seeds of Σ 1/(repeats of the cell) / (problems of the seed)²: the same for sampling. */
  perAnswer: number
  answers: number
  /** Least difference of two scores that differ; 0 where none do. */
  step: number
}

/** Reads the cells; at least three problems. */
export function readDesign(cells: readonly Cell[]): Design {
  const seeds = [...new Set(cells.map(({ seed }) => seed))]
  const problems = [...new Set(cells.map(({ problem }) => problem))]
  if (problems.length < 3) throw new RangeError(`cells must hold at least 3 problems, got ${problems.length}`)
  const grid = problems.map(() => seeds.map((): Sums => ({ n: 0, total: 0, squares: 0 })))
  const place = new Map(problems.map((problem, i) => [problem, grid[i]!]))
  const column = new Map(seeds.map((seed, i) => [seed, i]))
  // Differences do not feel the centre; rounding does.
  const all = cells.flatMap(({ scores }) => scores)
  const centre = all.reduce((sum, score) => sum + score, 0) / all.length
  for (const { seed, problem, scores } of cells) {
    checkScores(`scores of seed ${seed}, problem ${problem}`, scores, 1)
    const cell = place.get(problem)![column.get(seed)!]!
    for (const score of scores) {
      cell.n++
      cell.total += score - centre
      cell.squares += (score - centre) ** 2
    }
  }
  const perSeed = seeds.map((_, s) => grid.map((row) => row[s]!).filter(({ n }) => n > 0))
  const mean = (values: number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length
  return {
    cells: grid,
    seeds: seeds.length,
    perProblem: mean(perSeed.map((list) => 1 / list.length)),
    perAnswer: mean(perSeed.map((list) => list.reduce((sum, { n }) => sum + 1 / n, 0) / list.length ** 2)),
    answers: all.length,
    step: leastStep(all),
  }
}

function leastStep(scores: readonly number[]): number {
  const values = [...new Set(scores)].sort((a, b) => a - b)
  const steps = values.slice(1).map((value, i) => value - values[i]!)
  return steps.length === 0 ? 0 : steps.reduce((least, step) => Math.min(least, step))
}

/** Pairs of answers (ordered, each answer with itself too) and the sum of their squared differences. */
interface Pairs {
  count: number
  sum: number
}

const pairsOf = ({ n, total, squares }: Sums): Pairs => ({
  count: n * n,
  sum: Math.max(0, 2 * (n * squares - total * total)),
})

const add = (a: Sums, b: Sums, sign = 1): Sums => ({
  n: a.n + sign * b.n,
  total: a.total + sign * b.total,
  squares: a.squares + sign * b.squares,
})

const NO_ANSWERS: Sums = { n: 0, total: 0, squares: 0 }
const sumOf = (list: readonly Sums[]): Sums => list.reduce((sum, x) => add(sum, x), NO_ANSWERS)
const pairsOfAll = (list: readonly Sums[]): Pairs =>
  list.map(pairsOf).reduce((a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }), {
    count: 0,
    sum: 0,
  })

/** The four mean half squares of all problems, and with each problem left out. */
export function halfSquares({ cells, seeds }: Design): { all: HalfSquares; without: HalfSquares[] } {
  const bySeed = Array.from({ length: seeds }, (_, s) => sumOf(cells.map((row) => row[s]!)))
  const ofCells = cells.map((row) => pairsOfAll(row))
  const ofProblems = cells.map((row) => pairsOf(sumOf(row)))
  const total = (list: readonly Pairs[]): Pairs =>
    list.reduce((a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }), { count: 0, sum: 0 })
  const [cellTotal, problemTotal] = [total(ofCells), total(ofProblems)]
  const minus = (a: Pairs, b: Pairs): Pairs => ({ count: a.count - b.count, sum: a.sum - b.sum })
  const all = means({ seeds: bySeed, cells: cellTotal, problems: problemTotal })
  const without = cells.map((row, p) =>
    means({
      seeds: bySeed.map((sums, s) => add(sums, row[s]!, -1)),
      cells: minus(cellTotal, ofCells[p]!),
      problems: minus(problemTotal, ofProblems[p]!),
    }),
  )
  const sides = [all, ...without]
  if (seeds > 1 && sides.some((half) => half.problem === null || half.seed === null || half.neither === null))
    throw new RangeError('cells of several seeds must share at least 3 problems')
  // One problem with repeats says nothing of how sampling differs between problems.
  const repeated = sides.every(({ both }) => both !== null)
  const told = (half: HalfSquares): HalfSquares => (repeated ? half : { ...half, both: null })
  return { all: told(all), without: without.map(told) }
}

function means(of: { seeds: Sums[]; cells: Pairs; problems: Pairs }): HalfSquares {
  const all = sumOf(of.seeds)
  const [everything, seeds] = [pairsOf(all), pairsOfAll(of.seeds)]
  const half = (count: number, sum: number): number | null => (count > 0 ? sum / count / 2 : null)
  const { cells, problems } = of
  return {
    both: half(cells.count - all.n, cells.sum),
    problem: half(problems.count - cells.count, problems.sum - cells.sum),
    seed: half(seeds.count - cells.count, seeds.sum - cells.sum),
    neither: half(
      everything.count - seeds.count - problems.count + cells.count,
      everything.sum - seeds.sum - problems.sum + cells.sum,
    ),
  }
}
