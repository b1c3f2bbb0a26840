// Answers in a row of lm-eval's samples: the responses of a code task without the prompt in front, or the recorded
// score of any other.
import { z } from 'zod'
import { oneLine } from '../util/text.ts'
import { isObject, type JsonObject } from './format.ts'
import { type Answer, idSchema, kindOf, type ReadRow, readBy } from './rows.ts'

// Metrics are keys of their own, so unknown keys stay.
const rowSchema = z.looseObject({
  doc_id: idSchema,
  doc: z.custom<JsonObject>(isObject),
  doc_hash: z.string().nullish(),
  filtered_resps: z.array(z.unknown()),
  filter: z.string().nullish(),
})
type Row = z.infer<typeof rowSchema>

/** Which of a row's scores is read. */
export interface Score {
  metric: string
  filter: string | null
}

/** The document of a code task of HumanEval's shape. */
export function codeDocument({ doc }: JsonObject): { prompt: string } | null {
  if (!isObject(doc) || typeof doc.entry_point !== 'string' || typeof doc.test !== 'string') return null
  return typeof doc.prompt === 'string' ? { prompt: doc.prompt } : null
}

export const isScore = (value: unknown): value is number | boolean =>
  typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))

export function rowReader(score: Score, isCode: boolean): ReadRow {
  return readBy(rowSchema, (row) => {
    if (score.filter !== null && row.filter !== score.filter) {
      return `filter ${oneLine(row.filter ?? 'none', 60)}: the answers of filter ${score.filter} are read`
    }
    const recordedScore = Object.hasOwn(row, score.metric) ? row[score.metric] : undefined
    return isCode ? codeAnswers(row, recordedScore) : scoredAnswer(row, score.metric, recordedScore)
  })
}

function scoredAnswer(row: Row, metric: string, score: unknown): Answer[] | string {
  if (score === undefined) return `${metric} is missing`
  if (!isScore(score)) return `${metric} is ${kindOf(score)}, wanted a number`
  const raw = responseText(row.filtered_resps)
  if (raw === undefined) return 'filtered_resps is nested too deeply'
  return [{ problem: problemOf(row), raw, recordedScore: Number(score) }]
}

/** The id that a code task's document has, else its number and hash: numbers alone would pair unlike documents. */
function problemOf(row: Row): string {
  const id = row.doc.task_id
  if (codeDocument(row) && typeof id === 'string' && id !== '') return id
  return row.doc_hash ? `${row.doc_id}-${row.doc_hash.slice(0, 8)}` : row.doc_id
}

/** A single text as it is, anything else (log-probabilities of choices, lists) as JSON. */
function responseText(responses: unknown[]): string | null | undefined {
  const only = responses.length === 1 ? responses[0] : responses
  if (typeof only === 'string' || only === null) return only
  try {
    return JSON.stringify(only)
  } catch {
    return undefined
  }
}

/** Every response is a repeat. */
function codeAnswers(row: Row, score: unknown): Answer[] | string {
  const document = codeDocument(row)
  if (!document) return 'doc has no prompt, test and entry_point'
  const responses = row.filtered_resps.flat()
  const wrong = responses.find((response) => typeof response !== 'string' && response !== null)
  if (wrong !== undefined) return `filtered_resps holds ${kindOf(wrong)}, wanted texts`
  if (responses.length === 0) return 'filtered_resps is empty'
  return (responses as (string | null)[]).map((response) => ({
    problem: problemOf(row),
    raw: response?.startsWith(document.prompt) ? response.slice(document.prompt.length) : response,
    claimed: claimOf(score, responses.length),
  }))
}

/** A pass@k of several answers tells of each only if all failed. */
function claimOf(score: unknown, answers: number): boolean | undefined {
  if (score === 0 || score === false) return false
  return (score === 1 || score === true) && answers === 1 ? true : undefined
}
