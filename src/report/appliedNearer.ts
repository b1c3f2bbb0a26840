// `applied` judged by predictions, in words and tables: the verdict, then the three sides of the triangle with their
// intervals, then what decided.
import type { PredictionsJudgement } from '../measure/applied/types.ts'
import type { TableBlock } from '../schema/blocks.ts'
import type { Absent, Estimate } from '../schema/estimate.ts'
import { plural } from '../util/text.ts'
import type { Block } from './blocks.ts'
import { nats } from './predictionsNumbers.ts'

export function nearerSentence(found: PredictionsJudgement): string {
  const { merged, verdict, js, reason } = found
  const distances = `${nats(js.toAdapted.value)} nats from base + adapter, ${nats(js.toBase.value)} from the base`
  if (verdict === 'applied') {
    return `Applied, as far as predictions tell: ${merged} is nearer to base + adapter than to the base (${distances}${alongText(found)}).`
  }
  if (verdict === 'not-applied') {
    return `Not applied, as far as predictions tell: ${merged} is nearer to the base than to base + adapter (${distances}${alongText(found)}).`
  }
  return `Cannot tell: ${reason} (${merged} is ${distances}; the adapter moves the base by ${nats(js.effect.value)}).`
}

function alongText({ along }: PredictionsJudgement): string {
  return 'absent' in along ? '' : `; ${along.value.toFixed(2)} of the way`
}

export function nearerBlocks(found: PredictionsJudgement): Block[] {
  return [
    { kind: 'finding', text: nearerSentence(found) },
    sidesTable(found),
    decidingTable(found),
    { kind: 'list', items: items(found) },
  ]
}

function sidesTable({ merged, js, kl }: PredictionsJudgement): TableBlock {
  const row = (title: string, side: keyof typeof js): string[] => [
    title,
    nats(js[side].value),
    interval(js[side]),
    'absent' in kl[side] ? '-' : nats(kl[side].value),
  ]
  return {
    kind: 'table',
    columns: [
      { title: 'from', maxWidth: 60 },
      { title: 'Jensen-Shannon, nats', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'KL, nats', align: 'right' },
    ],
    rows: [
      row(`base to ${merged}`, 'toBase'),
      row(`base + adapter to ${merged}`, 'toAdapted'),
      row('base to base + adapter', 'effect'),
    ],
  }
}

function decidingTable({ nearer, clear, along }: PredictionsJudgement): TableBlock {
  const shorter = nearer.value > 0 ? 'second' : 'first'
  const row = (title: string, estimate: Estimate | Absent, show = nats): string[] =>
    'absent' in estimate ? [title, '-', '-'] : [title, show(estimate.value), interval(estimate, show)]
  return {
    kind: 'table',
    columns: [
      { title: 'what decides', maxWidth: 60 },
      { title: 'is', align: 'right' },
      { title: '95 % interval', align: 'right' },
    ],
    rows: [
      row('nearer to base + adapter by (first - second)', nearer),
      row(`the adapter does more than is left by (third - 2 x ${shorter})`, clear),
      row('place between base (0) and base + adapter (1)', along, (value) => value.toFixed(2)),
    ],
  }
}

const interval = ({ low, high }: Estimate, show = nats): string =>
  low === null || high === null ? '-' : `${show(low)} to ${show(high)}`

function items({ verdict, notes, merged, quantised, texts }: PredictionsJudgement): string[] {
  const found = [
    ['base', notes.base],
    [merged, notes.merged],
  ].flatMap(([name, note]) => (note ? [`${name}: ${note}`] : []))
  if (quantised.defined.length > 0) {
    found.push(`base and base + adapter are measured quantised as it is, in ${quantised.defined.join(', ')}`)
  }
  if (quantised.others.length > 0) {
    found.push(
      `in ${quantised.others.join(', ')} they are not: only the tool that wrote ${merged} knows its rounding`,
    )
  }
  found.push(
    `on the beginnings of ${plural(texts.documents, 'text')}, ${plural(texts.tokens, 'token')}: ${texts.from.join(', ')}`,
    'this tells which of the two the model is, not that every tensor is right',
  )
  if (verdict === 'cannot-tell') {
    found.push(
      'what may tell: texts like those that the adapter was trained on (--text), or a BASE that the same tool quantised (BASE.gguf+ADAPTER)',
    )
  }
  return found
}
