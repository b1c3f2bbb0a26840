// Whether exported files are the variant that was exported: the KL divergence of the files' predictions from those of the
// running variant, over a short text, beside the KL that rounding to the files' types gives by itself (the base against
// the base rounded in memory; the variant likewise where it went so far that its own rounding does more). What is far above
// that line is no rounding. Not a measure of a variant: predictions/.
import { availableParallelism } from 'node:os'
import { engineModel, loadModel } from '../model/engine/index.ts'
import { memoryNeed, refuseTooLarge } from '../model/engine/memory.ts'
import type { Model, ModelTensor, TensorSource } from '../model/tensor.ts'
import { type TokenizerFiles, tokenizerFiles } from '../model/tokenizer/files.ts'
import type { Fidelity } from '../schema/export.ts'
import type { TextDocument } from './predictions/jobs.ts'
import { COLUMN, ROW_LENGTH } from './predictions/rows.ts'
import { builtInTexts } from './predictions/texts.ts'
import { PredictionsThread } from './predictions/thread.ts'
import { scoredShares } from './predictions/windows.ts'

/** How far above the line of rounding the files may be. */
export const MOST_TIMES = 10
/** Nats a token: what the arithmetic of fp32 itself moves, where nothing is rounded. */
export const FLOOR_KL = 1e-9

const PROBE_TOKENS = 512
const CONTEXT = 512

export interface FidelityOptions {
  /** The running variant: adapters live. */
  variant: Model
  /** Of the files. */
  exported: Model
  /** The variant without its adapters. */
  base: Model
  /** Tokens of the built-in texts. */
  tokens?: number
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

/** Measures; a model that cannot be run, or has no tokenizer, is a UserError. */
export async function checkFidelity(options: FidelityOptions): Promise<Fidelity> {
  const { variant, exported, base } = options
  await using thread = new PredictionsThread()
  const { documents } = await builtInTexts()
  const probe = { ...options, thread, documents, tokenizer: await tokenizerFiles(variant) }
  const isAdapted = changedNames(base, variant).size > 0
  const of = await divergences([variant, exported, ...(isAdapted ? [base] : [])], probe)
  const line = async (model: Model): Promise<number> => {
    const rounded = roundedAs({ model, base, variant, exported })
    return rounded ? (await divergences([model, rounded], probe)).kl[0]! : 0
  }
  const [kl, moved = null] = of.kl
  let zero = await line(base)
  // A variant that went far from its base has larger weights, whose rounding does more.
  if (isAdapted && Number.isFinite(kl) && kl! > limitOf(zero)) zero = Math.max(zero, await line(variant))
  const found = { kl: Number.isFinite(kl) ? kl! : null, limit: limitOf(zero), moved }
  return { tokens: of.tokens, zero, ...found, verdict: verdictOf(found) }
}

const limitOf = (zero: number): number => MOST_TIMES * Math.max(zero, FLOOR_KL)

/** An adapter whose whole effect is within the limit would be missed if it were missing. */
function verdictOf({ kl, limit, moved }: Pick<Fidelity, 'kl' | 'limit' | 'moved'>): Fidelity['verdict'] {
  if (kl === null || kl > limit) return 'broken'
  return moved !== null && moved <= limit ? 'cannot-tell' : 'faithful'
}

/** Names of tensors that are not those of the base. */
function changedNames(base: Model, variant: Model): Set<string> {
  const changed = new Set<string>()
  for (const [name, { source }] of variant.tensors) {
    if (JSON.stringify(source) !== JSON.stringify(base.tensors.get(name)?.source)) changed.add(name)
  }
  return changed
}

/**
 * The base or the variant, rounded as the export rounded the variant. Where the base's file has the type already, adapted
 * weights have left its grid and are rounded, the base's lie on it: those are moved by as much. Undefined where nothing
 * is rounded.
 */
export function roundedAs({
  model,
  base,
  variant,
  exported,
}: { model: Model } & Pick<FidelityOptions, 'base' | 'variant' | 'exported'>): Model | undefined {
  const changed = changedNames(base, variant)
  const tensors = new Map<string, ModelTensor>()
  let isRounded = false
  for (const [name, tensor] of model.tensors) {
    const written = exported.tensors.get(name)
    const source = roundedSource(tensor, { written, isChanged: changed.has(name) })
    isRounded ||= source !== tensor.source
    tensors.set(name, { ...tensor, source })
  }
  return isRounded ? { ...model, tensors } : undefined
}

function roundedSource(
  { source }: ModelTensor,
  { written, isChanged }: { written: ModelTensor | undefined; isChanged: boolean },
): TensorSource {
  // An exported adapter leaves the base's tensors as they are.
  if (written?.source.kind !== 'stored') return source
  const { dtype } = written.source
  if (dtype !== 'BF16' && dtype !== 'F16') return source
  if (source.kind === 'stored' && source.dtype === dtype && !isChanged) return source
  return { kind: 'rounded', of: source, dtype, ...(isChanged ? { isDisplaced: true } : {}) }
}

interface Divergences {
  tokens: number
  /** Mean KL in nats a token of each model but the first, from the first. */
  kl: number[]
}

interface Probe extends Pick<FidelityOptions, 'tokens' | 'threads' | 'onProgress'> {
  thread: PredictionsThread
  documents: readonly TextDocument[]
  /** One for all: an exported folder may have none. */
  tokenizer: TokenizerFiles
}

async function divergences(models: readonly Model[], probe: Probe): Promise<Divergences> {
  const { thread, documents, tokenizer, threads = availableParallelism(), onProgress } = probe
  const plain = models.map((model) => ({ model: engineModel(model), tokenizer }))
  const loaded = plain.map(({ model }) => loadModel(model))
  refuseTooLarge(memoryNeed(loaded, CONTEXT))
  await thread.run({ kind: 'open', models: plain, threads, probes: [] }, 'opened')
  const scored = await sharesOf(probe)
  const sums = models.slice(1).map(() => 0)
  const sides = sums.map((_, i) => ({
    model: i + 1,
    mode: 'distributions' as const,
    isOtherShape: false,
    scored,
  }))
  const total = scored.reduce((sum, count) => sum + count, 0)
  await thread.run({ kind: 'measure', documents, sides, context: CONTEXT }, 'done', (reply) => {
    if (reply.kind === 'progress') {
      onProgress?.('checking tokens', Math.round(reply.scored), total * models.length)
    }
    if (reply.kind === 'document') sums[reply.side]! += klOf(reply.tokens)
  })
  return { tokens: total, kl: sums.map((sum) => sum / total) }
}

async function sharesOf({ thread, documents, tokens = PROBE_TOKENS }: Probe): Promise<number[]> {
  const { scored } = await thread.run({ kind: 'count', documents }, 'counted')
  return scoredShares(
    documents.map(({ corpus }, i) => ({ corpus, tokens: scored[i]! })),
    tokens,
  )
}

function klOf(rows: Float32Array): number {
  let sum = 0
  for (let at = COLUMN.kl; at < rows.length; at += ROW_LENGTH) sum += rows[at]!
  return sum
}
