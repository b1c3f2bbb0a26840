// The weights report as blocks: finding first, then what is not weights, the table by module kind, the map, the tensors
// that moved most. Every number has its zero line in the column beside it.
import { percent } from '../measure/weights/finding.ts'
import type { Absent, Estimate } from '../schema/estimate.ts'
import type { Across, Measures, TensorReport, VariantReport, WeightsReport } from '../schema/weights.ts'
import type { Column } from '../util/table.ts'
import { oneLine, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'
import { weightsMap } from './weightsMap.ts'

const TOP_TENSORS = 10
const TOP_TOKENS = 10
const MAX_SETTINGS = 12

export function weightsBlocks(report: WeightsReport): Block[] {
  return [
    ...report.variants.flatMap((variant) => variantBlocks(report, variant)),
    ...(report.across ? acrossBlocks(report.across) : []),
  ]
}

function variantBlocks(report: WeightsReport, variant: VariantReport): Block[] {
  const blocks: Block[] = [
    { kind: 'heading', text: `${variant.model.name} against ${report.base.name}` },
    { kind: 'finding', text: variant.finding },
  ]
  if (variant.evidence.length > 0) blocks.push({ kind: 'list', items: variant.evidence })
  blocks.push(...settingBlocks(variant))
  if (variant.tensors.some((tensor) => !tensor.isIdentical)) {
    blocks.push({ kind: 'heading', text: 'By module kind' }, kindTable(variant), {
      kind: 'paragraph',
      text: ZERO_LINES,
    })
    blocks.push(...weightsMap(variant), ...topTensors(variant), ...movedTokens(variant))
  }
  return [...blocks, ...leftOutBlocks(variant)]
}

function settingBlocks({ settings }: VariantReport): Block[] {
  if (settings.length === 0) return []
  const shown = settings.slice(0, MAX_SETTINGS).map(({ danger, what }) => `${danger}: ${what}`)
  const more = settings.length - shown.length
  return [
    { kind: 'heading', text: 'What differs besides weights' },
    { kind: 'list', items: more > 0 ? [...shown, `and ${more} more (--json lists all)`] : shown },
  ]
}

const ZERO_LINES =
  'Rounding alone is what storing the variant in the coarser of both formats would give. It moves nothing by more than one ulp (unit in the last place) and flips no sign; between equal formats it changes nothing.'

const MEASURE_COLUMNS: readonly Column[] = [
  { title: 'change', align: 'right' },
  { title: 'rounding alone', align: 'right' },
  { title: 'max |delta|', align: 'right' },
  { title: 'by rounding', align: 'right' },
  { title: 'changed', align: 'right' },
  { title: 'above 1 ulp', align: 'right' },
  { title: 'sign flips', align: 'right' },
]

function measureCells(measures: Measures): string[] {
  return [
    share(measures.relativeChange),
    zeroShare(measures.relativeChange),
    scientific(measures.maxAbsDelta),
    zeroOf(measures.maxAbsDelta, (value) => value.toExponential(0)),
    share(measures.changedShare),
    share(measures.aboveOneUlpShare),
    share(measures.signFlipShare),
  ]
}

function kindTable(variant: VariantReport): Block {
  const directions = (kind: string): string =>
    directionRange(variant.tensors.filter((tensor) => tensor.kind === kind))
  const rows = variant.kinds.map((measures) => [
    measures.kind,
    String(measures.tensors),
    count(measures.parameters),
    ...measureCells(measures),
    directions(measures.kind),
  ])
  const { matrices, whole } = variant
  for (const [title, measures] of [
    ['all matrices', matrices],
    ['whole model', whole],
  ] as const) {
    rows.push([title, String(measures.tensors), count(measures.parameters), ...measureCells(measures), ''])
  }
  return {
    kind: 'table',
    columns: [
      { title: 'kind' },
      { title: 'tensors', align: 'right' },
      { title: 'weights', align: 'right' },
      ...MEASURE_COLUMNS,
      { title: 'directions', align: 'right' },
    ],
    rows,
  }
}

/** `8`, `6-8`, `64+`: directions above rounding over the measured matrices; empty where none was measured. */
function directionRange(tensors: readonly TensorReport[]): string {
  const spectra = tensors.flatMap(({ spectrum }) => ('absent' in spectrum ? [] : [spectrum]))
  if (spectra.length === 0) return ''
  const counts = spectra.map((spectrum) => spectrum.directionsAbove).sort((a, b) => a - b)
  const [least, most] = [counts[0]!, counts.at(-1)!]
  const cut = spectra.some((spectrum) => spectrum.isCut) ? '+' : ''
  return `${least === most ? least : `${least}-${most}`}${cut}`
}

function topTensors(variant: VariantReport): Block[] {
  const moved = variant.tensors
    .filter((tensor) => valueIn(tensor.relativeChange) > 0)
    .sort((a, b) => valueIn(b.relativeChange) - valueIn(a.relativeChange))
    .slice(0, TOP_TENSORS)
  return [
    { kind: 'heading', text: 'Tensors that moved most' },
    {
      kind: 'table',
      columns: [
        { title: 'tensor', maxWidth: 48 },
        { title: 'change', align: 'right' },
        { title: 'rounding alone', align: 'right' },
        { title: 'directions above rounding', align: 'right' },
        { title: 'stable rank', align: 'right' },
        { title: 'top singular value', align: 'right' },
        { title: 'rounding edge', align: 'right' },
      ],
      rows: moved.map((tensor) => [
        tensor.name,
        share(tensor.relativeChange),
        zeroShare(tensor.relativeChange),
        ...spectrumCells(tensor),
      ]),
    },
  ]
}

function spectrumCells({ spectrum }: TensorReport): string[] {
  if ('absent' in spectrum) return ['-', '-', '-', '-']
  const atLeast = spectrum.method === 'factors' ? '' : 'at least '
  return [
    `${atLeast}${spectrum.directionsAbove}${spectrum.isCut ? ' (more)' : ''}`,
    spectrum.stableRank.toFixed(1),
    spectrum.topSingularValue.toPrecision(3),
    spectrum.method === 'factors' ? 'none: not rounded' : spectrum.edge.toPrecision(3),
  ]
}

function movedTokens(variant: VariantReport): Block[] {
  return variant.tensors.flatMap((tensor): Block[] => {
    if (!tensor.movedRows || tensor.movedRows.length === 0) return []
    const shown = tensor.movedRows.slice(0, TOP_TOKENS)
    return [
      { kind: 'heading', text: `Rows of ${tensor.name} that moved most` },
      {
        kind: 'table',
        columns: [
          { title: 'row', align: 'right' },
          { title: 'token', maxWidth: 40 },
          { title: '|delta|', align: 'right' },
        ],
        rows: shown.map(({ row, token, norm }) => [
          String(row),
          token === null ? 'not known' : JSON.stringify(oneLine(token, 38)),
          norm.toPrecision(3),
        ]),
      },
    ]
  })
}

function leftOutBlocks({ leftOut }: VariantReport): Block[] {
  if (leftOut.length === 0) return []
  const shown = leftOut.slice(0, MAX_SETTINGS).map(({ side, name, reason }) => `${side}: ${name}: ${reason}`)
  const more = leftOut.length - shown.length
  return [
    { kind: 'heading', text: `Left out (${plural(leftOut.length, 'tensor')})` },
    { kind: 'list', items: more > 0 ? [...shown, `and ${more} more`] : shown },
  ]
}

function acrossBlocks(across: Across): Block[] {
  const matrix = (cells: (i: number, j: number) => string): Block => ({
    kind: 'table',
    columns: [{ title: '' }, ...across.names.map((title) => ({ title, align: 'right' as const }))],
    rows: across.names.map((name, i) => [name, ...across.names.map((_, j) => cells(i, j))]),
  })
  const cell = (value: number | null | undefined): string => (value == null ? '-' : value.toFixed(3))
  return [
    { kind: 'heading', text: 'Variants among each other: cosine of deltas' },
    matrix((i, j) => cell(across.deltaCosine[i]![j])),
    {
      kind: 'paragraph',
      text: `Random directions would give 0, give or take ${across.deltaCosineRandom.toExponential(1)}.`,
    },
    { kind: 'heading', text: 'Overlap of the subspaces that deltas write to (random subspaces in brackets)' },
    matrix((i, j) =>
      i === j
        ? cell(across.subspaceOverlap[i]![j])
        : `${cell(across.subspaceOverlap[i]![j])} (${cell(across.subspaceOverlapRandom[i]![j])})`,
    ),
    ...(across.subspaceOverlap.flat().includes(null)
      ? [
          {
            kind: 'paragraph' as const,
            text: 'A dash: no measured matrix in which both stand above rounding.',
          },
        ]
      : []),
  ]
}

type Measure = Estimate | Absent

const valueIn = (measure: Measure): number => ('absent' in measure ? 0 : measure.value)
const share = (measure: Measure): string => ('absent' in measure ? '-' : percent(measure.value))
const scientific = (measure: Measure): string =>
  'absent' in measure ? '-' : measure.value === 0 ? '0' : measure.value.toExponential(1)

function zeroOf(measure: Measure, show: (value: number) => string): string {
  if ('absent' in measure || !measure.zero || 'absent' in measure.zero) return '-'
  return measure.zero.value === 0 ? '0' : show(measure.zero.value)
}

const zeroShare = (measure: Measure): string => zeroOf(measure, percent)

/** `4.0 M`, `135 M`, `7.2 B`. */
export function count(n: number): string {
  for (const [unit, size] of [
    ['B', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`
  }
  return String(n)
}
