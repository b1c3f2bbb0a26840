// The tensors that moved most, as a table.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { TensorReport } from '../../../src/schema/weights.ts'
import { nats, percent } from '../../../src/util/numbers.ts'
import { Table } from '../../parts/table.tsx'
import { changeOf, roundingOf, shortName } from './layout.ts'
import { shareOf } from './words.ts'

const SHOWN = 12

interface TopProps {
  name: string
  tensors: readonly TensorReport[]
  /** To the same view with that tensor chosen. */
  linkTo: (tensor: string) => string
}

export function MostChanged({ name, tensors, linkTo }: TopProps) {
  const changed = tensors
    .filter((tensor) => (changeOf(tensor) ?? 0) > 0)
    .sort((a, b) => changeOf(b)! - changeOf(a)!)
    .slice(0, SHOWN)
  if (changed.length === 0) return null
  return (
    <section class="section unbroken">
      <h2>Tensors that moved most</h2>
      <Table
        table={topTable(changed)}
        label={`Tensors of ${name} that moved most`}
        isSortable
        to={(row) => ({
          href: linkTo(changed[row]!.name),
          label: `${shortName(changed[row]!.name)}: its spectrum`,
        })}
      />
    </section>
  )
}

function topTable(tensors: readonly TensorReport[]): TableBlock {
  // Adapters have no largest change: their factors are measured.
  const hasLargest = tensors.some(({ maxAbsDelta }) => shareOf(maxAbsDelta) !== null)
  return {
    kind: 'table',
    columns: [
      { title: 'tensor' },
      { title: 'shape', align: 'right' },
      { title: 'stored as' },
      { title: 'change, %', align: 'right' },
      { title: 'rounding alone, %', align: 'right' },
      ...(hasLargest ? [{ title: 'largest change', align: 'right' as const }] : []),
      { title: 'directions', align: 'right' },
    ],
    rows: tensors.map((tensor) => {
      const { name, shape, spectrum } = tensor
      const [rounding, largest] = [roundingOf(tensor), shareOf(tensor.maxAbsDelta)]
      return [
        shortName(name),
        shape.join(' x '),
        dtypes(tensor),
        percent(changeOf(tensor)!),
        rounding === null ? '-' : percent(rounding),
        ...(hasLargest ? [largest === null ? '-' : nats(largest)] : []),
        'absent' in spectrum ? '-' : `${spectrum.directionsAbove}${spectrum.isCut ? ' or more' : ''}`,
      ]
    }),
  }
}

const dtypes = ({ baseDtype, variantDtype }: TensorReport): string =>
  baseDtype === variantDtype ? (baseDtype ?? '') : `${baseDtype} to ${variantDtype}`
