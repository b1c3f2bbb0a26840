// All measures of a variant's predictions, each with its interval and with what it reads where nothing changed.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { Estimate } from '../../../src/schema/estimate.ts'
import type { MeasureName, PredictionMeasures } from '../../../src/schema/predictions.ts'
import { interval, nats, share as part, signedNats } from '../../../src/util/numbers.ts'

type Format = (value: number) => string

/** Of what hardly moves from where it stands. */
const fine: Format = (value) => value.toPrecision(4)

const share: Format = (value) => `${part(value)} %`

const MEASURES: readonly [measure: MeasureName, title: string, format: Format][] = [
  ['kl', 'KL(base || variant), nats', nats],
  ['klReverse', 'KL(variant || base), nats', nats],
  ['js', 'Jensen-Shannon divergence, nats', nats],
  ['tv', 'total variation', nats],
  ['topAgreement', 'same first choice', share],
  ['topOverlap', 'Jaccard index of the first ten choices', nats],
  ['reciprocalRank', "reciprocal rank of the base's choice in the variant", nats],
  ['deltaLogProb', "change of the text's log-probability, nats a token", signedNats],
  ['rmsDeltaProb', "change of the text's probability, root mean square", share],
  ['deltaEntropy', 'change of entropy, nats', signedNats],
  ['baseBitsPerByte', 'bits per byte, base', fine],
  ['variantBitsPerByte', 'bits per byte, variant', fine],
  ['deltaBitsPerByte', 'change in bits per byte', signedNats],
  ['perplexityRatio', 'perplexity of the variant over that of the base', fine],
]

/** Those that there are. */
export function measuresTable(whole: PredictionMeasures): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'measure' },
      { title: 'value', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'where nothing changed', align: 'right' },
    ],
    rows: MEASURES.flatMap(([measure, title, format]) => {
      const found = whole[measure]
      return 'absent' in found
        ? []
        : [[title, format(found.value), interval(found, format), zeroText(found, format)]]
    }),
  }
}

const zeroText = ({ zero }: Estimate, format: Format): string =>
  zero === undefined || 'absent' in zero ? '-' : format(zero.value)
