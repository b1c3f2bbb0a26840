// Multiple choice: what `tunediff eval` records are the log-probabilities of the engine itself, summed by hand.
import { afterAll, describe, expect, test } from 'vitest'
import { openEmbedded } from '../src/generate/embeddedEngine.ts'
import { engineModel, openEngine } from '../src/model/engine/index.ts'
import { openModel } from '../src/model/open.ts'
import { closeFiles } from '../src/model/stored.ts'
import { tokenizerFiles } from '../src/model/tokenizer/files.ts'
import { openTokenizer } from '../src/model/tokenizer/tokenizer.ts'
import type { ContinuationRequest, ContinuationScore } from '../src/schema/engine.ts'
import { tunediff } from './support/cli.ts'
import { logProbsOf } from './support/engine.ts'
import { outcomesOf, samplesOf, TinyEvaluation } from './support/evaluation.ts'
import type { TinyTokenizer } from './support/tinyPredictions.ts'

const tiny = new TinyEvaluation()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

/** The last `count` tokens of a text. */
async function direct(folder: string, text: string, count: number): Promise<number> {
  const model = await openModel(folder)
  const tokenizer = openTokenizer(await tokenizerFiles(model))
  await using engine = await openEngine({ models: [engineModel(model)], threads: 1 })
  const ids = [...tokenizer.encodeForScoring(text).ids]
  const rows = await logProbsOf(engine, 0, [ids])
  const size = rows.length / ids.length
  let sum = 0
  for (let at = ids.length - count; at < ids.length; at++) sum += rows[(at - 1) * size + ids[at]!]!
  return sum
}

describe('continuations', () => {
  const scores = async (
    name: string,
    tokenizer: TinyTokenizer,
    requests: readonly Omit<ContinuationRequest, 'isRendered'>[],
  ) => {
    const folder = tiny.model('qwen2', name, tokenizer)
    const model = await openModel(folder)
    await using engine = await openEmbedded({
      model: engineModel(model),
      tokenizer: await tokenizerFiles(model),
      threads: 1,
    })
    return {
      folder,
      found: await engine.scoreContinuations(requests.map((one) => ({ ...one, isRendered: false }))),
    }
  }
  const prompt = 'The ferry leaves at'

  test('are the sums of their tokens, in the order of the requests', async () => {
    const continuations = [' seven', ' nine or so', ' x', ' rain', ' 1', ' 2', ' 3', ' 4', ' 5', ' at night']
    const { folder, found } = await scores(
      'plain',
      {},
      continuations.map((continuation) => ({ prompt, continuation })),
    )
    for (const [i, continuation] of continuations.entries()) {
      const { logProb, tokens } = found[i] as ContinuationScore
      expect(tokens).toBe(continuation.length)
      expect(logProb).toBeCloseTo(await direct(folder, prompt + continuation, continuation.length), 4)
    }
  })

  test('a blank at the end of the prompt is the first token of the continuation', async () => {
    const { found } = await scores('blank', {}, [
      { prompt: `${prompt} `, continuation: 'seven' },
      { prompt, continuation: ' seven' },
    ])
    expect(found[0]).toEqual(found[1])
  })

  test('tokens that reach over the border are as many as the prompt alone leaves over', async () => {
    const { folder, found } = await scores(
      'merged',
      {
        merges: [
          ['a', 't'],
          ['t', 's'],
        ],
      },
      [{ prompt: 'Ra', continuation: 'ts!' }],
    )
    // `R`, `at`, `s`, `!` as a whole; `R`, `a` alone.
    expect(found[0]).toMatchObject({ tokens: 2 })
    expect((found[0] as ContinuationScore).logProb).toBeCloseTo(await direct(folder, 'Rats!', 2), 4)
  })

  test('behind an empty prompt the token that begins a text predicts the first one', async () => {
    const { folder, found } = await scores('bos', { hasBos: true }, [{ prompt: '', continuation: 'seven' }])
    expect((found[0] as ContinuationScore).logProb).toBeCloseTo(await direct(folder, 'seven', 5), 4)
    const without = await scores('no-bos', {}, [{ prompt: '', continuation: 'seven' }])
    expect(without.found[0]).toEqual({
      refused: 'the prompt is empty, and the tokenizer has no token to begin a text with',
    })
  })

  test('what is longer than the context is refused by itself', async () => {
    const { found } = await scores('too-long', {}, [
      { prompt: 'x'.repeat(80), continuation: ' a' },
      { prompt: 'x', continuation: ' a' },
    ])
    expect(found[0]).toEqual({
      refused: 'prompt and choice have 82 tokens, and the context of the model has 64',
    })
    expect(found[1]).toMatchObject({ tokens: 2 })
  })
})

test('a task is scored by them, and by another length of the choices without asking again', async () => {
  const folder = tiny.model('qwen2')
  const rows = [
    { id: 'a', text: 'Rain or', choices: ['shine', 'x', 'not at all'], answer: 'shine' },
    { id: 'b', text: 'Twice', choices: ['one', 'counted', 'q'], answer: 'counted' },
    { id: 'c', text: 'Where?', choices: ['over there', 'no'], answer: 'no' },
  ]
  const write = (normalise: string): string =>
    tiny.task(
      'choice',
      {
        prompt: '{{ text }}',
        id: 'id',
        choices: 'choices',
        answer: 'answer',
        scorer: { kind: 'choice', normalise },
      },
      rows,
    )
  const out = tiny.path('run')
  const evaluate = async (normalise: string) => {
    const args = ['eval', folder, '--task', write(normalise), '-o', out, '--threads', '1', '--json']
    const { stdout, stderr, code } = await tunediff(args, { cache: tiny.path('cache') })
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as { answers: object; passed: number; metric: string }
  }
  const first = await evaluate('none')
  expect(first).toMatchObject({ answers: { asked: 3, cached: 0, standing: 0 }, metric: 'accuracy' })
  const sums = await Promise.all(
    rows.map(({ text, choices }) =>
      Promise.all(choices.map((choice) => direct(folder, `${text} ${choice}`, choice.length + 1))),
    ),
  )
  const samples = samplesOf(out)
  for (const [i, { choices }] of samples.entries()) {
    for (const [c, { logProb }] of choices!.entries()) expect(logProb).toBeCloseTo(sums[i]![c]!, 4)
  }
  const right = (lengthOf: (choice: string) => number): boolean[] =>
    rows.map(({ choices, answer }, i) => {
      const values = choices.map((choice, c) => sums[i]![c]! / lengthOf(choice))
      return choices[values.indexOf(Math.max(...values))] === answer
    })
  const plain = right(() => 1)
  const byLength = right((choice) => choice.length)
  expect(byLength).not.toEqual(plain)
  expect(first.passed).toBe(plain.filter(Boolean).length)
  const second = await evaluate('characters')
  expect(second).toMatchObject({
    answers: { asked: 0, cached: 0, standing: 3 },
    metric: 'accuracy by characters',
  })
  expect(second.passed).toBe(byLength.filter(Boolean).length)
  expect(new Set(outcomesOf(out).map(({ judge }) => judge)).size).toBe(2)
})
