// Samples of lm-evaluation-harness (--log_samples): samples_TASK_DATE.jsonl, a line a document and filter, beside
// results_DATE.json. Code tasks of HumanEval's shape are executed, rule prompt+body: the harness's own filter puts the
// prompt in front of the response (lm_eval/tasks/humaneval/utils.py, build_predictions), so it is taken off here and
// put back by the rule. Other tasks, and code tasks whose problems are not known, keep the recorded score. The harness
// asks once a document, so the solver is direct.
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import {
  isObject,
  type JsonObject,
  type LogFormat,
  type LogReading,
  recorded,
  taskOfId,
  UNKNOWN,
} from './format.ts'
import { resultsBeside, taskOfFile } from './lmEvalFiles.ts'
import {
  lowerIsBetter,
  modelOf,
  protocolOf,
  type Results,
  readResults,
  seedsOf,
  versionsOf,
} from './lmEvalProtocol.ts'
import { codeDocument, isScore, rowReader, type Score } from './lmEvalRows.ts'
import { answerRows } from './rows.ts'

/** Keys of a row that are no metrics, for versions that do not list the metrics. */
const NO_METRIC = new Set(
  'doc_id doc target arguments resps filtered_resps filter metrics doc_hash prompt_hash target_hash'.split(
    ' ',
  ),
)

export const lmEval: LogFormat = {
  name: 'lm-eval',
  about: 'lm-evaluation-harness --log_samples: a samples_*.jsonl, or their folder',
  lacks: (row) => [
    ...(Object.hasOwn(row, 'doc_id') ? [] : ['no doc_id']),
    ...(isObject(row.doc) ? [] : ['no doc']),
    ...(Array.isArray(row.filtered_resps) ? [] : ['no filtered_resps']),
  ],
  async read({ path, first, options }): Promise<LogReading> {
    const resultsPath = await resultsBeside(path)
    const results = resultsPath === null ? null : await readResults(resultsPath)
    const task = taskOfFile(path)
    const known = codeDocument(first) && codeTask(task, first)
    const isCode = codeDocument(first) !== null && (known !== null || options.task !== undefined)
    const score = chooseScore({
      path,
      first,
      wanted: options.score,
      lower: lowerIsBetter(results, task),
      isCode,
    })
    const readRow = rowReader(score, isCode)
    const rows: LogReading['rows'] = (problems) => answerRows(path, readRow, { repeats: true, problems })
    return {
      format: 'lm-eval',
      path,
      task: isCode ? known : task,
      ...(isCode
        ? { scoring: 'execute', rule: { name: 'prompt+body', reason: CODE_REASON }, metric: null }
        : {
            scoring: 'recorded',
            rule: null,
            metric: [score.metric, score.filter].filter(Boolean).join(','),
          }),
      solver: recorded('direct'),
      ...recordedRun(results, task),
      fingerprint: protocolOf({ results, task, filter: score.filter, first }),
      rows,
    }
  },
}

const CODE_REASON = 'lm-eval puts the prompt in front of the response and executes both as one text'

const recordedRun = (
  results: Results | null,
  task: string,
): Pick<LogReading, 'model' | 'seeds' | 'versions'> =>
  results
    ? { model: modelOf(results), seeds: seedsOf(results), versions: versionsOf(results, task) }
    : { model: UNKNOWN, seeds: [], versions: {} }

/** HumanEval+ has HumanEval's ids and other tests, so its name is not taken for HumanEval's. */
function codeTask(task: string, { doc }: JsonObject): string | null {
  return /plus/i.test(task) ? null : taskOfId(String((doc as JsonObject).task_id))
}

/** The first metric that is one number a document and better when higher, or the one that the user names. */
function chooseScore(from: {
  path: string
  first: JsonObject
  wanted: string | undefined
  lower: Set<string>
  isCode: boolean
}): Score {
  const { path, first, wanted, lower, isCode } = from
  const listed = Array.isArray(first.metrics) ? first.metrics.filter((m) => typeof m === 'string') : null
  const names = listed ?? Object.keys(first).filter((key) => !NO_METRIC.has(key))
  const usable = names.filter((name) => isScore(first[name]) && !lower.has(name) && name !== 'bypass')
  const rowFilter = typeof first.filter === 'string' ? first.filter : null
  const [metric, filter] = wanted === undefined ? [usable[0], undefined] : wanted.split(',')
  if (metric !== undefined && usable.includes(metric)) return { metric, filter: filter ?? rowFilter }
  // Code is executed: without a metric there is no claim, that is all.
  if (isCode && wanted === undefined) return { metric: '', filter: rowFilter }
  if (metric === undefined) {
    throw new UserError(
      `${path} records no score that can be compared (${oneLine(names.join(', ')) || 'none'})`,
      {
        hint: 'scores must be numbers, one a document, and better when higher; --predict_only records none',
      },
    )
  }
  const meant = nearest(metric, usable)
  throw new UserError(
    `${path} has no score '${metric}' that can be compared; it has ${oneLine(usable.join(', '))}`,
    {
      hint: meant
        ? `did you mean --score ${meant}?`
        : 'name one of them with --score, as METRIC or METRIC,FILTER',
    },
  )
}
