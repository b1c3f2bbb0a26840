import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loraLandTable } from './loraLand.ts'
import type { LoraPair, MeanOverTasks } from './loraPairs.ts'
import { readLoraPairs } from './reference.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../test/goldens/reference/golden.json', import.meta.url), 'utf8'),
).loraLand

const pair = (changes: Partial<LoraPair>): LoraPair => ({
  category: 'c',
  task: 't',
  metric: 'm',
  model: 'x',
  base: 0.2,
  tuned: 0.5,
  gain: 0.3,
  gpt35: 0.4,
  gpt4: 0.6,
  ...changes,
})

const bounds = (mean: MeanOverTasks): [number, number] => {
  if (!('method' in mean) || mean.low === null || mean.high === null) throw new Error('no interval')
  return [mean.low, mean.high]
}

describe("LoRA Land's table", () => {
  const table = loraLandTable(readLoraPairs())

  test('agrees with sums made apart from this code', () => {
    expect([table.pairs, table.tasks, table.models]).toEqual([golden.pairs, golden.tasks, 10])
    expect(table.improved).toBe(golden.improved)
    expect([table.gpt4.beat, table.gpt4.tie]).toEqual([golden.beat, golden.tie])
    expect(table.gpt4.beat + table.gpt4.tie + table.gpt4.lose).toBe(310)
    expect(table.gain.value).toBeCloseTo(golden.gain, 12)
    expect(table.gpt4.bestOfTask.value).toBeCloseTo(golden.bestOfTask, 12)
    expect(table.gpt4.meanTuned.value).toBeCloseTo(golden.meanTuned, 12)
    expect(table.gpt4.chosenOnOtherTasks.value).toBeCloseTo(golden.chosenOnOtherTasks, 12)
    expect(table.bestOverBestBase.value).toBeCloseTo(golden.bestOverBestBase, 12)
    expect(table.lowBase?.pairs).toBe(golden.lowBase.pairs)
    expect(table.lowBase?.gain.value).toBeCloseTo(golden.lowBase.gain, 12)
    for (const [rows, means] of [
      [table.byCategory, golden.gainByCategory],
      [table.byMetric, golden.gainByMetric],
      [table.byModel, golden.gainByModel],
    ]) {
      expect(rows.map((row: { name: string }) => row.name)).toEqual(Object.keys(means))
      for (const row of rows) expect(row.gain.value).toBeCloseTo(means[row.name], 12)
    }
  })

  test('the figures that this table is known for', () => {
    expect((100 * table.gain.value).toFixed(1)).toBe('38.4')
    expect((100 * table.gpt4.bestOfTask.value).toFixed(1)).toBe('9.5')
    expect((100 * table.gpt4.meanTuned.value).toFixed(1)).toBe('2.4')
  })

  test('intervals count tasks, not rows, and a single task has none', () => {
    expect(table.gain.n).toBe(31)
    const [low, high] = bounds(table.gain)
    expect(low).toBeLessThan(table.gain.value)
    expect(high).toBeGreaterThan(table.gain.value)
    const maths = table.byCategory.find((row) => row.name === 'Math')!
    expect(maths).toMatchObject({
      pairs: 10,
      tasks: 1,
      gain: { n: 1, interval: { absent: expect.any(String) } },
    })
    expect(maths.gain).not.toHaveProperty('low')
  })

  test('most of the HumanEval gain is there before training, by another harness', () => {
    expect(table.elsewhere).toMatchObject({ model: 'gemma-7b', impliedBase: 0.03, gain: 0.403 })
    expect(table.elsewhere!.gainLeft).toBeCloseTo(0.433 - 0.3232, 12)
  })

  test('rows that did not improve are named, worst first', () => {
    expect(table.notImproved).toHaveLength(9)
    expect(table.notImproved[0]).toEqual({ task: 'arc_combined', model: 'gemma-7b-instruct', gain: -0.399 })
  })
})

describe('other tables', () => {
  test('the best of a task is chosen by its own scores, the other choice never is', () => {
    const rows = ['t1', 't2', 't3'].flatMap((task, i) => [
      pair({ task, model: 'steady', tuned: 0.6 }),
      // Wins one task by luck and is bad elsewhere.
      pair({ task, model: 'lucky', tuned: i === 0 ? 0.9 : 0.1 }),
    ])
    const { gpt4 } = loraLandTable(rows)
    expect(gpt4.chosenModels).toEqual([{ model: 'steady', tasks: 3 }])
    expect(gpt4.chosenOnOtherTasks.value).toBeCloseTo(0, 12)
    expect(gpt4.bestOfTask.value).toBeCloseTo(0.1, 12)
  })

  test('copies of a row narrow no interval', () => {
    const rows = [0.1, 0.4, 0.2, 0.5].map((gain, i) => pair({ task: `t${i}`, gain }))
    const tripled = rows.flatMap((row) => ['x', 'y', 'z'].map((model) => ({ ...row, model })))
    const [once, thrice] = [bounds(loraLandTable(rows).gain), bounds(loraLandTable(tripled).gain)]
    expect(thrice[0]).toBeCloseTo(once[0], 9)
    expect(thrice[1]).toBeCloseTo(once[1], 9)
  })

  test('any rows: counts add up, every number is finite, groups partition the pairs, the best is no worse than the mean', () => {
    const score = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000)
    const rows = fc
      .array(
        fc.record({
          task: fc.constantFrom('a', 'b', 'c'),
          model: fc.constantFrom('x', 'y'),
          base: score,
          tuned: score,
        }),
        {
          minLength: 1,
        },
      )
      .map((list) => list.map((row) => pair({ ...row, gain: row.tuned - row.base })))
    fc.assert(
      fc.property(rows, (list) => {
        const table = loraLandTable(list)
        expect(table.improved + table.unchanged + table.worse).toBe(list.length)
        expect(table.gpt4.beat + table.gpt4.tie + table.gpt4.lose).toBe(list.length)
        for (const groups of [table.byCategory, table.byMetric, table.byModel]) {
          expect(groups.reduce((sum, row) => sum + row.pairs, 0)).toBe(list.length)
        }
        const text = JSON.stringify(table, (_, value) =>
          typeof value === 'number' && !Number.isFinite(value) ? 'bad' : value,
        )
        expect(text).not.toContain('bad')
        const worst = Math.min(...list.map((row) => row.tuned - row.gpt4))
        expect(table.gpt4.bestOfTask.value).toBeGreaterThanOrEqual(worst - 1e-12)
      }),
    )
  })
})
