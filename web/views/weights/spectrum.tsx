// Singular values of one tensor's change: how many directions it has, and which of them stand above rounding.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { Spectral, TensorReport } from '../../../src/schema/weights.ts'
import { nats } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { logAxis } from '../../parts/logAxis.ts'
import { Absent } from '../../parts/shared.tsx'
import { changeOf, shortName } from './layout.ts'
import { spectrumSentence } from './words.ts'

export function Spectrum({ tensor }: { tensor: TensorReport }) {
  const { spectrum } = tensor
  const name = printable(shortName(tensor.name))
  if ('absent' in spectrum)
    return <Absent>{`${name} has no spectrum here: ${printable(spectrum.absent)}.`}</Absent>
  return (
    <Chart
      label={spectrumSentence(name, spectrum, changeOf(tensor))}
      note={note(spectrum)}
      name={`spectrum-${name}`}
      table={table(spectrum)}
      draw={(width) => drawn(spectrum, width)}
    />
  )
}

function note({ method, singularValues, isCut, edge }: Spectral): string {
  const what = 'Singular values of variant - base, largest first, on a logarithmic axis.'
  if (method === 'factors')
    return `${what} They come from the adapter's factors, which are not rounded: there are as many as its rank.`
  const cut = isCut
    ? ` Only the first ${singularValues.length} were computed, and all stand above the edge.`
    : ''
  return `${what} Hollow ones are no larger than rounding alone gives, at most ${nats(edge)}.${cut}`
}

function table({ singularValues, directionsAbove }: Spectral): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'direction', align: 'right' },
      { title: 'singular value', align: 'right' },
      { title: 'above rounding' },
    ],
    rows: singularValues.map((value, i) => [
      String(i + 1),
      value.toPrecision(4),
      i < directionsAbove ? 'yes' : 'no',
    ]),
  }
}

function drawn({ singularValues, directionsAbove, edge }: Spectral, width: number): Plot.PlotOptions {
  // Zeros have no place on a logarithmic axis.
  const points = singularValues
    .map((value, i) => ({ direction: i + 1, value, isAbove: i < directionsAbove }))
    .filter(({ value }) => value > 0)
  const least = points.at(-1)?.value ?? 1
  const low = Math.min(least, edge > 0 ? edge : least) / 1.5
  const high = Math.max(points[0]?.value ?? 1, edge) * 1.5
  const many = points.length > 24
  const axis = logAxis('y', { low, high, length: 226, format: nats })
  return {
    width: Math.min(width, 760),
    height: 280,
    marginLeft: 52,
    marginBottom: 38,
    marginTop: 16,
    x: {
      label: 'direction',
      labelAnchor: 'center',
      labelArrow: 'none',
      domain: [0.5, singularValues.length + 0.5],
      ticks: many ? 8 : points.length,
      tickFormat: (d: number) => (Number.isInteger(d) ? String(d) : ''),
    },
    y: axis.scale,
    marks: [
      ...axis.marks,
      ...(edge > 0 ? [Plot.ruleY([edge], { stroke: 'var(--ink-soft)', strokeDasharray: '5,4' })] : []),
      ...(many ? [] : [Plot.ruleX(points, { x: 'direction', y1: low, y2: 'value', stroke: 'var(--line)' })]),
      Plot.dot(points, {
        x: 'direction',
        y: 'value',
        r: many ? 2.8 : 4,
        fill: (d: (typeof points)[number]) => (d.isAbove ? 'var(--heat-1)' : 'var(--paper)'),
        stroke: 'var(--heat-1)',
        strokeWidth: 1.2,
      }),
      ...(edge > 0
        ? [
            Plot.text([edge], {
              y: (d: number) => d,
              text: () => `edge of rounding ${nats(edge)}`,
              frameAnchor: 'right',
              textAnchor: 'end',
              dy: -8,
              fill: 'var(--ink-soft)',
              stroke: 'var(--paper)',
              strokeWidth: 4,
            }),
          ]
        : []),
    ],
  }
}
