// Documents by their mean divergence: which one is read, and the reading of it.
import type { DocumentRow } from '../../../src/schema/predictions.ts'
import type { StudyReport } from '../../../src/schema/report.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, nats } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { useLoaded, usePage } from '../../context.ts'
import { useLinkTo, useSetQuery } from '../../parts/instance.tsx'
import { Choice, Wait } from '../../parts/shared.tsx'
import { Table } from '../../parts/table.tsx'
import { pieceBytes, pieceRows, type Source } from '../../source.ts'
import { Reader } from './reader.tsx'
import { type MeasurementFiles, pagesOf, readPage, type ViewDocument } from './rows.ts'

interface DocumentsProps {
  name: string
  result: PredictionsResult
  documents: readonly ViewDocument[]
}

const SHOWN = 12
const ALL = 'all'

/** Those of the corpus that is chosen, the most changed first. */
function useDocuments(documents: readonly ViewDocument[]): { corpus: string; sorted: ViewDocument[] } {
  const { route } = usePage()
  const { corpus = ALL } = route.query
  const sorted = documents
    .filter((one) => one.tokens > 0 && (corpus === ALL || one.corpus === corpus))
    .sort((a, b) => (b.kl ?? 0) - (a.kl ?? 0))
  return { corpus, sorted }
}

export function MostChanged({ name, documents }: Omit<DocumentsProps, 'result'>) {
  const linkTo = useLinkTo()
  const { sorted } = useDocuments(documents)
  return (
    <section class="section">
      <h2>Documents that changed most</h2>
      <Table
        label={`Documents in which ${name} diverges most`}
        table={{
          kind: 'table',
          columns: [
            { title: 'document' },
            { title: 'KL, nats a token', align: 'right' },
            { title: 'tokens', align: 'right' },
          ],
          rows: sorted.slice(0, SHOWN).map(({ id, kl, tokens }) => [id, nats(kl ?? 0), count(tokens)]),
        }}
        to={(row) => ({
          href: linkTo({ doc: sorted[row]!.id, page: undefined }),
          label: `${sorted[row]!.id}: read it below`,
        })}
      />
    </section>
  )
}

export function Documents({ name, result, documents }: DocumentsProps) {
  const { route } = usePage()
  const setQuery = useSetQuery()
  const { corpus, sorted } = useDocuments(documents)
  const corpora = [...new Set(documents.map((one) => one.corpus))]
  const place = Math.max(
    0,
    sorted.findIndex(({ id }) => id === route.query.doc),
  )
  const shown = sorted[place]
  return (
    <section class="section">
      <h2>Word by word</h2>
      <div class="steps">
        <Choice
          label="Corpus"
          value={corpus}
          options={
            corpora.length < 2 ? [] : [ALL, ...corpora].map((value) => ({ value, text: printable(value) }))
          }
          onChange={(value) =>
            setQuery({ corpus: value === ALL ? undefined : value, doc: undefined, page: undefined })
          }
        />
        <Steps
          place={place}
          of={sorted.length}
          go={(to) => setQuery({ doc: sorted[to]!.id, page: undefined })}
        />
      </div>
      {shown && (
        <>
          <h3>
            {printable(shown.id)}: {name} diverges by {nats(shown.kl ?? 0)} nats a token over{' '}
            {count(shown.tokens)} tokens
          </h3>
          <Pages result={result} document={shown} />
        </>
      )}
    </section>
  )
}

/** The first row's file lies in the measurement's folder, as all of its files do. */
const placeOf = ({ from }: PredictionsResult): string => from[0]!.file.replace(/\/[^/]*$/, '')

function filesOf(source: Source, study: StudyReport, place: string): MeasurementFiles {
  const tokens = `${place}/tokens.f32`
  return {
    documents: (piece) => pieceRows<DocumentRow>(source, study, `${place}/documents.jsonl`, piece),
    tokenBytes: (study.files[tokens] ?? []).map(({ bytes }) => bytes),
    tokens: async (piece) => (await pieceBytes(source, study, tokens, piece))!,
  }
}

function Pages({ result, document }: { result: PredictionsResult; document: ViewDocument }) {
  const { source, study, route } = usePage()
  const setQuery = useSetQuery()
  const pages = pagesOf(document)
  const page = Math.min(Math.max(1, Math.floor(Number(route.query.page ?? 1)) || 1), pages) - 1
  const place = placeOf(result)
  const loaded = useLoaded(`${place} ${document.id} ${page}`, () =>
    readPage(filesOf(source, study, place), document, page),
  )
  return (
    <>
      {pages > 1 && (
        <div class="steps">
          <button
            type="button"
            class="button"
            disabled={page === 0}
            onClick={() => setQuery({ page: String(page) })}
          >
            Page before
          </button>
          <span>
            page {page + 1} of {count(pages)}
          </span>
          <button
            type="button"
            class="button"
            disabled={page === pages - 1}
            onClick={() => setQuery({ page: String(page + 2) })}
          >
            Page after
          </button>
        </div>
      )}
      <Wait loaded={loaded}>{(shown) => <Reader key={`${document.id} ${page}`} page={shown} />}</Wait>
    </>
  )
}

function Steps({ place, of, go }: { place: number; of: number; go: (place: number) => void }) {
  return (
    <>
      <button type="button" class="button" disabled={place === 0} onClick={() => go(place - 1)}>
        Previous
      </button>
      <button type="button" class="button" disabled={place === of - 1} onClick={() => go(place + 1)}>
        Next
      </button>
      <label>
        Document{' '}
        <input
          type="number"
          min={1}
          max={of}
          value={place + 1}
          onChange={(event) =>
            go(Math.min(Math.max(1, Math.floor(event.currentTarget.valueAsNumber) || 1), of) - 1)
          }
        />{' '}
        of {count(of)}, the most changed first
      </label>
    </>
  )
}
