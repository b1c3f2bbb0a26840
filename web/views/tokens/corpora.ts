// Measures by corpus, where there are several.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { Absent, Estimate } from '../../../src/schema/estimate.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, interval, nats, share, signedNats } from '../../../src/util/numbers.ts'

export function corpusTable({ byCorpus }: PredictionsResult): TableBlock | null {
  if (byCorpus.length < 2) return null
  return {
    kind: 'table',
    columns: [
      { title: 'corpus' },
      { title: 'documents', align: 'right' },
      { title: 'tokens', align: 'right' },
      { title: 'KL, nats a token', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'same first choice, %', align: 'right' },
      { title: 'bits per byte', align: 'right' },
      { title: '95 % interval', align: 'right' },
    ],
    rows: byCorpus.map(({ name, documents, tokens, kl, topAgreement, deltaBitsPerByte }) => [
      name,
      count(documents),
      count(tokens),
      shown(kl, nats),
      interval(kl, nats),
      shown(topAgreement, share),
      shown(deltaBitsPerByte, signedNats),
      interval(deltaBitsPerByte, signedNats),
    ]),
  }
}

const shown = (measure: Estimate | Absent, format: (value: number) => string): string =>
  'absent' in measure ? '-' : format(measure.value)
