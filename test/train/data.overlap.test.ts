// Problems of a task in training data: copies are found, whatever their layout, and what only resembles them is not.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readProblems } from '../../src/tasks/problems.ts'
import { type Overlap, overlapOf, type ProblemText } from '../../src/train/data/overlap.ts'
import type { Row, RowContent } from '../../src/train/data/rows.ts'
import { sharedHumanEval } from '../support/shared.ts'

const rowsOf = (...contents: RowContent[]): Row[] =>
  contents.map((content, i) => ({ ...content, place: `line ${i + 1}` }))
const text = (content: string): RowContent => ({ kind: 'text', text: content })

const PROBLEMS: ProblemText[] = [
  {
    id: 'Own/0',
    prompt:
      'def tallest(towers):\n    """Say which of the given towers would still be seen from the harbour at low tide."""\n',
    canonicalSolution:
      '    seen = [t for t in towers if t.height > t.distance / 12]\n    return max(seen, key=height)\n',
  },
  { id: 'Own/1', prompt: 'def add(a, b):\n    """Add."""\n', canonicalSolution: '    return a + b\n' },
]
const WORDS = 'say which of the given towers would still be seen from the'

const found = (...contents: RowContent[]): Overlap => overlapOf(rowsOf(...contents), PROBLEMS)

describe('n-grams', () => {
  test('13 words in a row, whatever case, punctuation and line ends stand between', () => {
    const { found: hits, withNgram } = found(
      text('unrelated'),
      text(`Please ${WORDS.toUpperCase().replaceAll(' ', ',\n')} HARBOUR! Thanks`),
    )
    expect(withNgram).toBe(1)
    expect(hits).toEqual([
      { place: 'line 2', share: 1 / 3, ngramProblems: ['Own/0'], prompts: [], solutions: [] },
    ])
  })

  test('twelve words are no match, and a text of fewer than 13 has no share', () => {
    expect(found(text(`${WORDS}, and so on it went for a good while`)).found).toEqual([])
    const [hit] = found(text('def add(a, b): """Add."""')).found
    expect(hit).toEqual({
      place: 'line 1',
      share: null,
      ngramProblems: [],
      prompts: ['Own/1'],
      solutions: [],
    })
  })
})

test('whole prompts and solutions, over the border of prompt and completion and in conversations', () => {
  const [{ prompt, canonicalSolution }] = PROBLEMS as [ProblemText]
  const overlap = found(
    { kind: 'pair', prompt: `# Task\n${prompt.replaceAll('    ', '\t')}`, completion: canonicalSolution! },
    {
      kind: 'chat',
      messages: [
        { role: 'user', content: 'Which are seen?' },
        { role: 'assistant', content: canonicalSolution!.replaceAll('\n    ', '\n') },
      ],
    },
    text('def f(a, b):\n    return a + b\n'),
  )
  expect(overlap).toMatchObject({
    examples: 3,
    problems: 2,
    withPrompt: 1,
    withSolution: 2,
    shortSolutions: 1,
  })
  expect(overlap.foundProblems).toEqual(['Own/0'])
  expect(overlap.found.map(({ place }) => place)).toEqual(['line 1', 'line 2'])
})

test.skipIf(sharedHumanEval === null)(
  'HumanEval: all of it is found in itself, none in other Python',
  async () => {
    const { problems } = await readProblems(join(sharedHumanEval!, 'HumanEval.jsonl.gz'))
    const own = overlapOf(
      rowsOf(
        ...[...problems.values()].map(({ prompt, canonicalSolution }) => text(prompt + canonicalSolution)),
      ),
      problems.values(),
    )
    expect(own.foundProblems).toHaveLength(164)
    expect(own).toMatchObject({ examples: 164, problems: 164, withPrompt: 164, withNgram: 164 })
    expect(own.withSolution).toBeGreaterThanOrEqual(164 - own.shortSolutions)
    const other = 'def mean(values):\n    """Mean of some numbers."""\n    return sum(values) / len(values)\n'
    expect(overlapOf(rowsOf(text(other)), problems.values()).found).toEqual([])
  },
)
