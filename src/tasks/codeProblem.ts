// A function to write and its tests, from the columns that the task names.
import type { CodeProblem } from '../schema/problem.ts'
import type { TaskFile } from '../schema/task.ts'
import { textCell, wrongCell } from './dataRows.ts'
import { CALLS_CHECK, PYTHON_NAME } from './problems.ts'
import type { AskedRow } from './prompts.ts'

export function codeProblem(
  file: Pick<TaskFile, 'entryPoint' | 'test'>,
  { row, id, prompt }: AskedRow,
): CodeProblem {
  const entryPoint = textCell(row, file.entryPoint!, 'entryPoint')
  if (!PYTHON_NAME.test(entryPoint)) {
    throw wrongCell(row, file.entryPoint!, { value: entryPoint, wanted: 'the Python name of the function' })
  }
  const test = textCell(row, file.test!, 'test')
  if (!CALLS_CHECK.test(test)) {
    throw wrongCell(row, file.test!, { value: test, wanted: 'Python source that defines check(candidate)' })
  }
  // A body is put right behind the prompt.
  return { id, prompt: prompt.endsWith('\n') ? prompt : `${prompt}\n`, entryPoint, test }
}
