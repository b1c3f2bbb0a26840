// Format apart from skill: the same comparison under every assembly rule, both sides under the same one.
import type { RuleRow } from '../schema/comparison.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { Rule } from '../schema/run.ts'
import type { Scores } from './answers.ts'
import { inOrder, pairScores } from './pairs.ts'

/** One side's scores under all rules, and the rule that it is scored under by default. */
export interface RuleScores {
  byRule: ReadonlyMap<Rule, Scores>
  rule: Rule
}

// Classes that say that the assembled text is no program of the wanted function.
const NOT_A_PROGRAM: readonly OutcomeClass[] = ['no-code', 'syntax', 'missing-name']

/** One row a rule. Rules under which fewer than two problems pair are left out. */
export function ruleRows(base: RuleScores, variant: RuleScores): RuleRow[] {
  const rows: RuleRow[] = []
  for (const [rule, baseScores] of base.byRule) {
    const variantScores = variant.byRule.get(rule)
    if (!variantScores || baseScores.byProblem.size < 2 || variantScores.byProblem.size < 2) continue
    const doesNotFit: ('base' | 'variant')[] = []
    if (!fits(baseScores)) doesNotFit.push('base')
    if (!fits(variantScores)) doesNotFit.push('variant')
    rows.push({
      rule,
      basePassed: passedProblems(baseScores),
      variantPassed: passedProblems(variantScores),
      delta: pairScores(baseScores.byProblem, variantScores.byProblem).delta,
      baseDiffers: changedProblems(base.byRule.get(base.rule)!, baseScores),
      variantDiffers: changedProblems(variant.byRule.get(variant.rule)!, variantScores),
      doesNotFit,
    })
  }
  return rows
}

/** Problems of which any repeat has another outcome (pass or not) than under the default rule. */
function changedProblems(usual: Scores, other: Scores): string[] {
  const changed = [...other.byProblem].filter(
    ([id, scores]) => String(usual.byProblem.get(id)) !== String(scores),
  )
  return inOrder(changed.map(([id]) => id))
}

/** Problems of which every repeat passes. */
export function passedProblems(scores: Scores): number {
  return [...scores.byProblem.values()].filter((repeats) => repeats.every((score) => score === 1)).length
}

// A rule that leaves more than half of a side's answers without the function says nothing of its skill.
function fits(scores: Scores): boolean {
  const samples = [...scores.byProblem.values()].reduce((sum, repeats) => sum + repeats.length, 0)
  const broken = NOT_A_PROGRAM.reduce((sum, name) => sum + (scores.failures[name] ?? 0), 0)
  return broken <= samples / 2
}
