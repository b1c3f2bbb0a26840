// What differs besides weights: settings that can change answers as weights do.
import type { WeightsResult } from '../../../src/schema/results.ts'
import type { SettingChange } from '../../../src/schema/weights.ts'
import { oneLine } from '../../../src/util/text.ts'
import { Table } from '../../parts/table.tsx'

const DANGERS = ['high', 'medium', 'low']
const LONGEST = 60

export function Settings({ name, result: { settings } }: { name: string; result: WeightsResult }) {
  const sorted = [...settings].sort((a, b) => DANGERS.indexOf(a.danger) - DANGERS.indexOf(b.danger))
  return (
    <section class="section settings">
      <h2>What differs besides weights</h2>
      {sorted.length === 0 ? (
        <p class="prose soft">
          Nothing: config, tokenizer, template and generation settings are equal, as far as both have them.
        </p>
      ) : (
        <Table
          label={`Settings of ${name} that differ from the base's`}
          table={{
            kind: 'table',
            columns: [
              { title: 'setting' },
              { title: 'danger' },
              { title: 'base' },
              { title: 'variant' },
              { title: 'what it does' },
            ],
            rows: sorted.map((change) => [
              settingName(change),
              change.danger === 'high' ? '▼ high' : change.danger,
              shown(change.base),
              shown(change.variant),
              oneLine(change.what, 240),
            ]),
          }}
        />
      )}
    </section>
  )
}

const settingName = ({ subject, key }: SettingChange): string =>
  subject === key ? subject : `${subject}, ${key}`

const shown = (value: string | null): string => (value === null ? 'not set' : oneLine(value, LONGEST))
