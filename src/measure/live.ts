// Is the variant live? A variant that claims other weights and gives every log-probability of its base, to the bit, is
// the base: an adapter that was not loaded, a wrong path, a merge that was not saved. Asked before anything is measured
// at length: 20 prompts, one engine, equal shapes, so that equal weights give equal bits. Not a measure: predictions/.
import type { Model } from '../model/tensor.ts'
import type { Absent } from '../schema/estimate.ts'
import type { Liveness } from '../schema/live.ts'
import { FailedCheckError, UserError } from '../util/errors.ts'
import { plural } from '../util/text.ts'
import { measurePrompts, type OpenPrompts, openPrompts, withTokenizers } from './livePrompts.ts'
import { liveSentence, type Sides } from './liveSentence.ts'
import type { DocumentReply, Side, TextDocument } from './predictions/jobs.ts'
import { COLUMN, ROW_LENGTH } from './predictions/rows.ts'
import { builtInTexts } from './predictions/texts.ts'
import { PredictionsThread } from './predictions/thread.ts'

const PROMPTS = 20
export const PROMPT_TOKENS = 64
/** Of tokens: a model may answer shorter ones alike though it is another. */
const LEAST_TOKENS = 32
/** Prompts of the zero line. Each costs four times as much: two copies, padded further. */
const ZERO_PROMPTS = 2

interface CommonOptions {
  base: Model
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

/** Absent where both are one MODEL: another solver or prompt claims no other weights. */
export async function checkLive({
  variant,
  ...options
}: CommonOptions & { variant: Model }): Promise<Liveness | Absent> {
  return (await checkAllLive({ ...options, variants: [variant] }))[0]!
}

/** Variants of one base, which share its passes. Adapters live. */
export async function checkAllLive({
  variants,
  ...options
}: CommonOptions & { variants: readonly Model[] }): Promise<(Liveness | Absent)[]> {
  const { base } = options
  const others = variants.filter(({ spec }) => spec !== base.spec)
  const found = others.length === 0 ? [] : await measured(others, options)
  return variants.map(({ spec }) =>
    spec === base.spec
      ? { absent: 'both sides are one MODEL: no other weights are claimed' }
      : found.shift()!,
  )
}

async function measured(variants: readonly Model[], options: CommonOptions): Promise<Liveness[]> {
  const { base } = options
  await using thread = new PredictionsThread()
  const models = await withTokenizers([base, ...variants], base)
  const prompts = { documents: await livePrompts(), promptTokens: PROMPT_TOKENS }
  const open = await openPrompts(models, { ...options, ...prompts, thread })
  refuseShort(base, open)
  const sides = variants.map(
    (_, i): Side => ({ model: 1 + i, mode: open.modes[1 + i]!, isOtherShape: false, scored: open.scored }),
  )
  const line: Side = { model: 0, mode: 'distributions', isOtherShape: true, scored: zeroShares(open) }
  const moved = await measurePrompts([...sides, line], open)
  const zero = moved.pop()!
  return moved.map((prompts) => livenessOf(prompts, zero))
}

function refuseShort(base: Model, { documents, scored }: OpenPrompts): void {
  const short = scored.findIndex((count) => count + 1 < LEAST_TOKENS)
  if (short < 0) return
  const { id, text } = documents[short]!
  throw new UserError(
    `${base.spec}: its tokenizer makes ${plural(scored[short]! + 1, 'token')} of ${id}, ${text.length} characters of plain text`,
    { hint: 'the tokenizer belongs to another model: download both again' },
  )
}

/** Refuses a variant that is its base to the bit. `goOn`: what the user writes to measure it all the same. */
export function requireLive(
  liveness: Liveness | Absent,
  sides: Sides,
  goOn = '--allow-identical, which marks the run',
): void {
  if ('absent' in liveness || liveness.verdict !== 'identical') return
  throw new FailedCheckError(liveSentence(liveness, sides), {
    hint: `look at the variant's path and adapter ('tunediff weights BASE VARIANT'), or go on with ${goOn}`,
  })
}

/** The beginnings of texts of all kinds, in turn. */
async function livePrompts(): Promise<TextDocument[]> {
  const { corpora, documents } = await builtInTexts()
  const each = PROMPTS / corpora.length
  return corpora.flatMap(({ name }) => documents.filter(({ corpus }) => corpus === name).slice(0, each))
}

/** Prompts of two kinds. */
function zeroShares({ documents, scored }: OpenPrompts): number[] {
  const step = documents.length / ZERO_PROMPTS
  return scored.map((count, i) => (i % step === 0 ? count : 0))
}

export function livenessOf(moved: readonly DocumentReply[], zero: readonly DocumentReply[]): Liveness {
  const [ofVariant, ofZero] = [movedBy(moved), movedBy(zero)]
  const verdict = moved.every(isEqual)
    ? 'identical'
    : isWithin(ofVariant, ofZero)
      ? 'within-arithmetic'
      : 'live'
  return {
    verdict,
    prompts: moved.length,
    tokens: moved.reduce((sum, { row }) => sum + row.base.tokens, 0),
    moved: ofVariant,
    zero: { ...ofZero, prompts: zero.length },
  }
}

type Moved = Liveness['moved']

/** Of other tokenizers only what whole prompts cost is known. */
function isEqual({ row: { base, variant }, tokens: rows }: DocumentReply): boolean {
  if (base.nats !== variant.nats || base.tokens !== variant.tokens) return false
  for (let at = 0; at < rows.length; at += ROW_LENGTH) {
    const isSame =
      rows[at + COLUMN.kl] === 0 &&
      rows[at + COLUMN.baseLogProb] === rows[at + COLUMN.variantLogProb] &&
      rows[at + COLUMN.baseTopLogProb] === rows[at + COLUMN.variantTopLogProb]
    if (!isSame) return false
  }
  return true
}

/** By the means: the largest difference of twenty prompts is larger than that of two. One token that moved shows in both. */
const isWithin = (moved: Moved, zero: Moved): boolean =>
  typeof moved.kl === 'number' && typeof zero.kl === 'number' && moved.kl <= zero.kl

function movedBy(prompts: readonly DocumentReply[]): Moved {
  let [largest, kl, tokens] = [0, 0, 0]
  let hasRows = true
  for (const { row, tokens: rows } of prompts) {
    if (rows.length === 0) {
      hasRows = false
      const perToken = row.variant.nats / row.variant.tokens - row.base.nats / row.base.tokens
      largest = Math.max(largest, Math.abs(perToken))
    }
    for (let at = 0; at < rows.length; at += ROW_LENGTH) {
      const difference = rows[at + COLUMN.variantLogProb]! - rows[at + COLUMN.baseLogProb]!
      // Both -Infinity: no difference.
      if (!Number.isNaN(difference)) largest = Math.max(largest, Math.abs(difference))
      kl += rows[at + COLUMN.kl]!
    }
    tokens += row.base.tokens
  }
  if (!hasRows) return { largest, kl: { absent: "the two sides' tokenizers differ" } }
  if (!Number.isFinite(kl))
    return {
      largest: finite(largest),
      kl: { absent: 'it is infinite: the variant rules out what the base does not' },
    }
  return { largest: finite(largest), kl: kl / tokens }
}

/** JSON has no infinity. */
const finite = (nats: number): number => Math.min(nats, Number.MAX_VALUE)
