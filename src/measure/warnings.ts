// What a reader of a comparison must know besides its numbers. Each warning has a code that scripts can look for.
import type { Comparison, RuleRow, VariantReport, Warning } from '../schema/comparison.ts'
import type { Liveness } from '../schema/live.ts'
import type { Task } from '../schema/problem.ts'
import { sha256 } from '../util/hash.ts'
import { signedPoints } from '../util/numbers.ts'
import { idList, plural } from '../util/text.ts'
import type { Side, TaskSides } from './side.ts'
import { overlapWarning } from './visibleTests.ts'

// Recorded scores come without answers.
const EMPTY_TEXT = sha256('').slice(0, 16)

/** Warnings of one task's comparison, those that may overturn a finding first. */
export function comparisonWarnings(sides: TaskSides, comparison: Comparison): Warning[] {
  const warnings: Warning[] = []
  for (const variant of comparison.variants) {
    warnings.push(...ruleWarnings(comparison, variant), ...protocolWarnings(sides, variant))
  }
  warnings.push(...groupBySide([sides.base, ...sides.variants], sides.task))
  for (const variant of sides.variants) {
    warnings.push(...bothChanged(sides.base, variant), ...sameAnswers(sides.base, variant))
  }
  const absent = comparison.variants[0]?.zeroLine
  if (absent && 'absent' in absent && !isGreedy(sides.base)) {
    warnings.push({
      code: 'no-zero-line',
      message: `No zero line for ${comparison.base.name}: ${absent.absent}.`,
    })
  }
  return warnings
}

/** At temperature 0 this engine gives the same answers again. */
const isGreedy = ({ facts: { run } }: Side): boolean => run.asked?.asking.temperature === 0

/** Warnings about single sides; sides about which the same is to be said share a sentence. */
function groupBySide(sides: readonly Side[], task: Task | null): Warning[] {
  const groups = new Map<string, { code: string; text: string; names: string[] }>()
  for (const side of sides) {
    for (const { code, message } of sideWarnings(side, task)) {
      const group = groups.get(`${code} ${message}`) ?? { code, text: message, names: [] }
      groups.set(`${code} ${message}`, group)
      group.names.push(side.name)
    }
  }
  return [...groups.values()].map(({ code, text, names }) => ({
    code,
    message: `${names.length === sides.length && names.length > 2 ? 'All sides' : names.join(', ')}: ${text}`,
  }))
}

/** Rules under which the difference has the other sign: one sentence for those that fit both sides, one for the others. */
function ruleWarnings(comparison: Comparison, variant: VariantReport): Warning[] {
  const { base } = comparison
  const changed = variant.rules.filter((row) => row.delta.value * variant.delta.value < 0)
  const names = { base: base.name, variant: variant.name }
  const sentence = (rows: RuleRow[], why: string): Warning[] => {
    if (rows.length === 0) return []
    const cases = rows.map(
      (row) =>
        `${row.rule} (${row.basePassed} and ${row.variantPassed} passed, ${signedPoints(row.delta.value)} points)`,
    )
    const message = `${variant.name} against ${base.name} changes sign under ${cases.join(', ')}${why}.`
    return [{ code: 'sign-depends-on-rule', message }]
  }
  const misfits = changed.filter((row) => row.doesNotFit.length > 0)
  const sides = [...new Set(misfits.flatMap((row) => row.doesNotFit))].map((side) => names[side])
  return [
    ...sentence(
      changed.filter((row) => row.doesNotFit.length === 0),
      ': the finding depends on how answers are made into programs',
    ),
    ...sentence(
      misfits,
      `: rules that do not fit the answers of ${sides.join(' and ')}, most of which then define no function`,
    ),
  ]
}

function protocolWarnings(sides: TaskSides, variant: VariantReport): Warning[] {
  const warnings: Warning[] = []
  if (variant.fingerprintDiffers.length > 0) {
    warnings.push({
      code: 'protocol-differs',
      message: `${variant.name} and ${sides.base.name} differ in ${variant.fingerprintDiffers.join(', ')}: the difference is not the model's alone.`,
    })
  }
  if (variant.unpaired.length > 0) {
    warnings.push({
      code: 'unpaired',
      message: `${variant.name} against ${sides.base.name}: ${plural(variant.unpaired.length, 'problem')} scored on one side alone and left out: ${idList(variant.unpaired)}.`,
    })
  }
  return warnings
}

/** Sentences about one side, without its name. */
function sideWarnings(side: Side, task: Task | null): Warning[] {
  const { facts, scores } = side
  const { import: imported, asked } = facts.run
  const { skipped, rows, missing } = imported ?? { skipped: [], rows: 0, missing: [] }
  const warnings: Warning[] = []
  const add = (code: string, applies: boolean, message: () => string): void => {
    if (applies) warnings.push({ code, message: message() })
  }
  const { unjudged, borderline } = scores
  add(
    'not-live',
    verdictOf(side) === 'identical',
    () => 'it gives every log-probability of its base, to the bit, and was asked all the same.',
  )
  add(
    'unjudged',
    unjudged.length > 0,
    () => `${plural(unjudged.length, 'answer')} could not be judged and left out: ${idList(unjudged)}.`,
  )
  add(
    'missing',
    missing.length > 0,
    () => `no answer to ${plural(missing.length, 'problem')}: ${idList(missing)}.`,
  )
  add(
    'skipped',
    skipped.length > 0,
    () =>
      `${plural(skipped.length, 'row')} of ${rows} skipped on import, first line ${skipped[0]!.line}: ${skipped[0]!.reason}.`,
  )
  add(
    'limited',
    asked !== null && asked.limit !== null,
    () => `only the first ${plural(asked!.limit!, 'problem')} of the task were asked.`,
  )
  let [fewest, most] = [Number.POSITIVE_INFINITY, 0]
  for (const { length } of scores.byProblem.values())
    [fewest, most] = [Math.min(fewest, length), Math.max(most, length)]
  add(
    'uneven-repeats',
    fewest < most,
    () => `${fewest} to ${most} answers a problem; each problem counts once.`,
  )
  add(
    'borderline-time',
    borderline.length > 0,
    () =>
      `${plural(borderline.length, 'answer')} ran out of time or used more than half of it, so a slower machine may judge otherwise: ${idList(borderline)}.`,
  )
  add(
    'empty-answers',
    // A model that was asked here did say nothing.
    imported !== null && facts.emptyAnswers > 0,
    () =>
      `${plural(facts.emptyAnswers, 'empty answer')}: nothing was recorded or extracted there, which may say little of the model.`,
  )
  if (task?.kind === 'code') warnings.push(...overlapWarning(facts.visibleTests, task))
  const unknown = Object.entries(facts.run.fingerprint).filter(([, value]) => value === null)
  add(
    'not-recorded',
    unknown.length > 0,
    () => `the log does not record ${unknown.map(([key]) => key).join(', ')}.`,
  )
  return warnings
}

const verdictOf = ({ facts: { live } }: Side): Liveness['verdict'] | null =>
  live === undefined || 'absent' in live ? null : live.verdict

/** Answers that are equal to the letter on every problem: the variant may never have been asked, unless it is known to be live. */
function sameAnswers(base: Side, variant: Side): Warning[] {
  if (verdictOf(variant) === 'live') return []
  const shared = [...variant.facts.texts].filter(([id]) => base.facts.texts.has(id))
  if (shared.length < 2 || shared.some(([id, text]) => base.facts.texts.get(id) !== text)) return []
  if (shared.every(([, text]) => text === EMPTY_TEXT)) return []
  const message = `${variant.name} and ${base.name} give the same text to all ${shared.length} problems: was the variant live?`
  return [{ code: 'same-answers', message }]
}

function bothChanged(base: Side, variant: Side): Warning[] {
  const [ours, theirs] = [base.facts.run, variant.facts.run]
  const differ = (key: 'model' | 'solver'): boolean =>
    ours[key].name !== null && theirs[key].name !== null && ours[key].name !== theirs[key].name
  if (!differ('model') || !differ('solver')) return []
  return [
    {
      code: 'model-and-solver-changed',
      message: `${variant.name} has another model (${theirs.model.name}, base ${ours.model.name}) and another solver (${theirs.solver.name}, base ${ours.solver.name}): the difference cannot be given to either.`,
    },
  ]
}
