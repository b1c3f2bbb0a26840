// Multiple choice from task.yaml to the score, against lm-evaluation-harness on the same tiny model
// (test/goldens/tasks/lm-eval, by make_lm_eval.py beside it).
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { tunediff } from '../support/cli.ts'
import { architectureGoldens } from '../support/engine.ts'
import { outcomesOf, samplesOf } from '../support/evaluation.ts'

interface Result {
  logProbs: number[]
  acc: number
  acc_norm: number
  acc_bytes: number
}

const golden = (name: string): string =>
  fileURLToPath(new URL(`../goldens/tasks/lm-eval/${name}`, import.meta.url))
const results = JSON.parse(readFileSync(golden('results.json'), 'utf8')) as Record<string, Result[]>
const METRICS = { none: 'acc', characters: 'acc_norm', bytes: 'acc_bytes' } as const

const root = mkdtempSync(join(tmpdir(), 'tunediff-lm-eval-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const model = join(root, 'model')
mkdirSync(model)
for (const name of ['config.json', 'model.safetensors'])
  copyFileSync(join(architectureGoldens, 'qwen2', name), join(model, name))
copyFileSync(golden('tokenizer.json'), join(model, 'tokenizer.json'))

let runs = 0
/** Log-probabilities and classes of all problems, in the order of the data. */
async function evaluated(
  delimiter: string,
  normalise: string,
): Promise<{ logProbs: number[][]; passed: number[] }> {
  const task = join(root, `task-${++runs}`)
  mkdirSync(task)
  copyFileSync(golden('rows.jsonl'), join(task, 'rows.jsonl'))
  const file = {
    data: 'rows.jsonl',
    prompt: '{{ question }}',
    answer: 'answer',
    choices: 'choices',
    delimiter,
    scorer: { kind: 'choice', normalise },
  }
  writeFileSync(join(task, 'task.yaml'), stringify(file))
  const out = join(root, `run-${runs}`)
  const cache = join(root, 'cache')
  const { code, stderr } = await tunediff(['eval', model, '--task', task, '--threads', '1', '-o', out], {
    cache,
  })
  expect(code, stderr).toBe(0)
  const order = (problem: string): number => Number(problem) - 1
  const logProbs: number[][] = []
  for (const { problem, choices } of samplesOf(out))
    logProbs[order(problem)] = choices!.map(({ logProb }) => logProb)
  const passed: number[] = []
  for (const { sample, class: outcome } of outcomesOf(out))
    passed[order(sample.split('#')[0]!)] = outcome === 'pass' ? 1 : 0
  return { logProbs, passed }
}

describe.each(Object.entries(results))('delimiter %j', (delimiter, expected) => {
  test.each(Object.entries(METRICS))(
    "normalise: %s is lm-eval's %s, problem by problem",
    async (normalise, metric) => {
      const { logProbs, passed } = await evaluated(delimiter, normalise)
      expect(passed).toEqual(expected.map((result) => result[metric]))
      expect(logProbs).toHaveLength(expected.length)
      for (const [i, values] of logProbs.entries()) {
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!.logProbs[j]!, 3)
      }
    },
  )
})

test('the metrics differ on these problems, and prompts that end in a blank are among them', () => {
  const all = Object.values(results).flat()
  expect(all.filter(({ acc, acc_norm }) => acc !== acc_norm).length).toBeGreaterThan(5)
  expect(readFileSync(golden('rows.jsonl'), 'utf8')).toMatch(/\? "/)
})
