// The comparison report in words and tables: one source for terminal and Markdown.

import type { Comparison, ComparisonReport, SideReport, VariantReport } from '../schema/comparison.ts'
import type { Estimate } from '../schema/estimate.ts'
import { OUTCOME_CLASSES } from '../schema/outcomes.ts'
import { interval, points, pText, signedPoints } from '../util/numbers.ts'
import { idList, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

/** Everything that the report says, the findings last but for the warnings. */
export function comparisonBlocks(report: ComparisonReport): Block[] {
  const family = report.comparisons.reduce((sum, comparison) => sum + comparison.variants.length, 0)
  const blocks = report.comparisons.flatMap((comparison) => oneComparison(comparison, family))
  if (report.warnings.length > 0) {
    blocks.push(
      { kind: 'heading', text: 'Know before you quote' },
      { kind: 'list', items: report.warnings.map((warning) => warning.message) },
    )
  }
  const findings = report.comparisons.flatMap((c) =>
    c.variants.map((variant) => findingLine(report, c, variant)),
  )
  blocks.push({ kind: 'heading', text: findings.length === 1 ? 'Finding' : 'Findings' })
  for (const text of findings) blocks.push({ kind: 'finding', text })
  return blocks
}

function findingLine(report: ComparisonReport, comparison: Comparison, variant: VariantReport): string {
  return report.comparisons.length > 1 ? `${comparison.task}: ${variant.sentence}` : variant.sentence
}

function oneComparison(comparison: Comparison, family: number): Block[] {
  const { base, variants } = comparison
  const blocks: Block[] = [
    { kind: 'heading', text: `${comparison.task}: ${comparison.metric}, ${plural(comparison.n, 'problem')}` },
    scoreTable(base, variants, family),
    ...zeroLines(base, variants),
    ...variants.flatMap((variant) => flipList(variant, variants.length > 1)),
    ...failureTable([base, ...variants]),
    ...claimedTable([base, ...variants]),
    ...variants.flatMap((variant) => ruleTable(base, variant)),
  ]
  return blocks
}

function scoreTable(base: SideReport, variants: VariantReport[], family: number): Block {
  const holm = family > 1
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' })
  const side = (s: SideReport): string[] => [
    s.name,
    s.passed === null ? '' : `${s.passed} of ${s.n}`,
    percent(s.rate),
  ]
  const columns = [
    { title: '' },
    right('passed'),
    right('% [95 % interval]'),
    right('delta, points'),
    right('gained'),
    right('lost'),
    right('p'),
    ...(holm ? [right('p, Holm')] : []),
    right('80 % power from'),
  ]
  const pad = Array<string>(columns.length - 3).fill('')
  return {
    kind: 'table',
    columns,
    rows: [
      [`${base.name} (base)`, ...side(base).slice(1), ...pad],
      ...variants.map((v) => [
        ...side(v),
        `${signedPoints(v.delta.value)} ${interval(v.delta)}`,
        String(v.gained.length),
        String(v.lost.length),
        bareP(v.p),
        ...(holm ? [bareP(v.holmP)] : []),
        v.mde === null ? 'none' : `${points(v.mde)} points`,
      ]),
    ],
  }
}

const bareP = (p: number): string => pText(p).replace(/^p (= )?/, '')

function percent(rate: Estimate): string {
  const value = points(rate.value)
  if (rate.low === null || rate.high === null) return value
  return `${value} [${points(rate.low)}, ${points(rate.high)}]`
}

/** What base against itself reads, where the base has repeats; all variants share it. */
function zeroLines(base: SideReport, [variant]: VariantReport[]): Block[] {
  if (!variant || 'absent' in variant.zeroLine) return []
  const { flips, n } = variant.zeroLine
  const { zero } = variant.delta
  const delta = zero && !('absent' in zero) ? `, ${signedPoints(zero.value)} points ${interval(zero)}` : ''
  const text = `Zero line: between two answers of ${base.name} itself ${flips} of ${plural(n, 'problem')} flip${delta}. Gained and lost above compare means over all repeats, which flip more often by less.`
  return [{ kind: 'paragraph', text }]
}

function flipList(variant: VariantReport, named: boolean): Block[] {
  const behind = named ? ` by ${variant.name}` : ''
  const items = [
    ...(variant.gained.length > 0 ? [`Gained${behind}: ${idList(variant.gained, 60)}`] : []),
    ...(variant.lost.length > 0 ? [`Lost${behind}: ${idList(variant.lost, 60)}`] : []),
  ]
  return items.length > 0 ? [{ kind: 'list', items }] : []
}

function failureTable(sides: SideReport[]): Block[] {
  const classes = OUTCOME_CLASSES.filter((name) => sides.some((side) => (side.failures[name] ?? 0) > 0))
  if (classes.length === 0) return []
  return [
    { kind: 'paragraph', text: 'Why answers failed:' },
    {
      kind: 'table',
      columns: [{ title: '' }, ...classes.map((title) => ({ title, align: 'right' as const }))],
      rows: sides.map((side) => [side.name, ...classes.map((name) => String(side.failures[name] ?? 0))]),
    },
  ]
}

function claimedTable(sides: SideReport[]): Block[] {
  const claiming = sides.filter((side) => side.claimed !== null)
  if (claiming.length === 0) return []
  return [
    { kind: 'paragraph', text: 'Claimed by the log against reproduced here:' },
    {
      kind: 'table',
      columns: [
        { title: '' },
        { title: 'claimed', align: 'right' },
        { title: 'reproduced', align: 'right' },
        { title: 'differs at' },
      ],
      rows: claiming.map((side) => [
        side.name,
        String(side.claimed!.passed),
        side.passed === null ? '' : String(side.passed),
        idList(side.claimed!.differs, 12) || 'none',
      ]),
    },
  ]
}

// Three ids say where; more say how many. --json has all.
const fewIds = (ids: readonly string[]): string =>
  ids.length > 3 ? plural(ids.length, 'problem') : idList(ids)

function ruleTable(base: SideReport, variant: VariantReport): Block[] {
  // One rule was asked for: the scores above are its row.
  if (variant.rules.length < 2) return []
  const mark = (rule: string): string => {
    const by = [...(base.rule === rule ? ['base'] : []), ...(variant.rule === rule ? ['variant'] : [])]
    return by.length > 0 ? `${rule} (default of ${by.join(' and ')})` : rule
  }
  return [
    {
      kind: 'paragraph',
      text: `Both sides under each assembly rule (${base.name}, ${variant.name}); the score above is each side under its own default:`,
    },
    {
      kind: 'table',
      columns: [
        { title: 'rule' },
        { title: 'base', align: 'right' },
        { title: 'variant', align: 'right' },
        { title: 'delta, points', align: 'right' },
        { title: 'base differs at' },
        { title: 'variant differs at' },
        { title: '' },
      ],
      rows: variant.rules.map((row) => [
        mark(row.rule),
        String(row.basePassed),
        String(row.variantPassed),
        `${signedPoints(row.delta.value)} ${interval(row.delta)}`,
        fewIds(row.baseDiffers),
        fewIds(row.variantDiffers),
        row.doesNotFit.length > 0 ? `does not fit ${row.doesNotFit.join(' and ')}` : '',
      ]),
    },
  ]
}
