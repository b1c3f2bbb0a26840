// What the variant would say where the base would say something else.
import type { PredictionsView } from '../../../src/schema/report.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, share } from '../../../src/util/numbers.ts'
import { Table } from '../../parts/table.tsx'
import { tokenName, useTokenTexts } from '../../tokenTexts.ts'

interface ChoicesProps {
  name: string
  result: PredictionsResult
  choices: PredictionsView['choices']
}

const SHOWN = 12

export function ChangedChoices({ name, result: { whole }, choices }: ChoicesProps) {
  const texts = useTokenTexts()
  const { topAgreement, tokens } = whole
  const agreement =
    'absent' in topAgreement
      ? ''
      : `Both have the same first choice at ${share(topAgreement.value)} % of ${count(tokens)} tokens.`
  return (
    <section class="section">
      <h2>Next tokens that changed</h2>
      <p class="prose soft">
        {agreement} {choices.length === 0 ? 'No first choice changed.' : 'The changes that occur most often:'}
      </p>
      {choices.length > 0 && (
        <Table
          label={`First choices of the base and of ${name} where they differ`}
          isSortable
          table={{
            kind: 'table',
            columns: [
              { title: 'base would say' },
              { title: 'variant would say' },
              { title: 'tokens', align: 'right' },
              { title: 'of all, %', align: 'right' },
            ],
            rows: choices
              .slice(0, SHOWN)
              .map(([base, variant, times]) => [
                tokenName(texts, base),
                tokenName(texts, variant),
                count(times),
                share(times / tokens),
              ]),
          }}
        />
      )}
    </section>
  )
}
