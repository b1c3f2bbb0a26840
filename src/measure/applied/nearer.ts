// Was it applied, where weights cannot be compared to the bit: a quantised merge is judged by which model its predictions
// are nearer to, base or base + adapter, both quantised as it is where that rounding is defined (alike.ts). The distance is
// the root of the mean Jensen-Shannon divergence: symmetric, finite where a KL is not, and a metric that embeds in a
// Hilbert space (Endres and Schindelin 2003; Fuglede and Topsoe 2004), so that the three models are a triangle and what
// is said of angles below is exact, for adapters of any strength.
//
// The verdict is the shorter side, of MODEL and base + adapter (applied) or of MODEL and base (not applied), where it is
// clearly shorter than the other and less than half of the third, of base and base + adapter. Else it cannot be told:
// something, as quantisation, did more than the adapter. Both differences have a paired 95 % interval over texts. Texts are
// drawn, quantisation is not: its error is one vector, which more texts do not average out. The third side guards against
// it: whatever its size, the error has to point within 45 degrees of the way between base and base + adapter to make a
// wrong verdict (half of a mean divergence is a distance shorter by the root of 2).
import { engineModel, loadModel } from '../../model/engine/index.ts'
import { noteOf } from '../../model/note.ts'
import type { Model } from '../../model/tensor.ts'
import type { Absent, Estimate } from '../../schema/estimate.ts'
import { ratioDifference, ratioEstimate } from '../../stats/index.ts'
import { UserError } from '../../util/errors.ts'
import { FLOOR_KL } from '../fidelity.ts'
import { measurePrompts, type OpenPrompts, openPrompts, withTokenizers } from '../livePrompts.ts'
import type { DocumentReply } from '../predictions/jobs.ts'
import { COLUMN, ROW_LENGTH } from '../predictions/rows.ts'
import type { Texts } from '../predictions/texts.ts'
import { PredictionsThread } from '../predictions/thread.ts'
import { quantisedAlike, schemesOf } from './alike.ts'
import type { PredictionsJudgement, Verdict } from './types.ts'

/** Texts at most, evenly drawn from all: they are the units of the intervals. */
const MOST_TEXTS = 16
/** Times that the adapter has to do what is left: the square of the distances' ratio. */
const CLEAR = 2
/** Of each text: few long beginnings, since weights are quantised again for every few of them. */
const PROMPT_TOKENS = 128

export interface NearerOptions {
  /** Without its adapters. */
  base: Model
  /** The same with adapters. */
  adapted: Model
  merged: Model
  texts: Texts
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

export async function judgeByPredictions(options: NearerOptions): Promise<PredictionsJudgement> {
  const { base, adapted, merged, texts } = options
  refuseOtherModel(base, merged)
  await using thread = new PredictionsThread()
  const documents = evenly(texts.documents, MOST_TEXTS)
  const prompts = { ...options, thread, documents, promptTokens: PROMPT_TOKENS }
  const references = [base, adapted].map((model) => quantisedAlike(model, merged))
  const models = await withTokenizers([merged, ...references], base)
  const ofMerged = await openPrompts(models, prompts)
  refuseOtherTokenizer(ofMerged, options)
  const [toBase, toAdapted] = await divergences([1, 2], ofMerged)
  const ofBase = await openPrompts(models.slice(1), prompts)
  const [effect] = await divergences([1], ofBase)
  const sides = { toBase: toBase!, toAdapted: toAdapted!, effect: effect! }
  return {
    base: base.spec,
    adapters: adapted.adapters.map(({ folder }) => folder),
    merged: merged.name,
    notes: { base: noteOf(base), merged: noteOf(merged) },
    quantised: schemesOf(merged),
    texts: {
      from: texts.corpora.map(({ from, name }) => (from === 'built in' ? `${name} (built in)` : from)),
      documents: sides.effect.tokens.length,
      tokens: sides.effect.tokens.reduce((sum, n) => sum + n, 0),
    },
    ...judge(sides),
  }
}

/** Sums of a pair of models over each text that has a token to score. */
export interface Divergences {
  tokens: readonly number[]
  js: readonly number[]
  /** KL(other || first) and KL(first || other) of the pair as it was measured. */
  kl: readonly number[]
  klReverse: readonly number[]
}

export interface Triangle {
  /** Measured from the merged model. */
  toBase: Divergences
  toAdapted: Divergences
  /** Measured from the base. */
  effect: Divergences
}

type Judged = Pick<PredictionsJudgement, 'verdict' | 'js' | 'kl' | 'nearer' | 'clear' | 'along' | 'reason'>

/** From sums over texts to the verdict. */
export function judge({ toBase, toAdapted, effect }: Triangle): Judged {
  const js = { toBase: jsOf(toBase), toAdapted: jsOf(toAdapted), effect: jsOf(effect) }
  const nearer = ratioDifference(units(toAdapted), units(toBase))
  const shorter = nearer.value > 0 ? toAdapted : toBase
  const enough = shorter.js.map((left) => CLEAR * left)
  const clear = ratioDifference(units({ ...shorter, js: enough }), units(effect))
  const kl = {
    toBase: klOf(toBase.klReverse, toBase),
    toAdapted: klOf(toAdapted.klReverse, toAdapted),
    effect: klOf(effect.kl, effect),
  }
  const found = { js, kl, nearer, clear, along: alongOf({ toBase, toAdapted, effect }) }
  const reason = reasonOf(found)
  const side: Verdict = nearer.value > 0 ? 'applied' : 'not-applied'
  return { ...found, verdict: reason === null ? side : 'cannot-tell', reason }
}

function reasonOf({ js, kl, nearer, clear }: Omit<Judged, 'verdict' | 'reason'>): string | null {
  if ('value' in kl.effect && kl.effect.value <= FLOOR_KL) {
    return js.effect.value === 0
      ? 'the adapter changes no prediction on these texts'
      : 'the adapter changes predictions by less than fp32 arithmetic does'
  }
  if (nearer.low === null || clear.low === null) return 'one text gives no interval'
  if (clear.low <= 0) {
    return js.effect.value <= Math.min(js.toBase.value, js.toAdapted.value)
      ? 'the model is further from both than the adapter moves the base: quantisation (or other training) did more than the adapter does'
      : 'what the adapter does is not clearly more than what quantisation (or other training) did'
  }
  const isSeparate = nearer.value > 0 ? nearer.low > 0 : nearer.high! < 0
  return isSeparate ? null : 'the model lies about as far from the base as from base + adapter'
}

const units = ({
  js,
  tokens,
}: Divergences): { numerators: readonly number[]; denominators: readonly number[] } => ({
  numerators: js,
  denominators: tokens,
})
const jsOf = (pair: Divergences): Estimate =>
  ratioEstimate(units(pair), { scale: 'log', min: 0, max: Math.LN2 })

function klOf(sums: readonly number[], { tokens }: Divergences): Estimate | Absent {
  if (!sums.every(Number.isFinite)) return { absent: 'infinite: one side rules out what the other does not' }
  return ratioEstimate({ numerators: sums, denominators: tokens }, { scale: 'log', min: 0 })
}

/** In the Hilbert space: the foot of the merged model on the line from base to base + adapter. */
function alongOf({ toBase, toAdapted, effect }: Triangle): Estimate | Absent {
  if (!effect.js.some((js) => js > 0)) return { absent: 'the adapter changes no prediction' }
  const numerators = effect.js.map((js, i) => (js + toBase.js[i]! - toAdapted.js[i]!) / 2)
  return ratioEstimate({ numerators, denominators: effect.js })
}

async function divergences(models: readonly number[], open: OpenPrompts): Promise<Divergences[]> {
  const { scored } = open
  const replies = await measurePrompts(
    models.map((model) => ({ model, mode: 'distributions', isOtherShape: false, scored })),
    open,
  )
  return replies.map((texts) => {
    const sumsOf = (column: number): number[] => texts.map((text) => columnSum(text, column))
    return {
      tokens: texts.map(({ row }) => row.base.tokens),
      js: sumsOf(COLUMN.js),
      kl: sumsOf(COLUMN.kl),
      klReverse: sumsOf(COLUMN.klReverse),
    }
  })
}

function columnSum({ tokens: rows }: DocumentReply, column: number): number {
  let sum = 0
  for (let at = column; at < rows.length; at += ROW_LENGTH) sum += rows[at]!
  return sum
}

function evenly<T>(all: readonly T[], most: number): T[] {
  const count = Math.min(all.length, most)
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!)
}

/** A merge has its base's layers: another model is named, and not measured. */
function refuseOtherModel(base: Model, merged: Model): void {
  const [was, is] = [base, merged].map((model) => {
    const { hidden, heads, kvHeads, layers } = loadModel(engineModel(model)).architecture
    return `${String(model.config.model_type)}, ${layers.length} layers of ${hidden} with ${heads} heads (${kvHeads} of keys)`
  })
  if (was === is) return
  throw new UserError(`${merged.spec} is another model (${is}) than ${base.spec} (${was}): no merge of it`, {
    hint: 'name the base that it was merged from',
  })
}

function refuseOtherTokenizer({ modes }: OpenPrompts, { base, merged }: NearerOptions): void {
  if (modes.every((mode) => mode === 'distributions')) return
  throw new UserError(
    `${merged.spec} has another tokenizer than ${base.spec}: their predictions cannot be compared token by token`,
    { hint: "'tunediff weights BASE VARIANT' lists how the tokenizers differ" },
  )
}
