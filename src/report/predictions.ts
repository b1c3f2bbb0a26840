// The predictions report as blocks: finding first, then the measures with their intervals and zero lines, by text, how they
// are spread, and the stretches of text where the sides differ most.
import type { Absent } from '../schema/estimate.ts'
import type {
  Calibration,
  MeasureName,
  PredictionMeasures,
  PredictionsReport,
  PredictionsVariantReport,
} from '../schema/predictions.ts'
import { plural } from '../util/text.ts'
import type { Block } from './blocks.ts'
import { passageBlocks } from './passages.ts'
import { grouped, interval, MEASURES, nats, reasonOf, share, shown, zeroOf } from './predictionsNumbers.ts'

export function predictionsBlocks(report: PredictionsReport): Block[] {
  return [
    ...report.variants.flatMap((variant) => variantBlocks(report, variant)),
    { kind: 'heading', text: 'How this was measured' },
    { kind: 'list', items: methodItems(report) },
  ]
}

function variantBlocks(report: PredictionsReport, variant: PredictionsVariantReport): Block[] {
  const blocks: Block[] = [
    { kind: 'heading', text: `${variant.model.name} against ${report.base.name}` },
    { kind: 'finding', text: variant.finding },
  ]
  if (variant.evidence.length > 0) blocks.push({ kind: 'list', items: variant.evidence })
  if (variant.whole.tokens === 0) return blocks
  if (variant.mode === 'bits-per-byte') return [...blocks, ...bytesBlocks(variant)]
  const { tv } = variant.whole
  // Of what is equal there is nothing to spread out.
  if (!('absent' in tv) && tv.value === 0) return [...blocks, ...measureBlocks(report, variant)]
  return [
    ...blocks,
    ...measureBlocks(report, variant),
    ...corpusBlocks(variant),
    ...spreadBlocks(variant),
    ...rulerBlocks(variant),
    ...passageBlocks(variant),
  ]
}

const right = (title: string) => ({ title, align: 'right' as const })

function measureBlocks({ zero }: PredictionsReport, { whole }: PredictionsVariantReport): Block[] {
  const names = Object.keys(MEASURES) as MeasureName[]
  const rows = names.map((name) => {
    const measure = whole[name]
    const nf4 = 'absent' in zero.nf4 || LEVELS.includes(name) ? '-' : shown(name, zero.nf4[name])
    return [MEASURES[name].title, shown(name, measure), interval(name, measure), zeroOf(name, measure), nf4]
  })
  return [
    {
      kind: 'heading',
      text: `All texts: ${plural(whole.tokens, 'token')} of ${plural(whole.documents, 'document')}`,
    },
    {
      kind: 'table',
      columns: [
        { title: 'measure' },
        right('value'),
        right('95 % interval'),
        right('zero line'),
        right('base in nf4'),
      ],
      rows,
    },
    { kind: 'paragraph', text: zeroWords(zero) },
    ...absentBlocks(whole, names),
  ]
}

/** Levels of one side, which no zero line belongs to. */
const LEVELS: readonly MeasureName[] = ['baseEntropy', 'baseBitsPerByte', 'variantBitsPerByte']

function zeroWords({ batchShape, nf4 }: PredictionsReport['zero']): string {
  const shape =
    'absent' in batchShape
      ? `No zero line was measured: ${batchShape.absent}.`
      : `Zero line: the base against itself in another batch shape, over ${plural(batchShape.tokens, 'token')}; it is what arithmetic alone gives.`
  const quantised =
    'absent' in nf4
      ? `The base was not measured in nf4: ${nf4.absent}.`
      : `Base in nf4: the base against itself quantised to 4 bits, over ${plural(nf4.tokens, 'token')}, to compare sizes with.`
  return `${shape} ${quantised} Divergences and entropies are in nats a token; changes are variant - base.`
}

function absentBlocks(measures: PredictionMeasures, names: readonly MeasureName[]): Block[] {
  const items = absentItems(measures, names)
  return items.length > 0 ? [{ kind: 'list', items }] : []
}

/** Why something has no value, each reason once. */
function absentItems(measures: PredictionMeasures, names: readonly MeasureName[]): string[] {
  const byReason = new Map<string, string[]>()
  for (const name of names) {
    const reason = reasonOf(measures[name])
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), MEASURES[name].title])
  }
  return [...byReason].map(([reason, titles]) => `not measured: ${titles.join(', ')}: ${reason}`)
}

const BY_CORPUS = ['kl', 'topAgreement', 'deltaBitsPerByte'] as const

function corpusBlocks({ corpora }: PredictionsVariantReport): Block[] {
  if (corpora.length < 2) return []
  const rows = corpora.flatMap((corpus) =>
    BY_CORPUS.map((name, i) => [
      i === 0 ? corpus.name : '',
      i === 0 ? String(corpus.tokens) : '',
      MEASURES[name].title,
      shown(name, corpus[name]),
      interval(name, corpus[name]),
      zeroOf(name, corpus[name]),
    ]),
  )
  const absent = corpora.flatMap(({ name, ...measures }) =>
    absentItems(measures, BY_CORPUS).map((item) => `${name}: ${item}`),
  )
  return [
    { kind: 'heading', text: 'By text' },
    {
      kind: 'table',
      columns: [
        { title: 'texts', maxWidth: 24 },
        right('tokens'),
        { title: 'measure' },
        right('value'),
        right('95 % interval'),
        right('zero line'),
      ],
      rows,
    },
    ...(absent.length > 0 ? [{ kind: 'list' as const, items: absent }] : []),
  ]
}

const BYTES = ['baseBitsPerByte', 'variantBitsPerByte', 'deltaBitsPerByte'] as const

/** All there is where the tokenizers differ. */
function bytesBlocks({ corpora, whole }: PredictionsVariantReport): Block[] {
  const bodies =
    corpora.length > 1 ? [...corpora, { ...whole, name: 'all texts' }] : [{ ...whole, name: 'all texts' }]
  const rows = bodies.map((body) => [
    body.name,
    ...BYTES.map((name) => shown(name, body[name])),
    interval('deltaBitsPerByte', body.deltaBitsPerByte),
    zeroOf('deltaBitsPerByte', body.deltaBitsPerByte),
  ])
  return [
    { kind: 'heading', text: 'Bits per byte' },
    {
      kind: 'table',
      columns: [
        { title: 'texts', maxWidth: 24 },
        right('base'),
        right('variant'),
        right('change'),
        right('95 % interval'),
        right('zero line'),
      ],
      rows,
    },
    {
      kind: 'paragraph',
      text: 'The tokenizers differ, so no token can be compared with one of the other side. Bits per byte count what each side needs for the same text: fewer are better. Zero line: the base against itself in another batch shape.',
    },
    ...absentBlocks(whole, BYTES),
  ]
}

function spreadBlocks({ quantiles, calibration }: PredictionsVariantReport): Block[] {
  const blocks: Block[] = [{ kind: 'heading', text: 'Spread over tokens' }]
  if ('absent' in quantiles) blocks.push({ kind: 'paragraph', text: `No quantiles: ${quantiles.absent}.` })
  else {
    const kl = new Map(quantiles.kl)
    const delta = new Map(quantiles.deltaProb)
    const percents = [...new Set([...kl.keys(), ...delta.keys()])].sort((a, b) => b - a)
    const cell = (value: number | undefined, show: (value: number) => string): string =>
      value === undefined ? '-' : show(value)
    blocks.push({
      kind: 'table',
      columns: [{ title: 'tokens' }, right('KL (nats)'), right("change of the next token's probability")],
      rows: percents.map((percent) => [
        percent === 100 ? 'largest' : percent === 0 ? 'smallest' : `${percent} % are below`,
        cell(kl.get(percent), nats),
        cell(delta.get(percent), (value) => share(value, { isSigned: true })),
      ]),
    })
  }
  blocks.push({ kind: 'paragraph', text: calibrationWords(calibration) })
  return blocks
}

function calibrationWords(calibration: { base: Calibration; variant: Calibration } | Absent): string {
  if ('absent' in calibration) return `Calibration was not measured: ${calibration.absent}.`
  const { base, variant } = calibration
  const error = (side: Calibration): string => {
    if ('absent' in side.ece) return `not measured (${side.ece.absent})`
    const { value, zero } = side.ece
    return `${share(value)}${zero && !('absent' in zero) ? ` (${share(zero.value)} by chance alone)` : ''}`
  }
  const brier = (side: Calibration): string =>
    'absent' in side.brier ? `not measured (${side.brier.absent})` : side.brier.value.toFixed(3)
  return `Calibration: the most probable token's probability misses how often it is right by ${error(base)} in the base and ${error(variant)} in the variant; Brier score ${brier(base)} and ${brier(variant)}.`
}

function rulerBlocks({ ruler, whole }: PredictionsVariantReport): Block[] {
  if ('absent' in ruler)
    return [{ kind: 'paragraph', text: `No place on the public ruler: ${ruler.absent}.` }]
  const mark = (at: NonNullable<typeof ruler.below>): string => `${at.name} (${nats(at.klNats)} nats)`
  const { below, above, source } = ruler
  const value = 'absent' in whole.kl ? '' : ` ${nats(whole.kl.value)} nats`
  const place =
    below && above
      ? `lies between ${mark(below)} and ${mark(above)}`
      : below
        ? `lies beyond ${mark(below)}, the last mark`
        : above
          ? `lies below ${mark(above)}, the first mark`
          : 'has no mark near it'
  const text = `Public ruler of quantisations: a KL of${value} ${place}. It is of one model and one text and gives a feeling for sizes, no more. Source: ${source}.`
  return [{ kind: 'paragraph', text }]
}

function methodItems({ base, variants, corpora, notes, context, stride }: PredictionsReport): string[] {
  const noted = [base, ...variants.map(({ model }) => model)].filter(({ note }) => note !== null)
  return [
    ...corpora.map(
      ({ name, from, documents, bytes }) =>
        `texts ${name} (${from}): ${plural(documents, 'document')}, ${grouped(bytes)} bytes`,
    ),
    ...(corpora.every(({ from }) => from === 'built in')
      ? ['no --text was given: the texts are short ones that come with tunediff; measure on your own as well']
      : []),
    ...notes,
    `windows of ${context} tokens that begin ${stride} apart: every token but the first is scored once`,
    'intervals: 95 %, over documents',
    ...new Set(noted.map(({ name, note }) => `${name}: ${note}`)),
  ]
}
