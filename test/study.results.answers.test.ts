// What a study's answers come to, from run folders that are written by hand: figures against ones that are counted here or
// come from the statistics themselves, and what becomes of cells that failed, were not judged, or do not fit.
import { afterEach, describe, expect, test } from 'vitest'
import { pairScores } from '../src/measure/pairs.ts'
import { pairPower } from '../src/measure/power.ts'
import { seedReports } from '../src/measure/seeds.ts'
import { resultsSchema } from '../src/schema/results.ts'
import { crossedMean } from '../src/stats/varianceComponentsEffect.ts'
import { crossedDetectable, problemsNeeded } from '../src/stats/varianceComponentsPower.ts'
import { HandStudy, recorded, SANDBOX, SCORER } from './support/handStudy.ts'

const opened: HandStudy[] = []
afterEach(() => {
  for (const study of opened.splice(0)) study[Symbol.dispose]()
})
function study(...of: ConstructorParameters<typeof HandStudy>): HandStudy {
  opened.push(new HandStudy(...of))
  return opened.at(-1)!
}
const scores = (bits: string) => new Map([...bits].map((bit, p) => [`P/${p}`, [Number(bit)]]))
const differences = (base: string, variant: string) =>
  [...variant].map((bit, p) => Number(bit) - Number(base[p]))
const named = ({ side, task }: { side: string; task: string | null }) => `${side} ${task}`

describe('a base, a recipe of three seeds and a model, on two tasks', () => {
  const base = '0000000011'
  const seeds = ['1111110011', '1111100011', '1111111011']
  async function results(margin: number | null = null) {
    const sides = [{ name: 'base' }, { name: 'lora', seeds: [3, 1, 2] }, { name: 'other' }]
    const made = study(sides, ['sums', 'names'], margin)
    // The cells are in another order than the file.
    for (const task of ['names', 'sums']) {
      const flat = task === 'names'
      for (const [i, bits] of seeds.entries())
        made.run({ side: 'lora', seed: i + 1, task, bits: flat ? base : bits })
      made.run({ side: 'other', task, bits: flat ? '0000000111' : '1111110000' })
      made.run({ side: 'base', task, bits: base })
    }
    return { ...(await made.results()), key: (i: number) => `cells/cell${i}/outcomes.jsonl` }
  }

  test('scores, in the order of the file, and the rows that they come from', async () => {
    const got = await results()
    expect(got.scores.map(({ side, seed, task, report }) => [side, seed, task, report.passed])).toEqual([
      ['base', null, 'sums', 2],
      ['base', null, 'names', 2],
      ['lora', 1, 'sums', 8],
      ['lora', 1, 'names', 2],
      ['lora', 2, 'sums', 7],
      ['lora', 2, 'names', 2],
      ['lora', 3, 'sums', 9],
      ['lora', 3, 'names', 2],
      ['other', null, 'sums', 6],
      ['other', null, 'names', 3],
    ])
    const [first] = got.scores
    expect(first).toMatchObject({ metric: 'accuracy (exact)', report: { n: 10, rate: { value: 0.2 } } })
    expect(first!.from).toEqual([{ file: got.key(10), where: { judge: SCORER, rule: 'answer' } }])
    expect(first!.report).not.toHaveProperty('name')
  })

  test('pairs: exact McNemar counted by hand, Holm over all eight', async () => {
    const { pairs, key } = await results()
    expect(pairs.map(({ side, seed, against, task }) => [side, seed, against.side, task])).toEqual(
      ['lora 1', 'lora 2', 'lora 3', 'other'].flatMap((name) => {
        const [side, seed] = name.split(' ')
        return ['sums', 'names'].map((task) => [side, seed ? Number(seed) : null, 'base', task])
      }),
    )
    const [one, , , , three] = pairs
    // Six gained and none lost: 2 · 2^-6. Seven: 2 · 2^-7, the least of eight.
    expect(one!.report).toMatchObject({ name: 'lora (seed 1)', lost: [], paired: 10 })
    expect(one!.report.p).toBeCloseTo(1 / 32, 12)
    expect(three!.report).toMatchObject({ name: 'lora (seed 3)', holmP: expect.closeTo(8 / 64, 12) })
    expect(one!.report.sentence).toContain('lora (seed 1)')
    expect(one!.from.map(({ file }) => file)).toEqual([key(10), key(6)])
  })

  test('effects: of the recipe as seed reports have it, of the model as its pair', async () => {
    const { effects } = await results()
    expect(effects.map(named)).toEqual(['lora sums', 'lora names', 'other sums', 'other names'])
    expect(effects.map(({ about }) => about)).toEqual(['recipe', 'recipe', 'variant', 'variant'])
    const [lora, flat, other, names] = effects
    const twins = seeds.map((bits, i) => ({ seed: i + 1, scores: scores(bits) }))
    const of = { recipe: 'lora', base: scores(base), sampled: false }
    const reports = seedReports(
      [
        { ...of, task: 'sums', twins },
        { ...of, task: 'names', twins: twins.map(({ seed }) => ({ seed, scores: scores(base) })) },
      ],
      null,
      4,
    )
    // Their statement about the recipe is one of the study's four.
    for (const [effect, { ofRecipe, ...report }] of [
      [lora!, reports[0]!] as const,
      [flat!, reports[1]!] as const,
    ]) {
      const { holmP, finding } = effect
      expect(effect.seeds).toEqual({ ...report, ofRecipe: { ...ofRecipe, holmP, finding } })
      expect(effect.seeds).toMatchObject({ mde: effect.mde })
    }
    expect(reports[0]!.ofRecipe).toMatchObject({ delta: lora!.delta, p: lora!.p })
    expect(lora).toMatchObject({ baseScore: 0.2, problems: 10, against: 'base' })
    expect(lora!.variantScore).toBeCloseTo(24 / 30, 12)
    expect(lora!.delta.value).toBeCloseTo(18 / 30, 12)
    // Six gained, two lost: 2 · (1 + 8 + 28) / 256.
    expect(other).toMatchObject({ baseScore: 0.2, variantScore: 0.6, problems: 10, finding: 'cannot-tell' })
    expect(other!.p).toBeCloseTo(74 / 256, 12)
    expect(names!.p).toBe(1)
    // Holm by hand over p(lora) < p(other) < 1 = 1.
    expect(lora!.holmP).toBeCloseTo(4 * lora!.p, 12)
    expect(other!.holmP).toBeCloseTo((3 * 74) / 256, 12)
    expect([flat!.holmP, names!.holmP]).toEqual([1, 1])
    expect(lora!.finding).toBe(4 * lora!.p < 0.05 ? 'better' : 'cannot-tell')
  })

  test('power is that at 0.05 over four statements', async () => {
    const [lora, flat, other] = (await results()).effects
    const { variance } = crossedMean(
      seeds.map((bits) => differences(base, bits)),
      1,
    )
    const design = { seeds: 3, problems: 10, variance, alpha: 0.05 / 4 }
    expect(lora!.mde).toBe(crossedDetectable(design))
    expect(lora!.neededProblems).toBe(problemsNeeded(design, lora!.delta.value))
    // Nothing differs there: no spread to plan with.
    expect(flat).toMatchObject({ p: 1, mde: null, neededProblems: null, delta: { value: 0 } })
    const power = pairPower(pairScores(scores(base), scores('1111110000')), 0.05 / 4)
    expect(other).toMatchObject({ mde: power.mde, neededProblems: power.neededN })
  })

  test('no worse than the margin, by the interval of each statement', async () => {
    const got = await results(0.9)
    expect(got.effects.map(({ finding }) => finding).slice(1)).toEqual(['no-worse', 'no-worse', 'no-worse'])
    expect(got.effects[0]!.seeds).toMatchObject({ plan: { margin: 0.9 } })
  })

  test('what changed: the model, by the names of the study; each answer is one call', async () => {
    const { changes } = await results()
    expect(changes.map(named)).toEqual(['lora sums', 'lora names', 'other sums', 'other names'])
    expect(changes[0]).toMatchObject({
      model: { base: { name: 'base', source: 'recorded' }, variant: { name: 'lora', source: 'recorded' } },
      solver: { base: { name: 'direct' }, variant: { name: 'direct' } },
      ...{ modelChanged: true, solverChanged: false, calls: { base: 1, variant: 1 }, equalBudget: null },
    })
    expect(changes[0]!.from.map(({ file }) => file)).toContain('cells/cell10/run.json')
  })

  test('holds the schema of results', async () => {
    const { key: _, warnings, ...got } = await results()
    for (const [name, list] of Object.entries({ ...got, warnings }))
      expect(resultsSchema.shape[name as keyof typeof got].parse(list)).toEqual(list)
  })
})

describe('cells that are not there', () => {
  const two = [{ name: 'base' }, { name: 'lora', seeds: [1, 2] }]

  test('of two seeds one failed: the other is told of as a variant, and why', async () => {
    const made = study(two, ['sums'])
    made.run({ side: 'base', task: 'sums', bits: '000011' })
    made.run({ side: 'lora', seed: 1, task: 'sums', bits: '111111' })
    made.cell({ side: 'lora', seed: 2 }, { state: 'failed', task: 'sums' })
    const { effects, warnings } = await made.results()
    expect(effects).toMatchObject([
      { about: 'variant', p: 0.125, seeds: { absent: expect.stringMatching(/^of 2 seeds only 1 /) } },
    ])
    expect(warnings).toContainEqual({
      code: 'task-on-one-side',
      message: 'lora against base: left out, since only one side has it: sums (base).',
    })
  })

  test('runs made here of two tasks are not one pair because each side has one left', async () => {
    const made = study([{ name: 'base' }, { name: 'other' }], ['sums', 'names'])
    made.run({ side: 'base', task: 'sums', bits: '0000' })
    made.run({ side: 'other', task: 'names', bits: '1111' })
    const { pairs, effects, scores: list, warnings, changes } = await made.results()
    expect([pairs, effects]).toEqual([[], []])
    expect(list).toHaveLength(2)
    expect(warnings.map(({ message }) => message)).toEqual([
      'other against base: left out, since only one side has it: sums (base), names (other).',
    ])
    expect(changes).toMatchObject([{ side: 'other', task: null, modelChanged: true, calls: { base: null } }])
  })

  test('without runs all is empty but what the sides are', async () => {
    const made = study([...two, { name: 'same', spec: 'base' }], [])
    const { changes, ...rest } = await made.results()
    expect(rest).toEqual({ scores: [], pairs: [], effects: [], warnings: [] })
    expect(changes).toMatchObject([
      { side: 'lora', task: null, modelChanged: true, solverChanged: null, equalBudget: null, from: [] },
      { side: 'same', task: null, modelChanged: false },
    ])
  })

  test('too little in common ends nothing: a warning, and what can be said is said', async () => {
    const made = study(
      [{ name: 'base' }, { name: 'lora', seeds: [1, 2] }, { name: 'other' }],
      ['sums', 'names'],
    )
    for (const task of ['sums', 'names']) made.run({ side: 'base', task, bits: '00110' })
    made.run({ side: 'other', task: 'sums', bits: '----1' })
    made.run({ side: 'other', task: 'names', bits: '11110' })
    for (const seed of [1, 2]) made.run({ side: 'lora', seed, task: 'sums', bits: '01???' })
    const { effects, pairs, warnings, scores: list } = await made.results()
    expect(effects.map(named)).toEqual(['other names'])
    expect(pairs.map(({ report, task }) => `${report.name} ${task}`)).toEqual([
      'lora (seed 1) sums',
      'lora (seed 2) sums',
      'other names',
    ])
    const messages = warnings.map(({ message }) => message).join('\n')
    expect(messages).toMatch(
      /nothing is said of lora as a recipe: .* have 2 scored problems in common, and 3/,
    )
    expect(messages).toMatch(/sums is left out for other: 1 problem in common/)
    expect(messages).toContain('sums: the answers to one problem alone of other could be judged')
    expect(list.map(({ side, task }) => `${side} ${task}`)).not.toContain('other sums')
  })

  test('a run folder that was cut is left out, and the warning does not say where the study lies', async () => {
    const made = study([{ name: 'base' }, { name: 'other' }], ['sums'])
    const cut = made.run({ side: 'base', task: 'sums', bits: '0011', run: { asked: null } })
    made.write(cut, {
      side: 'base',
      task: 'sums',
      bits: '0011',
      run: recorded({ model: null, solver: null, samples: 9 }),
    })
    made.run({ side: 'other', task: 'sums', bits: '0011' })
    const { warnings, scores: list } = await made.results()
    expect(list.map(({ side }) => side)).toEqual(['other'])
    expect(warnings[0]).toEqual({
      code: 'run-left-out',
      message: `A run of base is left out: cells/${cut} holds 4 answers, and 9 were imported.`,
    })
  })
})

test('a recipe against another of the same seeds: by the difference of each seed', async () => {
  const sides = [
    { name: 'base' },
    { name: 'lora', seeds: [1, 2, 3] },
    { name: 'dora', seeds: [1, 2, 3], against: 'lora' },
  ]
  const made = study(sides, ['sums'])
  const lora = ['1100000000', '1111000000', '1110000000']
  const dora = ['1111110000', '1111111000', '1111111100']
  for (const [i, bits] of lora.entries()) made.run({ side: 'lora', seed: i + 1, task: 'sums', bits })
  for (const [i, bits] of dora.entries()) made.run({ side: 'dora', seed: i + 1, task: 'sums', bits })
  const { effects, pairs } = await made.results()
  expect(pairs.map(({ seed, against, report }) => [seed, against.seed, report.delta.value])).toEqual([
    [1, 1, 0.4],
    [2, 2, expect.closeTo(0.3)],
    [3, 3, 0.5],
  ])
  const direct = crossedMean(
    lora.map((bits, i) => differences(bits, dora[i]!)),
    1,
  )
  expect(effects).toMatchObject([
    { side: 'dora', against: 'lora', about: 'recipe', p: direct.p, seeds: { absent: expect.any(String) } },
  ])
  expect(effects[0]!.delta).toMatchObject({ value: direct.mean, ...direct.interval })
  expect(effects[0]!.baseScore).toBeCloseTo(0.3, 12)
  expect(effects[0]!.variantScore).toBeCloseTo(0.7, 12)
})

describe('recorded answers', () => {
  const rule = { name: 'program', reason: 'it is' } as const

  test('scores of a log, programs that were executed, and several runs in one cell', async () => {
    const made = study([{ name: 'base' }, { name: 'log', against: 'base' }], ['code', 'sums'])
    const of = (scoring: 'execute' | 'recorded') =>
      recorded(
        { model: 'm', solver: null, samples: 4 },
        { scoring, rule: scoring === 'execute' ? rule : null, metric: scoring === 'execute' ? null : 'em' },
      )
    made.run({ side: 'base', task: 'code', bits: '0011', run: of('execute') })
    made.run({ side: 'base', task: 'sums', bits: '0011', run: of('recorded') })
    const key = made.cell({ side: 'log', seed: null }, { kind: 'import', judge: SANDBOX })
    made.write(`${key}/code`, { side: 'log', task: 'code', bits: '1111', run: of('execute') })
    made.write(`${key}/sums`, { side: 'log', task: 'sums', bits: '0111', run: of('recorded') })
    const { pairs, scores: list, warnings } = await made.results()
    expect(list.map(({ side, task, metric, report }) => [side, task, metric, report.rate.value])).toEqual([
      ['base', 'code', 'pass@1', 0.5],
      ['base', 'sums', 'em', 0.5],
      ['log', 'code', 'pass@1', 1],
      ['log', 'sums', 'em', 0.75],
    ])
    expect(list.slice(2).map(({ from }) => from)).toEqual([
      [{ file: `cells/${key}/code/outcomes.jsonl`, where: { judge: SANDBOX, rule: 'program' } }],
      [{ file: `cells/${key}/sums/samples.jsonl`, where: null }],
    ])
    expect(pairs.map(({ task, report }) => [task, report.rule, report.gained.length])).toEqual([
      ['code', 'program', 2],
      ['sums', null, 1],
    ])
    expect(warnings.map(({ code }) => code)).not.toContain('task-on-one-side')
  })

  test('known protocol keys that differ are a warning; so are visible tests of a task that is not here', async () => {
    const made = study([{ name: 'base' }, { name: 'log', against: 'base' }], ['code'])
    const of = (temperature: string) =>
      recorded(
        { model: 'm', solver: 'direct', samples: 4 },
        { scoring: 'execute', rule, fingerprint: { temperature } },
      )
    const sample = () => ({ visibleTests: ['assert f(1) == 1'] })
    made.run({ side: 'base', task: 'code', bits: '0011', run: of('0') })
    made.run({ side: 'log', task: 'code', bits: '0111', run: of('1'), sample })
    const { warnings, pairs } = await made.results()
    expect(pairs[0]!.report.fingerprintDiffers).toEqual(['temperature'])
    expect(warnings).toContainEqual({
      code: 'protocol-differs',
      message: "log and base differ in temperature: the difference is not the model's alone.",
    })
    expect(warnings.find(({ code }) => code === 'task-not-found')?.message).toMatch(
      /^code: whether .* of log/,
    )
  })

  test('two runs of one task on a side: the first is taken', async () => {
    const made = study([{ name: 'base' }, { name: 'log', against: 'base' }], ['sums'])
    const run = recorded({ model: 'm', solver: 'direct', samples: 4 }, { scoring: 'recorded', metric: 'em' })
    for (const bits of ['0011', '1111']) made.run({ side: 'base', task: 'sums', bits, run })
    made.run({ side: 'log', task: 'sums', bits: '0111', run })
    const { warnings, effects } = await made.results()
    expect(effects).toMatchObject([{ baseScore: 0.5, variantScore: 0.75 }])
    expect(warnings[0]).toEqual({
      code: 'two-runs',
      message: 'base has two runs of sums: cells/cell1 is taken, cells/cell2 is left out.',
    })
  })

  test('one log on each side is compared whatever its task is called, under the name that the base gives it', async () => {
    const made = study([{ name: 'base' }, { name: 'log', against: 'base' }], [])
    const run = recorded({ model: 'm', solver: 'direct', samples: 4 }, { scoring: 'recorded', metric: 'em' })
    made.run({ side: 'base', task: 'sums', bits: '0011', run })
    made.run({ side: 'log', task: 'additions', bits: '0111', run })
    const { scores: list, effects, changes } = await made.results()
    for (const { task } of [...list, ...effects, ...changes]) expect(task).toBe('sums')
  })
})
