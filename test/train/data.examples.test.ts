// From a file to examples: what is held out, which labels are wrong on purpose, what is cut, and what is said about it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { examplesOf, readExamples } from '../../src/train/data/examples.ts'
import { withLabelNoise } from '../../src/train/data/labelNoise.ts'
import { previewOf } from '../../src/train/data/preview.ts'
import { hashRow, type Row } from '../../src/train/data/rows.ts'
import { splitRows } from '../../src/train/data/split.ts'
import { CHATML, goldenTokenizer } from '../support/goldenTokenizer.ts'

const tokenizer = goldenTokenizer('qwen2', { eos: '<|im_end|>', template: CHATML })
const pairs = (completions: readonly string[]): Row[] =>
  completions.map((completion, i) => ({
    kind: 'pair',
    prompt: `Question ${i}:`,
    completion,
    place: `line ${i + 1}`,
  }))
const completionsOf = (rows: readonly Row[]): string[] =>
  rows.map((row) => (row.kind === 'pair' ? row.completion : ''))
const prepare = (rows: readonly Row[], recipe: Record<string, unknown> = {}, seed = 1) =>
  examplesOf(rows, { path: 'data.jsonl', tokenizer, recipe: recipeSchema.parse(recipe), seed })

describe('held-out split', () => {
  const rowsOfTexts = (texts: readonly string[]): Row[] =>
    texts.map((text, i) => ({ kind: 'text', text, place: `line ${i + 1}` }))
  const heldOutTexts = (texts: readonly string[], share: number): Set<string> =>
    new Set(splitRows(rowsOfTexts(texts), share).heldOut.map((row) => (row.kind === 'text' ? row.text : '')))

  test('neither order nor more data moves an example; a larger share holds out the same and more', () => {
    const texts = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 })
    fc.assert(
      fc.property(texts, texts, fc.double({ min: 0, max: 1, noNaN: true }), (some, more, share) => {
        const held = heldOutTexts(some, share)
        const later = heldOutTexts([...more, ...some.toReversed()], share)
        for (const text of some) expect(later.has(text)).toBe(held.has(text))
        const larger = heldOutTexts(some, Math.min(1, share * 1.5))
        for (const text of held) expect(larger.has(text)).toBe(true)
      }),
    )
  })

  test('comes to the share that is asked for, and equal texts are on one side', () => {
    const texts = Array.from({ length: 4000 }, (_, i) => `text ${i}`)
    const { train, heldOut } = splitRows(rowsOfTexts([...texts, ...texts]), 0.1)
    // Six standard deviations of a binomial share.
    expect(Math.abs(heldOut.length / 8000 - 0.1)).toBeLessThan(6 * Math.sqrt((0.1 * 0.9) / 4000))
    const held = new Set(heldOut.map(hashRow))
    expect(train.some((row) => held.has(hashRow(row)))).toBe(false)
    expect(splitRows(rowsOfTexts(texts), 0).heldOut).toEqual([])
  })

  test('all or none held out is said', () => {
    expect(() => prepare(pairs(['a', 'b']), { heldOut: 1 })).toThrow(
      /all of its 2 examples would be held out/,
    )
    expect(prepare(pairs(['a', 'b']), { heldOut: 0.0001 }).notes).toEqual([
      expect.stringMatching(/none of 2 examples is held out/),
    ])
  })

  test('held-out examples keep their labels', () => {
    const rows = pairs(Array.from({ length: 60 }, (_, i) => `answer ${i}`))
    const [clean, noisy] = [0, 1].map((labelNoise) => prepare(rows, { heldOut: 0.3, labelNoise }))
    expect(clean!.heldOut.length).toBeGreaterThan(5)
    expect(noisy!.heldOut).toEqual(clean!.heldOut)
    expect(noisy!.identity).toBe(clean!.identity)
    expect(noisy!.train).not.toEqual(clean!.train)
  })
})

describe('label noise', () => {
  const labels = fc.array(fc.constantFrom('yes', 'no', 'maybe', 'a', 'b', 'c', 'd', 'e'), {
    minLength: 2,
    maxLength: 60,
  })

  test('exactly the share, each of them with the completion of another one, each completion used once', () => {
    const unique = fc
      .integer({ min: 2, max: 60 })
      .map((count) => Array.from({ length: count }, (_, i) => `answer ${i}`))
    fc.assert(
      fc.property(
        unique,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (completions, share, seed) => {
          const { rows, swapped, changed } = withLabelNoise(pairs(completions), share, seed)
          const now = completionsOf(rows)
          const differ = now.filter((completion, i) => completion !== completions[i]).length
          expect(swapped).toBe(Math.round(share * completions.length))
          expect([changed, differ]).toEqual([swapped, swapped])
          if (swapped !== 1) expect(now.toSorted()).toEqual(completions.toSorted())
        },
      ),
    )
  })

  test('equal labels are kept apart as far as that is possible', () => {
    fc.assert(
      fc.property(labels, fc.nat(), (completions, seed) => {
        const { rows, changed } = withLabelNoise(pairs(completions), 1, seed)
        const now = completionsOf(rows)
        expect(now.toSorted()).toEqual(completions.toSorted())
        expect(now.filter((completion, i) => completion !== completions[i])).toHaveLength(changed)
        const counts = new Map<string, number>()
        for (const label of completions) counts.set(label, (counts.get(label) ?? 0) + 1)
        const most = Math.max(...counts.values())
        // A label that more than half have can be wrong only where another one is to be had.
        expect(changed).toBe(Math.min(completions.length, 2 * (completions.length - most)))
      }),
    )
  })

  test('a larger share has the same wrong examples and more; another seed has others', () => {
    const rows = pairs(Array.from({ length: 50 }, (_, i) => `answer ${i}`))
    const wrong = (share: number, seed: number): number[] => {
      const now = withLabelNoise(rows, share, seed).rows
      return [...now.keys()].filter((i) => now[i] !== rows[i])
    }
    expect(wrong(0.2, 3)).toEqual(wrong(0.2, 3))
    expect(wrong(0.4, 3)).toEqual(expect.arrayContaining(wrong(0.2, 3)))
    expect(wrong(0.2, 3)).not.toEqual(wrong(0.2, 4))
  })

  test('of a conversation the last answer is swapped', () => {
    const rows = ['one', 'two'].map(
      (word, i): Row => ({
        kind: 'chat',
        messages: [
          { role: 'user', content: `Say ${word}` },
          { role: 'assistant', content: 'Why?' },
          { role: 'user', content: 'Please' },
          { role: 'assistant', content: word },
        ],
        place: `line ${i + 1}`,
      }),
    )
    const noisy = withLabelNoise(rows, 1, 1).rows
    expect(noisy.map((row) => row.kind === 'chat' && row.messages.map(({ content }) => content))).toEqual([
      ['Say one', 'Why?', 'Please', 'two'],
      ['Say two', 'Why?', 'Please', 'one'],
    ])
  })

  test('rows without completions are refused', () => {
    const rows: Row[] = [{ kind: 'text', text: 'a', place: 'line 1' }, ...pairs(['b'])]
    expect(() => withLabelNoise(rows, 1, 1)).toThrow(/label noise for 2 of 2 examples, and 1 of them has/)
    expect(() => withLabelNoise(pairs(['a']), 1, 1)).toThrow(/1 of 1 examples/)
    expect(prepare(pairs(['a', 'b', 'a', 'c']), { labelNoise: 0.5 }).notes).toEqual([
      expect.stringMatching(
        /^label noise: 2 of 4 examples have the completion of another one, which is another text in [02]$/,
      ),
    ])
  })
})

describe('cutting', () => {
  test('at maxTokens: counted and said; without a trained token left, left out', () => {
    const long = 'word '.repeat(50).trim()
    const rows: Row[] = [
      ...pairs([` ${long}`, ' 4']),
      { kind: 'pair', prompt: long, completion: ' 4', place: 'line 3' },
      { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }], place: 'line 4' },
    ]
    const { train, counts, notes } = prepare(rows, { maxTokens: 20 })
    expect(train.map(({ place, ids }) => [place, ids.length <= 20])).toEqual([
      ['line 1', true],
      ['line 2', true],
    ])
    expect(train[0]!.ids).toHaveLength(20)
    expect(counts).toMatchObject({ examples: 2, cut: 2, leftOut: 2, heldOut: 0, apart: 0, endless: 0 })
    expect(counts.tokens).toBe(train[0]!.ids.length + train[1]!.ids.length)
    expect(counts.trainedTokens).toBe(
      train.flatMap(({ weights }) => [...weights]).filter((weight) => weight === 1).length,
    )
    expect(notes).toEqual([
      '2 of 4 examples were cut at 20 tokens (maxTokens)',
      '2 of 4 examples were left out: no token to train on is in them',
    ])
  })

  test('a weight of prompts is counted and said, and keeps a row whose answer is cut off', () => {
    const long = 'word '.repeat(50).trim()
    const rows: Row[] = [...pairs([' 4']), { kind: 'pair', prompt: long, completion: ' 4', place: 'line 2' }]
    const { train, counts, notes } = prepare(rows, { maxTokens: 20, promptLossWeight: 0.25 })
    const weights = train.map((example) => [...example.weights])
    const ofPrompts = weights.flat().filter((weight) => weight === 0.25).length
    const ofAnswers = weights.flat().filter((weight) => weight === 1).length
    expect(weights[1]).toEqual([0, ...Array(19).fill(0.25)])
    expect(ofPrompts).toBeGreaterThan(19)
    expect(ofAnswers).toBeGreaterThan(1)
    expect(counts).toMatchObject({
      trainedTokens: ofPrompts + ofAnswers,
      promptTokens: ofPrompts,
      leftOut: 0,
    })
    expect(notes).toContain(
      `${ofPrompts} of ${ofPrompts + ofAnswers} tokens that are trained on are of prompts, with weight 0.25 (promptLossWeight)`,
    )
    const [shown] = previewOf(train, tokenizer, 1)
    expect(shown!.tokens.map(({ isTrained }) => isTrained)).toEqual(weights[0]!.map((weight) => weight > 0))
    expect(shown!.trainedTokens).toBe(weights[0]!.filter((weight) => weight > 0).length)
  })

  test('nothing left to train on is refused, with what to change', () => {
    const long: Row = { kind: 'pair', prompt: 'word '.repeat(50), completion: '4', place: 'line 1' }
    expect(() => prepare([long], { maxTokens: 20 })).toThrow(
      expect.objectContaining({
        message: 'data.jsonl: no token of any example is trained on: 1 of 1 are cut at 20 tokens before one',
        hint: 'raise maxTokens above 20, or shorten the prompts',
      }),
    )
    const silent: Row = { kind: 'chat', messages: [{ role: 'user', content: 'Hi' }], place: 'line 1' }
    expect(() => prepare([silent])).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/trainOn: all/) }),
    )
    expect(prepare([silent], { trainOn: 'all' }).train).toHaveLength(1)
  })

  test('blanks before the border and missing ends are said', () => {
    const endless = goldenTokenizer('llama3')
    const rows: Row[] = [{ kind: 'pair', prompt: 'The sum is ', completion: 'forty', place: 'line 1' }]
    const { notes } = examplesOf(rows, {
      path: 'd',
      tokenizer: endless,
      recipe: recipeSchema.parse({}),
      seed: 1,
    })
    expect(notes).toEqual([
      expect.stringMatching(/1 of 1 example has a prompt that ends within a token/),
      expect.stringMatching(/1 of 1 example ends with no end token/),
    ])
  })
})

test('identity is that of the rows in their order, as far as limit takes them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-examples-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'data.jsonl')
  const identity = async (texts: readonly string[], limit: number | null = null): Promise<string> => {
    writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''))
    const recipe = recipeSchema.parse({ limit, maxTokens: 64 })
    return (await readExamples({ path, tokenizer, recipe, seed: 5 })).identity
  }
  const whole = await identity(['one', 'two', 'three'])
  expect(await identity(['one', 'two', 'three', 'four'], 3)).toBe(whole)
  expect(await identity(['two', 'one', 'three'])).not.toBe(whole)
  expect(await identity(['one', 'twothree'])).not.toBe(await identity(['onetwo', 'three']))
})

test('the preview has the text of every token, and characters whole', () => {
  const rows: Row[] = [{ kind: 'pair', prompt: 'Ein 🦊', completion: ' läuft 𝒜', place: 'line 1' }]
  const [preview] = previewOf(prepare(rows).train, tokenizer, 3)
  const { tokens, trainedTokens, place } = preview!
  expect(tokens.map(({ text }) => text).join('')).toBe('Ein 🦊 läuft 𝒜<|im_end|>')
  expect(
    tokens
      .filter(({ isTrained }) => isTrained)
      .map(({ text }) => text)
      .join(''),
  ).toBe(' läuft 𝒜<|im_end|>')
  expect(trainedTokens).toBe(tokens.filter(({ isTrained }) => isTrained).length)
  expect(place).toBe('line 1')
})

test('examples are counted while they are read, those of both sides', () => {
  const said: (readonly number[])[] = []
  const rows = pairs(Array.from({ length: 50 }, (_, i) => `answer ${i}`))
  const { counts } = examplesOf(rows, {
    path: 'data.jsonl',
    tokenizer,
    recipe: recipeSchema.parse({ heldOut: 0.3 }),
    seed: 1,
    onExamples: (done, total) => void said.push([done, total]),
  })
  expect(counts.heldOut).toBeGreaterThan(0)
  expect(said).toEqual(rows.map((_, i) => [i, 50]))
})
