// The preview of a training as it is printed: with colour, without, and as Markdown.
import pc from 'picocolors'
import { expect, test } from 'vitest'
import { renderMarkdown, renderText } from '../../src/report/blocks.ts'
import { stretchesMarkdown, stretchesText } from '../../src/report/stretches.ts'
import { overlapBlocks, previewBlocks } from '../../src/report/trainingPreview.ts'
import { overlapOf } from '../../src/train/data/overlap.ts'
import type { ExamplePreview } from '../../src/train/data/preview.ts'

const tokens = (texts: readonly string[], isTrained: boolean) => texts.map((text) => ({ text, isTrained }))
const preview: ExamplePreview = {
  place: 'line 1',
  tokens: [
    ...tokens(['<s>', 'Say', ' hi', '\n'], false),
    ...tokens(['Hel', 'lo', '</s>'], true),
    ...tokens(['\n'], false),
  ],
  trainedTokens: 3,
}
const stretches = [
  { parts: ['Say', '\n'], isMarked: false },
  { parts: ['Hel', 'lo\u001b[2J'], isMarked: true },
]

test('without colour trained stretches stand in brackets, controls escaped', () => {
  expect(stretchesText(stretches, 80, pc.createColors(false))).toBe('Say⏎[Hello\\u001b[2J]')
  expect(stretchesText(stretches, 5, pc.createColors(false))).toBe('Say⏎\n[Hel\nlo\\u001b[2J]')
})

test('with colour trained tokens are green and the rest is dim, without brackets', () => {
  const colours = pc.createColors(true)
  expect(stretchesText(stretches, 80, colours)).toBe(
    ['Say', '⏎'].map(colours.dim).join('') + ['Hel', 'lo\\u001b[2J'].map(colours.green).join(''),
  )
})

test('Markdown: a fence longer than any in the text', () => {
  expect(stretchesMarkdown([{ parts: ['a````b'], isMarked: true }], 80)).toBe('`````\n[a````b]\n`````')
})

test('an example, with what was done to the data', () => {
  const blocks = previewBlocks([preview], ['2 of 9 examples were cut at 20 tokens (maxTokens)'])
  const markdown = renderMarkdown(blocks)
  expect(markdown).toContain('line 1: 3 of 8 tokens trained on\n\n```\n<s>Say hi⏎[Hello</s>]⏎\n```')
  expect(markdown).toContain('- 2 of 9 examples')
  expect(renderText(blocks)).toContain('What is trained on')
})

test('a long stretch shows its two ends and how much lies between', () => {
  const words = Array.from({ length: 500 }, (_, i) => ` w${i}`)
  const [block] = previewBlocks([
    { place: 'line 1', tokens: [...tokens(words, false), ...tokens(['end'], true)], trainedTokens: 1 },
  ]).filter(({ kind }) => kind === 'stretches')
  if (block?.kind !== 'stretches') throw new Error('no stretches')
  const [masked, trained] = block.stretches
  expect(masked!.parts).toHaveLength(121)
  expect(masked!.parts[60]).toBe(' … 380 more tokens … ')
  expect([masked!.parts[0], masked!.parts.at(-1)]).toEqual([' w0', ' w499'])
  expect(trained).toEqual({ parts: ['end'], isMarked: true })
})

test('overlap with a task, and none', () => {
  const problem = { id: 'Own/3', prompt: 'def add(a, b):\n    """Add the two numbers."""\n' }
  const rows = (text: string) => [{ kind: 'text', text, place: 'line 7' } as const]
  const markdown = renderMarkdown(
    overlapBlocks('own', overlapOf(rows(`${problem.prompt} return a`), [problem])),
  )
  expect(markdown).toContain('**1 problem of own stands in the data in part or whole (Own/3)')
  expect(markdown).toMatch(/\| line 7 \| too short \| Own\/3 \|/)
  expect(renderMarkdown(overlapBlocks('own', overlapOf(rows('nothing'), [problem])))).toContain(
    'None was found',
  )
})
