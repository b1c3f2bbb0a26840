// Rows as tokens: where the prompt ends and the completion begins, end tokens, conversations by a chat template, masks. What
// transformers makes of the same: test/goldens/trainingData/make.py.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../src/model/open.ts'
import { tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { encodeRow } from '../../src/train/data/encode.ts'
import type { RowContent } from '../../src/train/data/rows.ts'
import { UserError } from '../../src/util/errors.ts'
import { realModel } from '../realModels.ts'
import { CHATML, goldenTokenizer } from '../support/goldenTokenizer.ts'

const llama3 = goldenTokenizer('llama3', { bos: '<|begin_of_text|>', eos: '<|endoftext|>' })
const llama2 = goldenTokenizer('llama2', { bos: '<s>', eos: '</s>' })
const qwen2 = goldenTokenizer('qwen2', { eos: '<|im_end|>', template: CHATML })

type TrainOn = 'completion' | 'all'
const encode = (
  row: RowContent,
  tokenizer: Tokenizer,
  trainOn: TrainOn = 'completion',
  promptLossWeight = 0,
) =>
  encodeRow(
    { ...row, place: 'line 4' },
    { tokenizer, recipe: { trainOn, promptLossWeight }, path: 'data.jsonl' },
  )

/** Text of the trained tokens; a bar where others lie between. */
function trainedText(row: RowContent, tokenizer: Tokenizer, trainOn: TrainOn = 'completion'): string {
  const { ids, weights } = encode(row, tokenizer, trainOn)
  const stretches: number[][] = [[]]
  for (const [i, id] of ids.entries()) {
    if (weights[i] === 1) stretches.at(-1)!.push(id)
    else if (stretches.at(-1)!.length > 0) stretches.push([])
  }
  return stretches
    .filter((stretch) => stretch.length > 0)
    .map((stretch) => tokenizer.decode(stretch))
    .join('|')
}

const pair = (prompt: string, completion: string): RowContent => ({ kind: 'pair', prompt, completion })

const say = (...turns: string[]): RowContent => ({
  kind: 'chat',
  messages: turns.map((turn) => {
    const colon = turn.indexOf(':')
    return { role: turn.slice(0, colon), content: turn.slice(colon + 1) }
  }),
})

describe('prompt and completion', () => {
  test('are the tokens of the whole text where the prompt ends at a token border', () => {
    const { ids, weights, isApart, isEndless } = encode(pair('The sum is', ' forty-two.'), llama3)
    expect(ids).toEqual([...llama3.encodeForScoring('The sum is forty-two.').ids, 1])
    expect(ids[0]).toBe(0)
    const start = llama3.encodeForScoring('The sum is').ids.length
    expect([...weights]).toEqual(ids.map((_, i) => Number(i >= start)))
    expect([isApart, isEndless]).toEqual([false, false])
  })

  test('a prompt that ends in a blank keeps its own tokens, as generation sees them', () => {
    for (const tokenizer of [llama3, llama2]) {
      const prompt = [...tokenizer.encodeForScoring('The sum is ').ids]
      const whole = [...tokenizer.encodeForScoring('The sum is forty').ids]
      expect(whole.slice(0, prompt.length)).not.toEqual(prompt)
      const { ids, weights, isApart } = encode(pair('The sum is ', 'forty'), tokenizer)
      expect(isApart).toBe(true)
      expect(ids.slice(0, prompt.length)).toEqual(prompt)
      expect(weights.indexOf(1)).toBe(prompt.length)
      // No blank of SentencePiece's own is put between them.
      expect(tokenizer.decode(ids.slice(1, -1)).trimStart()).toBe('The sum is forty')
    }
  })

  test.each(['llama3', 'llama2', 'gpt2', 'gemma', 'mistral', 'smollm', 'tekken'])(
    '%s: any prompt begins the row with its own tokens, and the text is whole',
    (name) => {
      const eos = ['llama2', 'gemma', 'mistral', 'tekken'].includes(name) ? '</s>' : '<|endoftext|>'
      const tokenizer = goldenTokenizer(name, { eos })
      const letters = fc.string({ unit: fc.constantFrom('a', 'e', 'n', ' ', '\n', '.', '1', '(') })
      fc.assert(
        fc.property(letters, letters, (prompt, completion) => {
          const { ids, weights, isApart } = encode(pair(prompt, completion), tokenizer)
          const alone = [...tokenizer.encodeForScoring(prompt).ids]
          expect(ids.slice(0, alone.length)).toEqual(alone)
          expect(ids.at(-1)).toBe(tokenizer.eos[0])
          const first = weights.indexOf(1)
          expect(first).toBe(Math.max(1, alone.length) === ids.length ? -1 : Math.max(1, alone.length))
          if (isApart) return
          expect(ids.slice(0, -1)).toEqual([...tokenizer.encodeForScoring(prompt + completion).ids])
        }),
        { numRuns: 60 },
      )
    },
  )

  test('the end token is not put twice, and is missed where the model has none', () => {
    expect(encode(pair('a', ' b<|endoftext|>'), llama3).ids.filter((id) => id === 1)).toHaveLength(1)
    const endless = encode(pair('a', ' b'), goldenTokenizer('llama3'))
    expect(endless.isEndless).toBe(true)
    expect(endless.ids).toEqual([...llama3.encodeForScoring('a b').ids])
  })

  test('an empty prompt begins with the token that generation begins with', () => {
    const tokenizer = goldenTokenizer('smollm', { bos: '<|im_start|>', eos: '<|im_end|>' })
    const { ids, weights } = encode(pair('', 'Hello'), tokenizer)
    expect(ids[0]).toBe(tokenizer.bos)
    expect(trainedText(pair('', 'Hello'), tokenizer)).toBe('Hello<|im_end|>')
    expect(weights[0]).toBe(0)
  })

  test('on all tokens: all but what the tokenizer puts before', () => {
    expect(trainedText(pair('The sum is', ' 4'), llama3, 'all')).toBe('The sum is 4<|endoftext|>')
    const [first] = encode(pair('The', ' 4'), qwen2, 'all').weights
    expect(first).toBe(0)
  })
})

describe('as transformers has them', () => {
  const golden = (name: string): [string, Record<string, unknown>[]][] =>
    Object.entries(
      JSON.parse(
        readFileSync(fileURLToPath(new URL(`../goldens/trainingData/${name}.json`, import.meta.url)), 'utf8'),
      ),
    )

  test.each(golden('conversations'))("conversations: ids and the assistant's tokens: %s", (name, cases) => {
    const tokenizer = goldenTokenizer(name, { eos: '<|im_end|>', template: CHATML })
    const apart: number[] = []
    for (const [i, { turns, ids, trained }] of cases.entries()) {
      const encoded = encode(say(...(turns as string[])), tokenizer)
      expect(tokenizer.decode(encoded.ids)).toBe(tokenizer.decode(ids as number[]))
      if (encoded.isApart) {
        apart.push(i)
        continue
      }
      expect(encoded.ids).toEqual(ids)
      expect([...encoded.weights]).toEqual(trained)
    }
    // Answers that begin with white space: the whole text joins it to the line end before, which generation never does.
    expect(apart).toEqual(name === 'qwen2' ? [3] : [1, 3])
    expect(cases).toHaveLength(6)
  })

  test.each(golden('pairs'))('pairs: ids, and whether the prompt begins them: %s', (name, cases) => {
    const tokenizer = goldenTokenizer(name)
    expect(cases).toHaveLength(8)
    for (const { prompt, completion, before, whole, is_prefix: isPrefix } of cases) {
      const encoded = encode(pair(prompt as string, completion as string), tokenizer)
      expect(encoded.isApart).toBe(!isPrefix)
      const start = (before as number[]).length
      expect(encoded.ids.slice(0, start)).toEqual(before)
      if (isPrefix) {
        expect(encoded.ids).toEqual(whole)
        expect(encoded.weights.indexOf(1)).toBe(Math.max(1, start))
      }
    }
  })
})

describe('a weight of prompts', () => {
  const turns = say('system:Be brief.', 'user:Hi', 'assistant:Hello!', 'user:Bye', 'assistant:See you.')
  const rows: [string, RowContent, Tokenizer][] = [
    ['a pair', pair('The sum is', ' forty-two.'), llama3],
    ['a pair without a prompt', pair('', 'Hello'), llama3],
    ['a conversation', turns, qwen2],
    ['a text', { kind: 'text', text: 'The quick brown fox' }, llama3],
  ]

  test.each(rows)('%s: what `all` adds to `completion` has it', (_, row, tokenizer) => {
    const weighted = encode(row, tokenizer, 'completion', 0.5)
    const answers = encode(row, tokenizer)
    const all = encode(row, tokenizer, 'all')
    expect(weighted.ids).toEqual(answers.ids)
    expect(all.ids).toEqual(answers.ids)
    expect([...weighted.weights]).toEqual(
      Array.from(answers.weights, (weight, i) => weight + 0.5 * (all.weights[i]! - weight)),
    )
    expect(encode(row, tokenizer, 'completion', 1).weights).toEqual(all.weights)
  })

  test('stands on the tokens before the answer', () => {
    const start = llama3.encodeForScoring('The sum is').ids.length
    const { weights } = encode(pair('The sum is', ' forty-two.'), llama3, 'completion', 0.5)
    expect([...weights]).toEqual(Array.from(weights, (_, i) => (i === 0 ? 0 : i < start ? 0.5 : 1)))
    expect(weights.length).toBeGreaterThan(start + 1)
  })
})

test('a text is trained on whole, with its end', () => {
  const row: RowContent = { kind: 'text', text: 'The quick brown fox' }
  expect(trainedText(row, llama3)).toBe('The quick brown fox<|endoftext|>')
  expect(encode(row, llama3).weights[0]).toBe(0)
})

describe('conversations', () => {
  const row = say('system:Be brief.', 'user:Hi', 'assistant:Hello!', 'user:Bye', 'assistant:See you.')

  test('assistant turns are trained on up to their end tokens', () => {
    expect(trainedText(row, qwen2)).toBe('Hello!<|im_end|>|See you.<|im_end|>')
    const { ids, isApart, isEndless } = encode(row, qwen2)
    expect(qwen2.decode(ids)).toBe(
      qwen2.chat(row.kind === 'chat' ? row.messages : [], { addGenerationPrompt: false }),
    )
    expect([isApart, isEndless]).toEqual([false, false])
  })

  test('on all tokens', () => {
    const text = trainedText(row, qwen2, 'all')
    expect(text.startsWith('system\nBe brief.')).toBe(true)
    expect(text.endsWith('See you.<|im_end|>\n')).toBe(true)
  })

  test('without an assistant turn nothing is trained', () => {
    expect(encode(say('user:Hi'), qwen2).weights.every((weight) => weight === 0)).toBe(true)
  })

  test('a template without end tokens is noticed', () => {
    const template =
      '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}'
    const plain = goldenTokenizer('qwen2', { eos: '<|im_end|>', template })
    const { isEndless, isApart } = encode(row, plain)
    expect(isEndless).toBe(true)
    // The start of the answer ends in a blank, which its first word takes.
    expect(isApart).toBe(true)
    expect(trainedText(row, plain)).toBe('Hello!\n|See you.\n')
  })

  test('a template that takes something out of earlier turns is refused, and says what to do', () => {
    const template = CHATML.replace('{{ m.content }}', '{% if loop.last %}<think>{% endif %}{{ m.content }}')
    const thinking = goldenTokenizer('qwen2', { eos: '<|im_end|>', template })
    try {
      encode(row, thinking)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      expect((error as UserError).message).toMatch(
        /data\.jsonl, line 4: the chat template writes messages\[2\] otherwise.*<think>/,
      )
      expect((error as UserError).hint).toMatch(
        /a conversation of each answer.*prompt and completion.*trainOn: all/,
      )
    }
    expect(trainedText(row, thinking, 'all')).toMatch(/See you/)
  })

  test('a template that fails, and none, name the line', () => {
    const failing = goldenTokenizer('qwen2', { template: "{{ raise_exception('no system turn') }}" })
    expect(() => encode(row, failing)).toThrow(/data\.jsonl, line 4: .*no system turn/)
    expect(() => encode(row, llama3)).toThrow(/line 4: .*no chat template/)
  })

  const smollm2 = realModel('smollm2')
  test.skipIf(!smollm2)('SmolLM2: its own template', async () => {
    const tokenizer = openTokenizer(await tokenizerFiles(await openModel(smollm2!)))
    expect(trainedText(row, tokenizer)).toBe('Hello!<|im_end|>|See you.<|im_end|>')
    // Its template puts a system turn before a conversation that has none.
    expect(trainedText(say('user:Hi', 'assistant:Hello!'), tokenizer)).toBe('Hello!<|im_end|>')
  })
})
