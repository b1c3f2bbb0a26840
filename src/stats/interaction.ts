// Whether a scaffold helps the variant more than the base: the interaction of fine-tuning and scaffold.
import type { Estimate } from '../schema/estimate.ts'
import { checkPaired, checkScores } from './check.ts'
import { differenceEstimate, isUnit } from './paired.ts'

/** Scores of the same problems, paired by position, under the four cells of the grid. */
export interface Grid {
  base: readonly number[]
  variant: readonly number[]
  baseScaffold: readonly number[]
  variantScaffold: readonly number[]
}

/**
 * Mean of D = (variantScaffold - baseScaffold) - (variant - base) over problems, in the unit of the scores, with the
 * interval of a paired difference: SE = sd(D)/sqrt(n).
 */
export function interaction(grid: Grid): Estimate {
  const { base, variant, baseScaffold, variantScaffold } = grid
  const names = ['base', 'variant', 'baseScaffold', 'variantScaffold'] as const
  for (const name of names) {
    checkScores(name, grid[name], 2)
    checkPaired({ name: 'base', list: base }, { name, list: grid[name] })
  }
  const differences = base.map((score, i) => variantScaffold[i]! - baseScaffold[i]! - (variant[i]! - score))
  return differenceEstimate(differences, names.every((name) => isUnit(grid[name])) ? 2 : null)
}
