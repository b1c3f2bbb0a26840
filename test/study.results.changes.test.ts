// What two sides of a study differ in: model, solver, calls, and whether a scaffold has a plain run of equal budget beside it.
import { afterEach, describe, expect, test } from 'vitest'
import type { ChangeResult } from '../src/schema/results.ts'
import type { Attempt, Run } from '../src/schema/run.ts'
import { HandStudy, recorded, reflections } from './support/handStudy.ts'

const opened: HandStudy[] = []
afterEach(() => {
  for (const study of opened.splice(0)) study[Symbol.dispose]()
})

interface Log {
  name: string
  model: string | null
  solver: string | null
  /** Of each problem; four problems. */
  attempts?: readonly (readonly Attempt[])[]
  startFrom?: string
  /** Answers to each problem. */
  against?: string
}

/** Sides of one recorded run each, on one task; keys are cell1, cell2 ... */
async function changes(...logs: Log[]): Promise<ChangeResult[]> {
  const study = new HandStudy(
    logs.map(({ name, against = 'base' }) => ({ name, against })),
    ['sums'],
  )
  opened.push(study)
  for (const { name, model, solver, attempts, startFrom } of logs) {
    const more: Partial<Run> = { scoring: 'recorded', metric: 'em', ...(startFrom ? { startFrom } : {}) }
    study.run({
      ...{ side: name, task: 'sums', bits: '0011' },
      run: recorded({ model, solver, samples: 4 }, more),
      sample: (i) => (attempts?.[i]?.length ? { attempts: [...attempts[i]!] } : {}),
    })
  }
  return (await study.results()).changes
}

const plain = { name: 'base', model: 'm', solver: 'direct' }
const programs = (count: number): Attempt[] => Array.from({ length: count }, () => ({ program: 'pass' }))

describe('calls a problem', () => {
  test('reflections alone: one answer, and two calls a reflection', async () => {
    const attempts = [[], reflections(1), reflections(3), []]
    const [change] = await changes(plain, { name: 'reflexion', model: 'm', solver: 'reflexion', attempts })
    expect(change).toMatchObject({
      ...{ modelChanged: false, solverChanged: true },
      calls: { base: 1, variant: (1 + 3 + 7 + 1) / 4 },
    })
  })

  test('implementations: each is one, and each reflection', async () => {
    const kept = [{ program: 'a', reflection: 'no' }, { program: 'b', reflection: 'no' }, { program: 'c' }]
    const attempts = [kept, programs(1), programs(1), programs(1)]
    const [change] = await changes(plain, { name: 'log', model: 'm', solver: 'reflexion', attempts })
    expect(change!.calls.variant).toBe((5 + 3) / 4)
  })

  test('one that began from another side has its calls too, in place of the first attempt', async () => {
    const [, debugged] = await changes(
      plain,
      { name: 'log', model: 'm', solver: 'reflexion', attempts: [[], reflections(2), [], []] },
      {
        ...{ name: 'ldb', model: 'n', solver: 'ldb', against: 'log', startFrom: 'cells/cell2' },
        attempts: [programs(1), programs(4), programs(1), programs(2)],
      },
    )
    expect(debugged!.calls).toEqual({ base: 8 / 4, variant: (1 + (5 + 3) + 1 + (1 + 1)) / 4 })
    expect(debugged).toMatchObject({ modelChanged: true, solverChanged: true })
  })

  test('where it began is not of the study, or the log keeps no attempts: not recorded', async () => {
    const attempts = [programs(2), programs(1), programs(1), programs(1)]
    const got = await changes(
      plain,
      { name: 'elsewhere', model: 'm', solver: 'ldb', startFrom: '../other', attempts },
      { name: 'silent', model: 'm', solver: 'reflexion' },
      { name: 'unknown', model: null, solver: null },
    )
    expect(got.map(({ calls }) => calls.variant)).toEqual([null, null, null])
    expect(got[1]!.equalBudget).toEqual({ absent: 'how often silent calls its model is not recorded' })
    expect(got[2]).toMatchObject({ modelChanged: null, solverChanged: null, equalBudget: null })
  })
})

describe('a plain run of equal budget', () => {
  const scaffold = {
    ...{ name: 'scaffold', model: 'm', solver: 'reflexion' },
    attempts: [reflections(1), [], [], []],
  }

  test('the same model with fewer calls is none', async () => {
    const [change] = await changes(plain, scaffold)
    expect(change!.equalBudget).toEqual({
      absent: 'base samples the same model plainly, with fewer calls a problem (1; scaffold has 1.5)',
    })
  })

  test('another model with plain sampling is none', async () => {
    const [change] = await changes({ ...plain, model: 'n' }, scaffold)
    expect(change!.equalBudget).toEqual({
      absent: 'no side of the study answers sums with m and plain sampling',
    })
    const [unknown] = await changes(plain, { ...scaffold, model: null })
    expect(unknown!.equalBudget).toEqual({ absent: 'the model of scaffold is not known' })
  })

  test('repeated answers with as many calls are one', async () => {
    const study = new HandStudy(
      ['base', 'scaffold', 'repeated'].map((name) => ({ name, against: 'base' })),
      ['sums'],
    )
    opened.push(study)
    const run = (solver: string) =>
      recorded({ model: 'm', solver, samples: 4 }, { scoring: 'recorded', metric: 'em' })
    study.run({ side: 'base', task: 'sums', bits: '0011', run: run('direct') })
    study.run({
      ...{ side: 'scaffold', task: 'sums', bits: '0011', run: run('reflexion') },
      sample: (i) => (i === 0 ? { attempts: reflections(1) } : {}),
    })
    study.run({
      ...{ side: 'repeated', task: 'sums', bits: '0011', run: run('repeated') },
      // Two answers to each of two problems.
      sample: (i) => ({ id: `P/${i % 2}#${i >> 1}`, problem: `P/${i % 2}`, repeat: i >> 1 }),
    })
    const got = await study.results()
    expect(got.changes[0]).toMatchObject({ calls: { variant: 1.5 }, equalBudget: { side: 'repeated' } })
    expect(got.changes[1]).toMatchObject({ calls: { base: 1, variant: 2 }, equalBudget: null })
  })
})

test('a side that is the base again has the same model; a log and a file cannot be told', async () => {
  const study = new HandStudy([{ name: 'base' }, { name: 'again' }, { name: 'log' }], ['sums'])
  opened.push(study)
  const key = study.run({ side: 'base', task: 'sums', bits: '0011' })
  study.asked.cells[0]!.uses.push({ side: 'again', seed: null, against: null })
  const run = recorded({ model: 'base', solver: 'direct', samples: 4 }, { scoring: 'recorded', metric: 'em' })
  study.run({ side: 'log', task: 'sums', bits: '0011', run })
  const { changes: got, pairs } = await study.results()
  expect(got).toMatchObject([
    { side: 'again', model: { variant: { name: 'base' } }, modelChanged: false, solverChanged: false },
    { side: 'log', model: { variant: { name: 'base', source: 'stated' } }, modelChanged: null },
  ])
  expect(pairs[0]!.from).toEqual([{ file: `cells/${key}/outcomes.jsonl`, where: expect.anything() }])
})
