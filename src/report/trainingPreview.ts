// What a training would see: its first examples with what is trained on, and what of a task's problems stands in its data.

import { LEAST_SOLUTION_CHARS, NGRAM_WORDS, type Overlap } from '../train/data/overlap.ts'
import type { ExamplePreview, PreviewToken } from '../train/data/preview.ts'
import { idList, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'
import type { Stretch } from './stretches.ts'

/** Longest stretch that is shown whole, and what is shown of each end of a longer one. */
const WHOLE_TOKENS = 160
const END_TOKENS = 60

const LEGEND =
  'In colour: tokens that are trained on, given all before them; dim: tokens that are only read. Without colour the first stand in [brackets]. ⏎ is a line end, → a tab.'

/** `notes`: what was done to the data, in sentences. */
export function previewBlocks(previews: readonly ExamplePreview[], notes: readonly string[] = []): Block[] {
  return [
    { kind: 'heading', text: 'What is trained on' },
    { kind: 'paragraph', text: LEGEND },
    ...previews.flatMap(({ place, tokens, trainedTokens }): Block[] => [
      {
        kind: 'paragraph',
        text: `${place}: ${trainedTokens} of ${plural(tokens.length, 'token')} trained on`,
      },
      { kind: 'stretches', stretches: stretchesOf(tokens) },
    ]),
    ...(notes.length > 0 ? [{ kind: 'list', items: notes } satisfies Block] : []),
  ]
}

function stretchesOf(tokens: readonly PreviewToken[]): Stretch[] {
  const stretches: { parts: string[]; isMarked: boolean }[] = []
  for (const { text, isTrained } of tokens) {
    const last = stretches.at(-1)
    if (last?.isMarked === isTrained) last.parts.push(text)
    else stretches.push({ parts: [text], isMarked: isTrained })
  }
  return stretches.map(({ parts, isMarked }) => ({ parts: shortened(parts), isMarked }))
}

function shortened(parts: readonly string[]): readonly string[] {
  if (parts.length <= WHOLE_TOKENS) return parts
  const left = parts.length - 2 * END_TOKENS
  return [...parts.slice(0, END_TOKENS), ` … ${left} more tokens … `, ...parts.slice(-END_TOKENS)]
}

const SHOWN_EXAMPLES = 5

/** `task`: its name. */
export function overlapBlocks(task: string, overlap: Overlap): Block[] {
  const { examples, problems, withNgram, withPrompt, withSolution, foundProblems, found } = overlap
  const heading: Block = { kind: 'heading', text: `Overlap with ${task}` }
  const looked = `${plural(examples, 'example')} against ${plural(problems, 'problem')}: ${NGRAM_WORDS} equal words in a row, whole prompts, whole solutions of ${LEAST_SOLUTION_CHARS} characters or more.`
  if (found.length === 0)
    return [heading, { kind: 'paragraph', text: `${looked} None was found; paraphrases would not be.` }]
  return [
    heading,
    { kind: 'paragraph', text: looked },
    {
      kind: 'finding',
      text: `${plural(foundProblems.length, 'problem')} of ${task} ${foundProblems.length === 1 ? 'stands' : 'stand'} in the data in part or whole (${idList(foundProblems)}): answers to ${foundProblems.length === 1 ? 'it' : 'them'} say little about a variant that is trained on this.`,
    },
    {
      kind: 'list',
      items: [
        `${plural(withNgram, 'example')} with ${NGRAM_WORDS} equal words in a row`,
        `${plural(withPrompt, 'example')} with a whole prompt`,
        `${plural(withSolution, 'example')} with a whole solution`,
      ],
    },
    {
      kind: 'table',
      columns: [
        { title: 'example' },
        { title: 'share of its n-grams', align: 'right' },
        { title: 'problems', maxWidth: 60 },
      ],
      rows: found
        .slice(0, SHOWN_EXAMPLES)
        .map(({ place, share, ngramProblems, prompts, solutions }) => [
          place,
          share === null ? 'too short' : `${(100 * share).toFixed(1)} %`,
          idList([...new Set([...ngramProblems, ...prompts, ...solutions])]),
        ]),
    },
  ]
}
