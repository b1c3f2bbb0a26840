// A study folder whose finished runs are written by hand, scores as one wishes: nothing is trained, asked or judged. Not a
// test itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AskedResults, Instance, Measured, ResultSide } from '../../src/schema/results.ts'
import type { Attempt, Outcome, Run, Sample } from '../../src/schema/run.ts'
import { answerResults } from '../../src/study/results/answers.ts'

export const SCORER = 'a scorer'
export const SANDBOX = 'a sandbox'

const RECIPE = { method: 'lora' } as unknown as NonNullable<ResultSide['training']>['recipe']

/** A side as the study file has it; with seeds it is trained here. */
export interface HandSide {
  name: string
  against?: string
  seeds?: readonly number[]
  spec?: string
}

/** `bits`: a letter a problem, 1 passes, 0 does not, ? could not be judged, - was not answered. */
export interface HandRun {
  side: string
  seed?: number
  task: string
  bits: string
  /** Parts of run.json that differ. */
  run?: Partial<Run>
  /** Of each sample. */
  sample?: (index: number) => Partial<Sample>
}

const asked = (identity: string, samples: number): Run['asked'] => ({
  model: { spec: identity, identity, note: null },
  engine: { name: 'embedded', settings: {} },
  isChat: false,
  asking: { maxTokens: 8, temperature: 0, topP: 1, stops: [] },
  seed: 1,
  repeats: 1,
  limit: null,
  samples,
})

/** Of a run whose answers were recorded elsewhere. */
export const recorded = (
  { model, solver, samples }: { model: string | null; solver: string | null; samples: number },
  rest: Partial<Run> = {},
): Partial<Run> => ({
  model: { name: model, source: model === null ? 'unknown' : 'stated' },
  solver: { name: solver, source: solver === null ? 'unknown' : 'stated' },
  import: {
    format: 'plain',
    task: null,
    path: 'log',
    identity: 'x',
    rows: samples,
    samples,
    skipped: [],
    missing: [],
  },
  asked: null,
  ...rest,
})

export class HandStudy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tunediff-answers-'))
  readonly asked: AskedResults
  #cells = 0

  constructor(sides: readonly HandSide[], tasks: readonly string[], margin: number | null = null) {
    this.asked = {
      name: 'by hand',
      margin,
      sides: sides.map(({ name, against = 'base', seeds, spec = name }, i) => ({
        name,
        against: i === 0 ? null : against,
        kind: seeds ? 'trained' : 'model',
        spec: seeds ? null : spec,
        training: seeds
          ? { recipe: RECIPE, data: { identity: 'data', examples: 1 }, seeds: [...seeds] }
          : null,
      })),
      tasks: [...tasks],
      cells: [],
    }
  }

  /** Notes a cell; `key` is given back. */
  cell(
    of: Instance,
    rest: Partial<Pick<AskedResults['cells'][number], 'kind' | 'judge' | 'state' | 'task'>> = {},
  ): string {
    const key = `cell${++this.#cells}`
    const uses = [{ ...of, against: null }]
    const common = { key, kind: 'run' as const, uses, task: null, judge: SCORER, message: null }
    this.asked.cells.push({ ...common, state: 'done', ...rest })
    return key
  }

  /** A finished run in a cell of its own. */
  run({ side, seed, ...run }: HandRun): string {
    const { scoring = 'answer', import: imported = null } = run.run ?? {}
    const key = this.cell(
      { side, seed: seed ?? null },
      {
        task: run.task,
        kind: imported ? 'import' : 'run',
        judge: { answer: SCORER, execute: SANDBOX, recorded: null }[scoring],
      },
    )
    this.write(key, { side, ...(seed === undefined ? {} : { seed }), ...run })
    return key
  }

  /** The files of a run, in a folder below cells/. */
  write(place: string, { side, seed, task, bits, run = {}, sample = () => ({}) }: HandRun): void {
    const folder = join(this.folder, 'cells', place)
    mkdirSync(folder, { recursive: true })
    const answered = [...bits].flatMap((bit, i) => (bit === '-' ? [] : [{ bit, problem: `P/${i}` }]))
    const whole: Run = {
      schema: 2,
      name: side,
      createdAt: '2026-01-01T00:00:00.000Z',
      model: { name: side, source: 'recorded' },
      solver: { name: 'direct', source: 'recorded' },
      task: { name: task, identity: task, path: null },
      scoring: 'answer',
      rule: null,
      metric: null,
      fingerprint: { dataset: task },
      seeds: [1],
      versions: {},
      import: null,
      asked: asked(`${side} ${seed ?? ''}`, answered.length),
      ...run,
    }
    const samples = answered.map(
      ({ bit, problem }, i): Sample => ({
        id: `${problem}#0`,
        problem,
        repeat: 0,
        raw: `${side} ${seed} says ${bit}`,
        ...(whole.scoring === 'recorded' ? { recordedScore: Number(bit) } : {}),
        ...sample(i),
      }),
    )
    const executes = whole.scoring === 'execute'
    const outcomes = samples.map(
      ({ id }, i): Outcome => ({
        sample: id,
        rule: executes ? whole.rule!.name : 'answer',
        judge: executes ? SANDBOX : SCORER,
        programHash: '',
        class: { 1: 'pass', 0: 'wrong', '?': 'unjudged' }[answered[i]!.bit] as Outcome['class'],
        wallMs: 1,
      }),
    )
    const limits = { wallMs: 1_000, retryWallMs: 0, memoryMb: 1, outputBytes: 1 }
    const judge = executes
      ? { id: SANDBOX, backend: 'none', mode: 'two', limits }
      : { id: SCORER, scorer: { kind: 'exact', ignoreCase: false }, version: 1 }
    const rows = (list: readonly object[]): string => list.map((row) => `${JSON.stringify(row)}\n`).join('')
    writeFileSync(join(folder, 'run.json'), JSON.stringify(whole))
    writeFileSync(join(folder, 'samples.jsonl'), rows(samples))
    writeFileSync(join(folder, 'outcomes.jsonl'), rows(whole.scoring === 'recorded' ? [] : outcomes))
    writeFileSync(join(folder, 'judges.jsonl'), rows([judge]))
  }

  results(): Promise<Pick<Measured, 'scores' | 'pairs' | 'effects' | 'changes' | 'warnings'>> {
    return answerResults(this.folder, this.asked, {
      live: [],
      cacheFolder: join(this.folder, 'cache'),
      env: {},
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** `count` reflections on attempts that the log did not keep. */
export const reflections = (count: number): Attempt[] =>
  Array.from({ length: count }, () => ({ reflection: 'try again' }))
