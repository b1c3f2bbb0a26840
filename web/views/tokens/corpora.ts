// Measures by corpus, where there are several.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { Absent, Estimate } from '../../../src/schema/estimate.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, nats, share, signedNats } from '../../../src/util/numbers.ts'

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
      boundsText(kl, nats),
      shown(topAgreement, share),
      shown(deltaBitsPerByte, signedNats),
      boundsText(deltaBitsPerByte, signedNats),
    ]),
  }
}

const shown = (measure: Estimate | Absent, format: (value: number) => string): string =>
  'absent' in measure ? '-' : format(measure.value)

/** `[0.0037, 0.0062]`; empty where there are none. */
export function boundsText(
  measure: Pick<Estimate, 'low' | 'high'> | Absent,
  format: (value: number) => string,
): string {
  if ('absent' in measure || measure.low === null || measure.high === null) return ''
  return `[${format(measure.low)}, ${format(measure.high)}]`
}
