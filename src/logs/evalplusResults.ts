// Results of EvalPlus: one JSON object {date, hash, eval: {task_id: [{solution, base_status, plus_status, ...}]}}.
// Rule program: a stored solution is what EvalPlus executed, with the prompt already in front of a completion.
// The claim is base_status: only the base tests are HumanEval's. The file is one value, so it is read whole.
import { z } from 'zod'
import { UserError } from '../util/errors.ts'
import { oneLine } from '../util/text.ts'
import { parseJson, readTextFile } from '../util/textFile.ts'
import {
  codeReading,
  isObject,
  type LogFormat,
  type LogRow,
  missingKeys,
  notRecorded,
  taskOfId,
} from './format.ts'
import { type Answer, answerSchema, readBy, sampleMaker, skip } from './rows.ts'

const entrySchema = z.object({ solution: answerSchema, base_status: z.string().nullish() })

const readEntry = readBy(entrySchema, ({ solution, base_status }): Answer[] => [
  // The problem stands above the entry.
  { problem: '', raw: solution, claimed: base_status == null ? undefined : base_status === 'pass' },
])

/** Rows of results that are already parsed. They have no lines of their own: all stand on line 1 for the reader. */
async function* resultRows(
  results: Record<string, unknown>,
  problems: ReadonlySet<string> | undefined,
): AsyncGenerator<LogRow> {
  const toRow = sampleMaker({ repeats: true, problems })
  for (const [problem, entries] of Object.entries(results)) {
    if (!Array.isArray(entries)) {
      yield skip(1, `${oneLine(problem)} has no list of solutions`)
      continue
    }
    for (const [i, entry] of entries.entries()) {
      const answers = readEntry(entry)
      if (typeof answers === 'string') yield skip(1, `${oneLine(problem)}, answer ${i + 1}: ${answers}`)
      else for (const answer of answers) yield toRow({ ...answer, problem }, 1)
    }
  }
}

export const evalplusResults: LogFormat = {
  name: 'evalplus-results',
  about: 'EvalPlus _eval_results.json',
  lacks: (row) => (isObject(row.eval) ? [] : ['no eval', ...missingKeys(row, 'date', 'hash')]),
  async read({ path }) {
    const { text } = await readTextFile(path)
    const parsed = parseJson(text)
    if ('fault' in parsed || !isObject(parsed.value) || !isObject(parsed.value.eval)) {
      const fault = 'fault' in parsed ? parsed.fault : 'no object with eval'
      throw new UserError(`${path}: ${fault}`, { hint: 'import the samples file instead' })
    }
    const { eval: results, hash } = parsed.value
    const dataset = typeof hash === 'string' ? `evalplus ${hash}` : null
    return codeReading({
      format: 'evalplus-results',
      path,
      task: taskOfId(Object.keys(results as object)[0] ?? ''),
      rule: { name: 'program', reason: 'EvalPlus stores the whole program that it executed' },
      fingerprint: { ...notRecorded(), dataset },
      rows: (problems) => resultRows(results as Record<string, unknown>, problems),
    })
  },
}
