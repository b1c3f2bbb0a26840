// Tokens: how far the predictions of a variant moved from the base's, over all tokens, by position, and word by word in the
// documents where they moved most.

import type { PredictionsView } from '../../src/schema/report.ts'
import type { PredictionsResult } from '../../src/schema/results.ts'
import { printable } from '../../src/util/text.ts'
import { useLoaded, usePage } from '../context.ts'
import { InstanceChoice, useInstance } from '../parts/instance.tsx'
import { Absent, ViewHead, Wait } from '../parts/shared.tsx'
import { Table } from '../parts/table.tsx'
import { nameOf } from '../sides.ts'
import { jsonShard } from '../source.ts'
import { ChangedChoices } from './tokens/choices.tsx'
import { corpusTable } from './tokens/corpora.ts'
import { Documents, MostChanged } from './tokens/documents.tsx'
import { Histogram } from './tokens/histogram.tsx'
import { measuresTable } from './tokens/measures.ts'
import { ByPosition } from './tokens/position.tsx'
import './tokens.css'

export function TokensView() {
  const { study } = usePage()
  if (study.results.predictions.length === 0) {
    return (
      <>
        <ViewHead title="Tokens" />
        <Absent command="tunediff predictions BASE VARIANT">
          Predictions were not compared in this study: its sides have no model at hand, or the study does not
          ask for it.
        </Absent>
      </>
    )
  }
  return <Measured />
}

function Measured() {
  const { study, source } = usePage()
  const { predictions } = study.results
  const at = useInstance(predictions)
  const shard = study.predictions[at]!
  const loaded = useLoaded(shard, () => jsonShard<PredictionsView>(source, shard))
  return (
    <>
      <ViewHead title="Tokens">
        What the variant would say next, against what the base would: the divergence of their distributions
        over the next token, in nats.
      </ViewHead>
      <div class="choices">
        <InstanceChoice list={predictions} keep={{ doc: undefined, page: undefined }} />
      </div>
      <Wait loaded={loaded}>{(view) => <OfVariant result={predictions[at]!} view={view} />}</Wait>
      <AllVariants />
    </>
  )
}

function OfVariant({ result, view }: { result: PredictionsResult; view: PredictionsView }) {
  const { study } = usePage()
  const name = printable(nameOf(study, result))
  const { histogram } = view
  const corpora = corpusTable(result)
  return (
    <>
      {'absent' in histogram ? (
        <Absent>
          There are no distributions of {name} to compare: {printable(histogram.absent)}.
          {result.mode === 'bits-per-byte' &&
            ' Bits per byte, which are of the text and not of tokens, can be compared all the same; they stand below.'}
        </Absent>
      ) : (
        <>
          <div class="columns">
            <Histogram name={name} result={result} histogram={histogram} />
            <ByPosition name={name} result={result} stretches={view.byPosition} />
          </div>
          <div class="columns">
            <ChangedChoices name={name} result={result} choices={view.choices} />
            <MostChanged name={name} documents={view.documents} />
          </div>
          <Documents key={name} name={name} result={result} documents={view.documents} />
        </>
      )}
      <section class="section measures">
        <h2>All measures</h2>
        <Table table={measuresTable(result.whole)} label={`Measures of the predictions of ${name}`} />
      </section>
      {corpora && (
        <section class="section">
          <h2>By corpus</h2>
          <Table table={corpora} label={`Predictions of ${name} by corpus`} />
        </section>
      )}
    </>
  )
}

function AllVariants() {
  const { study } = usePage()
  const { predictions: table } = study.tables
  if (!table) return null
  return (
    <section class="section unbroken">
      <h2>All variants</h2>
      <p class="small soft">
        Means over tokens with 95 % intervals over documents. Base against itself is what the same measure
        reads where the base is computed in another batch shape.
      </p>
      <Table table={table} label="Predictions of all variants" isSortable />
    </section>
  )
}
