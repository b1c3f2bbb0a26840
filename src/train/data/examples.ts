// From a data file to examples in tokens: limit, held-out split, label noise, tokens, cut at maxTokens. What was done to the
// data is counted and said.
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { Recipe } from '../../schema/training.ts'
import { UserError } from '../../util/errors.ts'
import { sha256 } from '../../util/hash.ts'
import { plural } from '../../util/text.ts'
import { encodeRow } from './encode.ts'
import { withLabelNoise } from './labelNoise.ts'
import { hashRow, type Row, readRows } from './rows.ts'
import { splitRows } from './split.ts'

export interface Example {
  ids: Int32Array
  /** Of each token in the loss, given those before it; 0: it is not trained on. The first always has 0. */
  weights: Float32Array
  /** SHA-256 of the row's text, whatever the tokenizer. */
  textHash: string
  /** `line 3` of its file. */
  place: string
}

export interface DataCounts {
  /** Examples of both sides, without those that were left out. */
  examples: number
  heldOut: number
  /** Cut at maxTokens. */
  cut: number
  /** Left out: no trained token is in them, or none is left where they were cut. */
  leftOut: number
  /** Whose prompt does not end where a token does. */
  apart: number
  /** That teach no end. */
  endless: number
  /** Examples with the completion of another one, and those that differ from their own. */
  swapped: number
  changed: number
  /** Of the examples that are trained on, in one epoch. */
  tokens: number
  /** With a weight above 0. */
  trainedTokens: number
  /** Of these, those of prompts that count less than an answer's. */
  promptTokens: number
}

export interface TrainingData {
  train: readonly Example[]
  heldOut: readonly Example[]
  /** SHA-256 of the rows in their order, as far as limit takes them; before label noise. */
  identity: string
  counts: DataCounts
  /** What the user should know, in sentences. */
  notes: readonly string[]
}

export interface DataOptions {
  path: string
  tokenizer: Tokenizer
  recipe: Recipe
  seed: number
  /** Examples that are in tokens, of all. */
  onExamples?: (done: number, total: number) => void
}

/** Reads and prepares a data file. Data that is empty, of another shape, or nothing of which is trained is a UserError. */
export async function readExamples(options: DataOptions): Promise<TrainingData> {
  return examplesOf(await readRows(options.path, options.recipe.limit), options)
}

/** Prepares rows that are read; another seed gives other label noise. */
export function examplesOf(rows: readonly Row[], options: DataOptions): TrainingData {
  const { recipe, seed, path } = options
  const split = splitRows(rows, recipe.heldOut)
  if (split.train.length === 0) {
    throw new UserError(`${path}: all of its ${plural(rows.length, 'example')} would be held out`, {
      hint: `heldOut is ${recipe.heldOut}: lower it, or give more data`,
    })
  }
  // What is held out stays as it is: it tells what was learnt.
  const noise = withLabelNoise(split.train, recipe.labelNoise, seed)
  const counts: DataCounts = {
    examples: 0,
    heldOut: 0,
    cut: 0,
    leftOut: 0,
    apart: 0,
    endless: 0,
    swapped: noise.swapped,
    changed: noise.changed,
    tokens: 0,
    trainedTokens: 0,
    promptTokens: 0,
  }
  const train = encodeRows(noise.rows, { ...options, from: 0, total: rows.length }, counts)
  const heldOut = encodeRows(
    split.heldOut,
    { ...options, from: split.train.length, total: rows.length },
    counts,
  )
  counts.examples = train.length + heldOut.length
  counts.heldOut = heldOut.length
  for (const { ids, weights } of train) {
    counts.tokens += ids.length
    counts.trainedTokens += countTrained(weights)
    counts.promptTokens += weights.reduce((sum, weight) => sum + Number(weight > 0 && weight < 1), 0)
  }
  if (train.length === 0) throw nothingTrained(options, counts)
  const identity = sha256('training data', ...rows.map(hashRow))
  return { train, heldOut, identity, counts, notes: notesOf(options, counts) }
}

/** `from` of `total` rows are done. */
function encodeRows(
  rows: readonly Row[],
  options: DataOptions & { from: number; total: number },
  counts: DataCounts,
): Example[] {
  const { path, tokenizer, recipe, onExamples, from, total } = options
  const { maxTokens } = recipe
  const examples: Example[] = []
  for (const [i, row] of rows.entries()) {
    onExamples?.(from + i, total)
    const encoded = encodeRow(row, { tokenizer, recipe, path })
    const isCut = encoded.ids.length > maxTokens
    const weights = encoded.weights.slice(0, maxTokens)
    if (isCut) counts.cut++
    if (countTrained(weights) === 0) {
      counts.leftOut++
      continue
    }
    if (encoded.isApart) counts.apart++
    if (encoded.isEndless) counts.endless++
    const ids = Int32Array.from(encoded.ids.slice(0, maxTokens))
    examples.push({ ids, weights, textHash: hashRow(row), place: row.place })
  }
  return examples
}

export const countTrained = (weights: Float32Array): number =>
  weights.reduce((sum, weight) => sum + Number(weight > 0), 0)

function nothingTrained({ path, recipe }: DataOptions, { cut, leftOut }: DataCounts): UserError {
  const why = cut > 0 ? `: ${cut} of ${leftOut} are cut at ${recipe.maxTokens} tokens before one` : ''
  return new UserError(`${path}: no token of any example is trained on${why}`, {
    hint:
      cut > 0
        ? `raise maxTokens above ${recipe.maxTokens}, or shorten the prompts`
        : 'completions or assistant turns are what is trained on: give some, or set trainOn: all',
  })
}

function notesOf({ recipe }: DataOptions, counts: DataCounts): string[] {
  const all = counts.examples + counts.leftOut
  const of = (count: number, verb: string, verbs: string): string =>
    `${count} of ${plural(all, 'example')} ${count === 1 ? verb : verbs}`
  const notes: [count: number, note: string][] = [
    [counts.cut, `${of(counts.cut, 'was', 'were')} cut at ${recipe.maxTokens} tokens (maxTokens)`],
    [
      counts.leftOut,
      `${of(counts.leftOut, 'was', 'were')} left out: no token to train on is in ${counts.leftOut === 1 ? 'it' : 'them'}`,
    ],
    [
      counts.apart,
      `${of(counts.apart, 'has', 'have')} a prompt that ends within a token: prompt and completion were tokenised apart, as generation sees them; a blank or line end at the end of a prompt may do this, and a blank is better put before the completion`,
    ],
    [
      counts.endless,
      `${of(counts.endless, 'ends', 'end')} with no end token of the model: it does not learn from ${counts.endless === 1 ? 'it' : 'them'} where to stop`,
    ],
    [
      counts.promptTokens,
      `${counts.promptTokens} of ${plural(counts.trainedTokens, 'token')} that are trained on are of prompts, with weight ${recipe.promptLossWeight} (promptLossWeight)`,
    ],
    [
      counts.swapped,
      `label noise: ${of(counts.swapped, 'has', 'have')} the completion of another one, which is another text in ${counts.changed}`,
    ],
  ]
  const said = notes.filter(([count]) => count > 0).map(([, note]) => note)
  if (recipe.labelNoise > 0 && counts.swapped === 0)
    said.push(`no example has label noise: labelNoise ${recipe.labelNoise} is too small for so few`)
  if (recipe.heldOut > 0 && counts.heldOut === 0)
    said.push(
      `none of ${plural(all, 'example')} is held out: heldOut ${recipe.heldOut} is too small for so few`,
    )
  return said
}
