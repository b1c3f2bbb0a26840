// The layer x kind map: a row for each module kind, a character for each layer, as high as the logarithm of the change.
import { percent } from '../measure/weights/finding.ts'
import type { TensorReport, VariantReport } from '../schema/weights.ts'
import type { Block } from './blocks.ts'

const BARS = '▁▂▃▄▅▆▇█'
const EQUAL = '·'
const ABSENT = ' '
const MAX_LAYERS = 80

/** Empty where the model has fewer than two layers. */
export function weightsMap(variant: VariantReport): Block[] {
  const inLayers = variant.tensors.filter((tensor) => tensor.layer !== null)
  const layers = Math.max(-1, ...inLayers.map((tensor) => tensor.layer!)) + 1
  const values = inLayers.map(changeOf).filter((value) => value !== null && value > 0) as number[]
  if (layers < 2 || values.length === 0) return []
  const high = Math.max(...values)
  // At least an octave, so that what is nearly equal looks so.
  const scale = { low: Math.min(high / 2, ...values), high }
  const perCell = Math.ceil(layers / MAX_LAYERS)
  const kinds = [...new Set(inLayers.map((tensor) => tensor.kind))]
  const width = Math.max(...kinds.map((kind) => kind.length))
  const lines = kinds.map((kind) => {
    const cells = Array.from({ length: Math.ceil(layers / perCell) }, (_, cell) =>
      cellOf(
        inLayers.filter((tensor) => tensor.kind === kind && Math.floor(tensor.layer! / perCell) === cell),
        scale,
      ),
    )
    return `${kind.padEnd(width)}  ${cells.join('')}`
  })
  const each = perCell > 1 ? `, ${perCell} layers a column` : ''
  return [
    {
      kind: 'heading',
      text: `Change by layer, 0 to ${layers - 1} from left to right${each}`,
    },
    {
      kind: 'verbatim',
      lines: [
        ...lines,
        `${EQUAL} equal   ${BARS[0]} ${percent(scale.low)} to ${BARS.at(-1)} ${percent(scale.high)}, logarithmic`,
      ],
    },
  ]
}

function changeOf({ relativeChange }: TensorReport): number | null {
  return 'absent' in relativeChange ? null : relativeChange.value
}

/** The largest change among the tensors of a cell. */
function cellOf(tensors: readonly TensorReport[], { low, high }: { low: number; high: number }): string {
  const values = tensors.map(changeOf).filter((value) => value !== null)
  if (values.length === 0) return ABSENT
  const value = Math.max(...values)
  if (value === 0) return EQUAL
  const place = Math.log(value / low) / Math.log(high / low)
  return BARS[Math.min(BARS.length - 1, Math.max(0, Math.round(place * (BARS.length - 1))))]!
}
