// What a study found, on disk: results.json, and the same in words and tables, finding.md.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RESULTS_SCHEMA, type Results, resultsSchema } from '../schema/results.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'

export const RESULTS_FILE = 'results.json'
export const FINDING_FILE = 'finding.md'

const againIn = (folder: string): string =>
  `compute them again from the rows of the study: tunediff run STUDY.yaml -o ${folder}`

export async function writeResults(folder: string, results: Results, markdown: string): Promise<void> {
  await writeFileWhole(join(folder, RESULTS_FILE), `${JSON.stringify(results, null, 2)}\n`)
  await writeFileWhole(join(folder, FINDING_FILE), markdown)
}

export async function readResults(folder: string): Promise<Results> {
  const path = join(folder, RESULTS_FILE)
  if (!(await exists(path))) {
    throw new UserError(`${folder} has no ${RESULTS_FILE}`, {
      hint: 'give the folder of a study that was run: tunediff run STUDY.yaml',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: againIn(folder), cause })
  }
  const schema = (value as { schema?: unknown } | null)?.schema
  if (typeof schema === 'number' && schema !== RESULTS_SCHEMA) {
    throw new UserError(`${path} is of schema ${schema}, this version reads ${RESULTS_SCHEMA}`, {
      hint: againIn(folder),
    })
  }
  const parsed = resultsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new UserError(`${path}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`, {
    hint: againIn(folder),
    cause: parsed.error,
  })
}
