// The prompts of a task: its template, rendered over the columns of each row.
import { UserError } from '../util/errors.ts'
import { compileTemplate, templateVariables } from '../util/jinja.ts'
import { oneLine } from '../util/text.ts'
import { cell, type DataRow } from './dataRows.ts'
import type { TaskSource } from './taskFile.ts'

/** A row with what is asked of it. */
export interface AskedRow {
  row: DataRow
  id: string
  prompt: string
}

export function promptsOf({ file, placeOf }: TaskSource, rows: readonly DataRow[]): string[] {
  const place = placeOf('prompt')
  const fails = (where: string, error: unknown): UserError =>
    new UserError(`${where}: ${oneLine(error instanceof Error ? error.message : String(error), 160)}`, {
      hint: 'prompt is a Jinja template over the columns of a row, such as "Q: {{ question }}"',
      cause: error,
    })
  const { render, variables, builtIn } = attempt(
    () => ({ render: compileTemplate(file.prompt), ...templateVariables(file.prompt) }),
    (error) => fails(`${place}: the template cannot be read`, error),
  )
  return rows.map((row) => {
    refuseBuiltIn(row, { builtIn, place })
    // A name that is no column would be rendered as nothing, in silence.
    const columns = variables.map((name) => [name, cell(row, name, `prompt (${place})`)] as const)
    const prompt = attempt(
      () => render(Object.fromEntries(columns)),
      (error) => fails(`${place}: the template fails for ${row.place}`, error),
    )
    if (prompt.trim() !== '') return prompt
    throw new UserError(`${row.place}: the prompt is empty`, { hint: `its template stands in ${place}` })
  })
}

function refuseBuiltIn(row: DataRow, { builtIn, place }: { builtIn: string[]; place: string }): void {
  const name = builtIn.find((each) => row.columns.has(each))
  if (name === undefined) return
  throw new UserError(`${place}: ${name} is a name of Jinja itself, and a column of ${row.place}`, {
    hint: `rename the column ${name}: which of the two is meant cannot be told`,
  })
}

/** Templates are written by others, and fail in every way, an exhausted stack among them. */
function attempt<T>(make: () => T, fails: (error: unknown) => UserError): T {
  try {
    return make()
  } catch (error) {
    throw fails(error)
  }
}
