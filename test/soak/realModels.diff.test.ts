// `tunediff diff` on a real model in GGUF: a LoRA adapter of random factors on it in weights and predictions, and, under
// `npm run soak`, a variant that learnt a little of a task. Skipped, with a message, where the model cannot be had.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { closeFiles } from '../../src/model/stored.ts'
import type { Estimate } from '../../src/schema/estimate.ts'
import { type Results, resultsSchema } from '../../src/schema/results.ts'
import { realModel } from '../realModels.ts'
import { root, tunediff } from '../support/cli.ts'
import { randomAdapter } from '../support/randomAdapter.ts'
import { isSoak } from '../support/soak.ts'
import { textOf } from '../support/tinyPredictions.ts'

const LONG_MS = 1_800_000
const work = mkdtempSync(join(tmpdir(), 'tunediff-real-diff-'))
afterAll(async () => {
  await closeFiles()
  rmSync(work, { recursive: true, force: true })
})

const path = realModel('smollm2')
writeFileSync(join(work, 'short.txt'), textOf(1, 60))

async function diff(...args: string[]): Promise<Results> {
  const { code, stdout, stderr } = await tunediff(['diff', ...args, '--json'], {
    cache: join(work, 'cache'),
    cwd: work,
  })
  expect(code, stderr).toBe(0)
  return resultsSchema.parse(JSON.parse(stdout))
}

const value = (measure: object): number => (measure as Estimate).value

describe.skipIf(path === null)('smollm2', () => {
  test(
    'an adapter on a GGUF file, in weights and predictions',
    async () => {
      await randomAdapter(path!, { seed: 5, strength: 0.02, to: join(work, 'adapter') })
      const { weights, predictions, zeroLines } = await diff(path!, 'adapter', '--text', 'short.txt')
      const { whole, tensors, directions } = weights[0]!
      expect(tensors).toEqual({ compared: 272, changed: 210, nonFinite: 0 }) // Seven matrices in each of 30 layers.
      expect(directions).toMatchObject({ least: 2, most: 2 })
      expect(value(whole.relativeChange)).toBeGreaterThan(0)
      const kl = value(predictions[0]!.whole.kl)
      const [{ batchShape, nf4 }] = zeroLines as unknown as [Record<string, { kl: object }>]
      expect(value(batchShape!.kl)).toBeLessThan(kl / 100)
      expect(value(nf4!.kl)).toBeGreaterThan(0.05)
    },
    LONG_MS,
  )

  if (isSoak)
    test(
      'twenty steps on a small task, in answers too',
      async () => {
        execFileSync(process.execPath, [join(root, 'bench/realTask/make.mjs'), join(work, 'orders')])
        const train = ['train', path!, '--data', 'orders/train.jsonl', '--steps', '20', '-o', 'trained']
        const made = await tunediff(train, { cache: join(work, 'cache'), cwd: work })
        expect(made.code, made.stderr).toBe(0)
        const task = ['data: heldOut.jsonl', 'prompt: "{{ prompt }}"', 'answer: completion', 'scorer: exact']
        writeFileSync(
          join(work, 'orders/task.yaml'),
          [...task, 'ask: {maxTokens: 24, stops: ["\\n"]}'].join('\n'),
        )
        const asked = ['--text', 'short.txt', '--task', 'orders/task.yaml', '--limit', '20']
        const { scores, effects, live, findings } = await diff(path!, 'trained/seed-1', ...asked)
        expect(scores.map(({ report }) => report.n)).toEqual([20, 20])
        expect(effects).toHaveLength(1)
        expect(live).toHaveLength(1)
        expect(findings.headline.text).toContain('seed-1')
      },
      LONG_MS,
    )
})
