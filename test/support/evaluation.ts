// Tiny models and tasks for `tunediff eval`, and its files as they lie on disk.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Call } from '../../src/schema/call.ts'
import type { Outcome, Run, Sample } from '../../src/schema/run.ts'
import { TinyPredictions } from './tinyPredictions.ts'

type Row = Readonly<Record<string, unknown>>

export class TinyEvaluation extends TinyPredictions {
  /** A task.yaml with its data; written again where it is there. */
  task(name: string, file: Row, rows: readonly Row[]): string {
    const to = this.path('tasks', name)
    mkdirSync(to, { recursive: true })
    writeFileSync(join(to, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    writeFileSync(join(to, 'task.yaml'), stringify({ data: 'rows.jsonl', ...file }))
    return to
  }
}

const linesOf = <T>(folder: string, name: string): T[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)

export const runOf = (folder: string): Run =>
  JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Run
export const callsOf = (folder: string): Call[] => linesOf(folder, 'calls.jsonl')
export const outcomesOf = (folder: string): Outcome[] => linesOf(folder, 'outcomes.jsonl')

/** By id, whatever the order they came in. */
export const samplesOf = (folder: string): Sample[] =>
  linesOf<Sample>(folder, 'samples.jsonl').sort((a, b) => (a.id < b.id ? -1 : 1))

/** Raw answers by id. */
export const answersOf = (folder: string): Record<string, string> =>
  Object.fromEntries(samplesOf(folder).map(({ id, raw }) => [id, raw]))
