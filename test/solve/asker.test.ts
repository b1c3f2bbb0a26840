// Asking through the cache, on an engine that says what it was asked.
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Call } from '../../src/schema/call.ts'
import type { AnswerEngine, AnswerRequest } from '../../src/schema/engine.ts'
import { openAsker } from '../../src/solve/asker.ts'
import { openAnswers } from '../../src/store/answers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-asker-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Says the prompt and the seed; refuses what is called `long`. */
function echo(settings: Record<string, string> = {}): AnswerEngine & { heard: string[] } {
  const heard: string[] = []
  return {
    heard,
    name: 'echo',
    settings,
    parallel: 2,
    renderChat: async () => '',
    async answer(requests, onDone) {
      return requests.map(({ prompt, seed }, i) => {
        heard.push(prompt)
        const made = { text: `${prompt} ${seed}`, tokens: 2, finish: 'end' as const, logProb: -1, ms: 1 }
        const answer = prompt === 'long' ? { refused: 'too long' } : made
        onDone?.(i, answer)
        return answer
      })
    },
    async scoreContinuations(requests, onDone) {
      return requests.map(({ prompt, continuation }, i) => {
        heard.push(prompt + continuation)
        const score =
          continuation === 'long'
            ? { refused: 'too long' }
            : { logProb: -continuation.length, tokens: continuation.length }
        onDone?.(i, score)
        return score
      })
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const request = (sample: string, prompt: string, change: Partial<AnswerRequest> = {}) => ({
  sample,
  prompt,
  isRendered: false,
  maxTokens: 5,
  temperature: 1,
  topP: 1,
  seed: 7,
  stops: [],
  ...change,
})

interface Asked {
  place: string
  engine?: ReturnType<typeof echo>
  model?: string
  record?: (call: Call) => Promise<void>
}

/** Asks and gives what came back by sample, what was recorded, and what the engine heard. */
async function ask(
  requests: readonly ReturnType<typeof request>[],
  { place, engine = echo(), model = 'm', record }: Asked,
) {
  await using cache = await openAnswers(join(folder, place), 'run')
  const calls: Call[] = []
  const asker = openAsker({ engine, model, cache, record: record ?? (async (call) => void calls.push(call)) })
  const found: Record<string, string> = {}
  await asker.answer(requests, async (i, answer) => {
    found[requests[i]!.sample] = 'refused' in answer ? `(${answer.refused})` : answer.text
  })
  return { found, calls, heard: engine.heard }
}

test('equal requests are made once; each sample has its call', async () => {
  const { found, calls, heard } = await ask([request('a', 'x'), request('b', 'y'), request('c', 'x')], {
    place: 'equal',
  })
  expect(heard).toEqual(['x', 'y'])
  expect(found).toEqual({ a: 'x 7', b: 'y 7', c: 'x 7' })
  expect(calls.map(({ sample, isCached }) => [sample, isCached ?? false]).sort()).toEqual([
    ['a', false],
    ['b', false],
    ['c', true],
  ])
})

test('what was asked before is known; another model, setting, seed or word is not', async () => {
  const place = 'known'
  const heard = async (asked: Partial<Asked>, change: Partial<AnswerRequest> = {}): Promise<number> =>
    (await ask([request('a', 'x', change)], { place, ...asked })).heard.length
  expect(await heard({})).toBe(1)
  expect(await heard({})).toBe(0)
  expect(await heard({ model: 'other' })).toBe(1)
  expect(await heard({ engine: echo({ version: '2' }) })).toBe(1)
  for (const change of [
    { seed: 8 },
    { prompt: 'x ' },
    { isRendered: true },
    { stops: ['\n'] },
    { maxTokens: 6 },
  ])
    expect(await heard({}, change), JSON.stringify(change)).toBe(1)
  // Greedy: nothing is drawn from the seed.
  expect(await heard({}, { temperature: 0, seed: 1 })).toBe(1)
  expect(await heard({}, { temperature: 0, seed: 2 })).toBe(0)
})

test('what is refused is neither kept nor recorded, and the others are answered', async () => {
  const first = await ask([request('a', 'long'), request('b', 'x')], { place: 'refused' })
  expect(first.found).toEqual({ a: '(too long)', b: 'x 7' })
  expect(first.calls.map(({ sample }) => sample)).toEqual(['b'])
  expect((await ask([request('a', 'long')], { place: 'refused' })).heard).toEqual(['long'])
})

test('a record that cannot be written ends the asking', async () => {
  const full = async (): Promise<void> => {
    throw new Error('the disk is full')
  }
  await expect(ask([request('a', 'x'), request('b', 'y')], { place: 'full', record: full })).rejects.toThrow(
    'the disk is full',
  )
})

test('a cut last line of the cache is asked again', async () => {
  const place = 'cut'
  await ask([request('a', 'x')], { place })
  const [name] = readdirSync(join(folder, place))
  appendFileSync(join(folder, place, name!), '{"key": "half')
  const { heard } = await ask([request('a', 'x'), request('b', 'y')], { place })
  expect(heard).toEqual(['y'])
  expect((await ask([request('b', 'y')], { place })).heard).toEqual([])
})

test("a problem's choices are one reply; one that is refused refuses the problem", async () => {
  await using cache = await openAnswers(join(folder, 'choices'), 'run')
  const calls: Call[] = []
  const asker = openAsker({
    engine: echo(),
    model: 'm',
    cache,
    record: async (call) => void calls.push(call),
  })
  const found: unknown[] = []
  const choices = (sample: string, list: string[]) => ({
    sample,
    prompt: 'p',
    isRendered: false,
    choices: list,
  })
  await asker.scoreChoices([choices('a', ['x', 'yy']), choices('b', ['x', 'long'])], async (i, reply) => {
    found[i] = reply
  })
  const scores = [
    { logProb: -1, tokens: 1 },
    { logProb: -2, tokens: 2 },
  ]
  expect(found).toEqual([{ scores }, { refused: 'too long' }])
  expect(calls).toMatchObject([
    { sample: 'a', tokens: 3, request: { continuations: ['x', 'yy'] }, reply: { scores } },
  ])
})
