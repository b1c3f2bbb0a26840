// What a run leaves where judging fails while answers are made.
import { mkdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Judge } from '../../src/schema/judge.ts'
import { evaluate } from '../../src/study/evaluate.ts'
import { outcomesOf, samplesOf, TinyEvaluation } from '../support/evaluation.ts'

const tiny = new TinyEvaluation()
afterAll(() => tiny[Symbol.dispose]())

const COUNT = 200

/** Says `wrong` until `fails`. */
function judgeThat(fails: () => boolean): Judge {
  return {
    id: 'judge',
    backend: 'none',
    mode: 'two',
    limits: DEFAULT_LIMITS,
    wall: 'none',
    workers: 2,
    async judge() {
      if (fails()) throw new Error('the sandbox is gone')
      return { class: 'wrong', wallMs: 1 }
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

test('the model is not asked on, what was answered stays, and the same command goes on', async () => {
  const names = Array.from({ length: COUNT }, (_, i) => `f${i}`)
  const task = tiny.task(
    'functions',
    {
      prompt: 'def {{ name }}(x):\n',
      id: 'name',
      entryPoint: 'name',
      test: 'test',
      scorer: 'code',
      ask: { maxTokens: 40, temperature: 1, stops: [] },
    },
    names.map((name) => ({ name, test: 'def check(candidate):\n    assert candidate(2) == 4\n' })),
  )
  const cacheFolder = tiny.path('cache')
  mkdirSync(cacheFolder)
  const output = tiny.path('run')
  const run = (judge: Judge) =>
    evaluate({
      model: tiny.model('qwen2'),
      task,
      output,
      cacheFolder,
      env: {},
      isChat: false,
      limit: null,
      repeats: 1,
      seed: 0,
      threads: 1,
      openJudge: async () => judge,
    })
  let judged = 0
  await expect(run(judgeThat(() => ++judged > 3))).rejects.toThrow('the sandbox is gone')
  const left = samplesOf(output)
  expect(left.length).toBeGreaterThan(0)
  expect(left.length).toBeLessThan(COUNT)

  const { answers, problems } = await run(judgeThat(() => false))
  expect(problems).toBe(COUNT)
  expect(answers.standing).toBe(left.length)
  expect(answers.asked + answers.cached).toBe(COUNT - left.length)
  expect(outcomesOf(output)).toHaveLength(COUNT)
})
