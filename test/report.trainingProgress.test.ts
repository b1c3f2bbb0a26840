// The line that shows where a training is.
import { expect, test } from 'vitest'
import { stepLine } from '../src/report/trainingProgress.ts'
import { statusLine } from '../src/util/progress.ts'

const step = { seed: 1, step: 12, steps: 60, loss: 1.23456, memoryBytes: 0.94e9 }

test('step, loss, speed, time left and memory', () => {
  expect(stepLine({ ...step, made: 12, seconds: 48, tokens: 19_680 })).toBe(
    'seed 1, step 12/60 · loss 1.2346 · 410 tokens/s · 3 min 12 s left · 0.9 GB',
  )
})

test('a training that went on is as fast as the steps that were made since', () => {
  // Ten steps were made before: two in 8 s tell that 48 take 192 s.
  expect(stepLine({ ...step, made: 2, seconds: 8, tokens: 3280 })).toContain('410 tokens/s · 3 min 12 s left')
})

test.each([
  [true, 80, 3],
  [false, undefined, 1],
])('terminal: %s', (isTTY, columns, shown) => {
  const written: string[] = []
  const stream = { isTTY, columns, write: (text: string) => written.push(text) }
  let nowMs = 1000
  const line = statusLine(stream as unknown as NodeJS.WriteStream, () => nowMs)
  for (const afterMs of [50, 20, 100, 10_000]) {
    nowMs += afterMs
    line.show(() => `${nowMs} ${'x'.repeat(100)}`)
  }
  // Not at 1070 on a terminal, and elsewhere only at the last.
  expect(written).toHaveLength(shown)
  for (const text of written)
    expect(text.length).toBe(isTTY ? '\r\u001b[2K'.length + 79 : '11170 '.length + 101)
})
