// `applied` in words and tables: the verdict first, then every adapter tensor that is not as it should be, then the rest.
import type { AppliedReport, AppliedStatus, AppliedTensor } from '../measure/applied/types.ts'
import type { TableBlock } from '../schema/blocks.ts'
import { countWord, oneLine, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

const MAX_NAMED = 4
const MAX_FAILED_ROWS = 60
const MAX_GOOD_ROWS = 12
const MAX_ITEMS = 20

const STATUS: Readonly<Record<AppliedStatus, string>> = {
  exact: 'applied exactly',
  'within-rounding': 'applied within rounding',
  'other-strength': 'other strength',
  'other-factors': 'other factors',
  'not-applied': 'not applied',
  altered: 'altered otherwise',
  'no-effect': 'cannot tell',
}

const isGood = ({ status }: AppliedTensor): boolean => status === 'exact' || status === 'within-rounding'
const isFailed = (tensor: AppliedTensor): boolean => !isGood(tensor) && tensor.status !== 'no-effect'

/** The whole model in one sentence. */
export function appliedSentence(report: AppliedReport): string {
  if (report.verdict === 'applied') return appliedText(report)
  return report.verdict === 'not-applied' ? notAppliedText(report) : cannotTellText(report)
}

function appliedText({ merged, tensors, others }: AppliedReport): string {
  const good = tensors.filter(isGood)
  const exact = good.filter(({ status }) => status === 'exact').length
  const rounded = good.length - exact
  const how =
    rounded === 0
      ? 'exactly'
      : exact === 0
        ? 'within rounding'
        : `${exact} exactly and ${rounded} within rounding`
  const silent = tensors.length - good.length
  const orders = [...new Set(good.map(({ order }) => order))]
  const what = good.length === 1 ? 'the one adapter tensor' : `all ${good.length} adapter tensors`
  return (
    `Applied: ${merged} holds ${what}, ${how}${orders.length === 1 ? ` (${orders[0]})` : ''}` +
    `${silent > 0 ? `; ${plural(silent, 'more changes nothing', 'more change nothing')}` : ''}.` +
    `${others.checked > 0 ? ` The other ${plural(others.checked, 'tensor is', 'tensors are')} the base's.` : ''}`
  )
}

function notAppliedText({ merged, tensors, others }: AppliedReport): string {
  const good = tensors.filter(isGood)
  const failed = tensors.filter(isFailed)
  const isCopy = others.altered.length === 0 && failed.every(({ status }) => status === 'not-applied')
  if (good.length === 0 && isCopy) {
    const count =
      failed.length === 1 ? 'the one adapter tensor is' : `all ${failed.length} adapter tensors are`
    return `Not applied: ${merged} is a copy of the base; ${count} missing from it.`
  }
  const groups = [...groupBy(failed)].map(([what, group]) => `${what}: ${named(group)}`)
  const all = [...groups, ...alteredTexts(others.altered)].map(capital).join('. ')
  const count = `${good.length} of ${good.length + failed.length} adapter tensors are in ${merged} as they should be`
  const start =
    failed.length === 0
      ? 'Not the merge'
      : good.length === 0
        ? 'Not applied as the adapter says'
        : 'Not applied in full'
  return `${start}: ${count}. ${all}.`
}

function alteredTexts(altered: AppliedReport['others']['altered']): string[] {
  if (altered.length === 0) return []
  const differ = `${plural(altered.length, 'tensor')} that no adapter touches ${altered.length === 1 ? 'differs' : 'differ'} from the base`
  if (altered.every(({ roundsToBase }) => roundsToBase)) {
    return [
      `${differ}, and ${altered.length === 1 ? 'is it' : 'are it'} when rounded: the merge was made on a finer copy of this base, so name that one`,
    ]
  }
  return [`${differ}: ${named(altered)}`]
}

/** By what is wrong: the note where it says more than the status. */
function groupBy(failed: readonly AppliedTensor[]): Map<string, AppliedTensor[]> {
  const groups = new Map<string, AppliedTensor[]>()
  for (const tensor of failed) {
    const isOwn = tensor.status === 'altered' || tensor.status === 'not-applied'
    const what = isOwn || !tensor.note ? STATUS[tensor.status] : tensor.note
    groups.set(what, [...(groups.get(what) ?? []), tensor])
  }
  return groups
}

function cannotTellText(report: AppliedReport): string {
  const { merged, tensors, unaccounted, others } = report
  const reasons: string[] = []
  const silent = tensors.filter(({ status }) => status === 'no-effect')
  if (silent.length > 0 && silent.length === tensors.length) {
    const whys = [...new Set(silent.map(({ note }) => note))].join(', or ')
    reasons.push(`${whys}, so the base and a merge look alike (${plural(silent.length, 'tensor')})`)
  }
  if (unaccounted.length > 0) {
    const names = named(unaccounted.map(({ name }) => ({ tensor: name })))
    reasons.push(
      `${plural(unaccounted.length, 'part of the adapter is', 'parts of the adapter are')} not accounted for: ${names} (${oneLine(unaccounted[0]!.reason, 120)})`,
    )
  }
  const unmatched = [...others.onlyBase, ...others.onlyMerged].map((tensor) => ({ tensor }))
  if (unmatched.length > 0) {
    reasons.push(
      `${plural(unmatched.length, 'tensor is', 'tensors are')} in one of base and ${merged} only: ${named(unmatched)}`,
    )
  }
  if (reasons.length === 0) reasons.push('no tensor of an adapter was checked')
  return `Cannot tell: ${reasons.join('; ')}.`
}

function named(tensors: readonly { tensor: string }[]): string {
  const shown = tensors.slice(0, MAX_NAMED).map(({ tensor }) => tensor)
  return (
    shown.join(', ') +
    (tensors.length > MAX_NAMED ? ` and ${countWord(tensors.length - MAX_NAMED)} more` : '')
  )
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export function appliedBlocks(report: AppliedReport): Block[] {
  const failed = report.tensors.filter((tensor) => !isGood(tensor))
  const good = report.tensors.filter(isGood)
  const blocks: Block[] = [{ kind: 'finding', text: appliedSentence(report) }]
  if (failed.length > 0) blocks.push(...tableBlocks(failed, MAX_FAILED_ROWS))
  if (good.length > 0) {
    if (failed.length > 0) blocks.push({ kind: 'paragraph', text: 'As they should be:' })
    blocks.push(...tableBlocks(good, failed.length > 0 ? MAX_GOOD_ROWS : MAX_FAILED_ROWS))
  }
  const items = [
    ...report.others.altered.map(
      ({ tensor, equalShare }) =>
        `${tensor}: no adapter touches it, and ${percent(equalShare)} of it is the base's`,
    ),
    ...report.unaccounted.map(({ name, reason }) => `${name}: not accounted for, ${reason}`),
    ...report.others.onlyBase.map((name) => `${name}: only in the base`),
    ...report.others.onlyMerged.map((name) => `${name}: only in ${report.merged}`),
  ]
  if (items.length > MAX_ITEMS)
    items.splice(MAX_ITEMS, items.length, `and ${items.length - MAX_ITEMS} more (--json lists all)`)
  if (items.length > 0) blocks.push({ kind: 'list', items })
  return blocks
}

function tableBlocks(tensors: readonly AppliedTensor[], max: number): Block[] {
  const table: TableBlock = {
    kind: 'table',
    columns: [
      { title: 'tensor', maxWidth: 48 },
      { title: 'method' },
      { title: 'is' },
      { title: 'equal', align: 'right' },
      { title: 'off by, ulp', align: 'right' },
      { title: 'strength', align: 'right' },
      { title: 'besides', align: 'right' },
      { title: 'rounding alone', align: 'right' },
      { title: 'what' },
    ],
    rows: tensors
      .slice(0, max)
      .map((tensor) => [
        tensor.tensor,
        tensor.method,
        STATUS[tensor.status],
        percent(tensor.equalShare),
        tensor.maxUlps === 0 ? '0' : tensor.maxUlps.toPrecision(2),
        number(tensor.strength, 4),
        number(tensor.residual, 2),
        number(tensor.roundingResidual, 2),
        tensor.note ?? tensor.order,
      ]),
  }
  const more = tensors.length - max
  return more > 0 ? [table, { kind: 'paragraph', text: `and ${more} more (--json lists all)` }] : [table]
}

/** Never 100 % where one element differs. */
function percent(share: number): string {
  if (share === 1) return '100 %'
  return `${(Math.floor(share * 1e4) / 100).toFixed(2)} %`
}

const number = (value: number | null, digits: number): string =>
  value === null
    ? ''
    : value !== 0 && Math.abs(value) < 0.001
      ? value.toExponential(1)
      : value.toPrecision(digits)
