// Rows of the vocabulary that moved most: what the variant reads or writes otherwise.

import type { TensorReport } from '../../../src/schema/weights.ts'
import { nats } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { Table } from '../../parts/table.tsx'
import { tokenName, useTokenTexts } from '../../tokenTexts.ts'

const SHOWN = 15

export function MovedTokens({ name, tensors }: { name: string; tensors: readonly TensorReport[] }) {
  const texts = useTokenTexts()
  const moved = tensors.filter(({ movedRows = [] }) => movedRows.length > 0)
  if (moved.length === 0) return null
  return (
    <section class="section">
      <h2>Tokens whose rows moved most</h2>
      <p class="small soft">
        The norm of a token's change in the table of embeddings, or in that of outputs.
      </p>
      <div class="columns">
        {moved.map(({ name: tensor, kind, movedRows = [] }) => (
          <div key={tensor}>
            <h3>{printable(kind)}</h3>
            <Table
              label={`Tokens of ${kind} of ${name} that moved most`}
              table={{
                kind: 'table',
                columns: [
                  { title: 'token' },
                  { title: 'id', align: 'right' },
                  { title: 'norm of its change', align: 'right' },
                ],
                rows: movedRows
                  .slice(0, SHOWN)
                  .map(({ row, norm }) => [tokenName(texts, row), String(row), nats(norm)]),
              }}
            />
          </div>
        ))}
      </div>
    </section>
  )
}
