// From what the user named to a predictions report: opens the models, reads the texts, measures in a thread of its own
// what is not there yet, keeps a measurement folder for each variant and each zero line.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Mode, Reply, Side, TextDocument } from '../measure/predictions/jobs.ts'
import { measuresOfFolder, predictionsVariant, readFolder } from '../measure/predictions/report.ts'
import { builtInTexts, readTexts, type Texts } from '../measure/predictions/texts.ts'
import { PredictionsThread } from '../measure/predictions/thread.ts'
import { scoredShares } from '../measure/predictions/windows.ts'
import { engineModel, type LoadedModel, loadModel } from '../model/engine/index.ts'
import { memoryNeed, refuseTooLarge } from '../model/engine/memory.ts'
import { type TokenizerFiles, tokenizerFiles } from '../model/tokenizer/files.ts'
import type { Absent } from '../schema/estimate.ts'
import {
  PREDICTIONS_SCHEMA,
  type PredictedModel,
  type PredictionMeasures,
  type PredictionsMeasurement,
  type PredictionsReport,
} from '../schema/predictions.ts'
import {
  type AskedPredictions,
  openPredictions,
  type PredictionsFolder,
  predictionsKey,
} from '../store/predictionsFolder.ts'
import { cacheFolder } from '../util/cache.ts'
import { sha256Value } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'
import { type Opened, openNf4, openPredicted, refuseEqual } from './predictionsModels.ts'
import { predictionsNotes } from './predictionsNotes.ts'

export interface ComparePredictionsOptions {
  base: string
  variants: readonly string[]
  /** Text files, folders, JSONL#field; the built-in ones where there is none. */
  texts: readonly string[]
  /** Tokens of a window. */
  context?: number
  /** Positions that are scored for each variant at most. */
  maxTokens?: number
  /** Texts drawn from the base and from each variant, measured besides. */
  samples?: number
  sampleTokens?: number
  /** Base against itself, in another batch shape and in 4 bits, is measured besides (default: yes). */
  hasZeroLines?: boolean
  /** Folder for the measurements, or of each one; the cache, by key, where it is not given. */
  output?: string | ((role: PredictionsMeasurement['role'], variant: PredictedModel) => string)
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
  /** How a model is called in notes, in a study; by its own name where it is not given. */
  nameOf?: (spec: string) => string
  /** Another process writes one of the folders. */
  onWait?: (folder: string, holder: string) => void
}

export const CONTEXT = 512
const SAMPLE_TOKENS = 128
/** Positions of a zero line. */
const ZERO_TOKENS = 2048
/** Texts that tokenizers must agree on, and how much of each. */
const PROBES = 20
const PROBE_CHARS = 2000
const NOT_MEASURED: Absent = { absent: 'not measured' }

/** What is measured against the base. */
interface Asked {
  role: PredictionsMeasurement['role']
  opened: Opened
  /** Index into the models of the thread. */
  model: number
  mode: Mode
  maxTokens: number | null
}

export async function comparePredictions(options: ComparePredictionsOptions): Promise<PredictionsReport> {
  const base = await openPredicted(options.base, options)
  const variants: Opened[] = []
  for (const spec of options.variants) variants.push(await openPredicted(spec, options))
  if (typeof options.output !== 'function') refuseEqual(variants, options.output)
  const nf4 = options.hasZeroLines === false ? NOT_MEASURED : await openNf4(base, options)
  const models = [base, ...variants, ...('absent' in nf4 ? [] : [nf4])]
  const texts = options.texts.length > 0 ? await readTexts(options.texts) : await builtInTexts()
  const context = options.context ?? CONTEXT
  await using thread = new PredictionsThread()
  const { modes, loaded } = await openThread(thread, { models, texts: texts.documents, context }, options)
  const { nameOf } = options
  const names = nameOf && [base, ...variants].map(({ predicted }) => nameOf(predicted.spec))
  const notes = predictionsNotes({
    ...options,
    ...{ models: loaded.slice(0, 1 + variants.length), modes, context },
    ...(names ? { names } : {}),
  })
  const all = withSamples(texts, await samplesOf(thread, [base, ...variants], options))
  const sides = askedOf({ base, variants, nf4, modes }, options)
  const folders = await measureSides({ thread, base, sides, texts: all, context }, options)
  return await reportOf({ base, sides, folders, texts: all, nf4, context, thread, notes })
}

interface ThreadInput {
  models: readonly Opened[]
  texts: readonly TextDocument[]
  context: number
}

async function openThread(
  thread: PredictionsThread,
  { models, texts, context }: ThreadInput,
  { threads = availableParallelism() }: ComparePredictionsOptions,
): Promise<{ modes: readonly Mode[]; loaded: readonly LoadedModel[] }> {
  const plain = []
  // Equal files are one object, here and in the thread.
  const known = new Map<string, TokenizerFiles>()
  for (const { model } of models) {
    const files = await tokenizerFiles(model)
    const { source: _, ...rest } = files
    const key = JSON.stringify(rest)
    const tokenizer = known.get(key) ?? files
    known.set(key, tokenizer)
    plain.push({ model: engineModel(model), tokenizer })
  }
  const loaded = plain.map(({ model }) => loadModel(model))
  refuseTooLarge(memoryNeed(loaded, context))
  const probes = texts.slice(0, PROBES).map(({ text }) => text.slice(0, PROBE_CHARS))
  const { modes } = await thread.run({ kind: 'open', models: plain, threads, probes }, 'opened')
  return { modes, loaded }
}

async function samplesOf(
  thread: PredictionsThread,
  models: readonly Opened[],
  {
    samples,
    sampleTokens = SAMPLE_TOKENS,
    threads = availableParallelism(),
    onProgress,
  }: ComparePredictionsOptions,
): Promise<{ name: string; texts: readonly string[] }[]> {
  if (!samples) return []
  const drawn = []
  for (const [
    model,
    {
      model: { name },
    },
  ] of models.entries()) {
    onProgress?.('models drawn from', model, models.length)
    const job = { kind: 'sample', model, count: samples, tokens: sampleTokens, seed: model, threads } as const
    const { texts } = await thread.run(job, 'sampled')
    drawn.push({ name: `samples of ${name}`, texts })
  }
  return drawn
}

function withSamples(texts: Texts, drawn: readonly { name: string; texts: readonly string[] }[]): Texts {
  const documents = drawn.flatMap(({ name, texts: list }) =>
    list.map((text, i) => ({ id: `${name}/${i + 1}`, corpus: name, text })),
  )
  const corpora = drawn.map(({ name, texts: list }) => ({
    name,
    from: name,
    identity: sha256Value(list),
    documents: list.length,
    bytes: list.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  }))
  return {
    ...texts,
    documents: [...texts.documents, ...documents],
    corpora: [...texts.corpora, ...corpora],
  }
}

interface Models {
  base: Opened
  variants: readonly Opened[]
  nf4: Opened | Absent
  modes: readonly Mode[]
}

function askedOf({ base, variants, nf4, modes }: Models, options: ComparePredictionsOptions): Asked[] {
  const maxTokens = options.maxTokens ?? null
  const zeroTokens = Math.min(ZERO_TOKENS, maxTokens ?? ZERO_TOKENS)
  const sides = variants.map(
    (opened, i): Asked => ({
      role: 'variant',
      opened,
      model: i + 1,
      mode: modes[i + 1]!,
      maxTokens,
    }),
  )
  if (options.hasZeroLines === false) return sides
  const zero: Pick<Asked, 'mode' | 'maxTokens'> = { mode: 'distributions', maxTokens: zeroTokens }
  sides.push({ ...zero, role: 'zero-batch-shape', opened: base, model: 0 })
  if (!('absent' in nf4)) sides.push({ ...zero, role: 'zero-nf4', opened: nf4, model: variants.length + 1 })
  return sides
}

interface Pass {
  thread: PredictionsThread
  base: Opened
  sides: readonly Asked[]
  texts: Texts
  context: number
}

/** Folders of all sides, in their order. Documents that a folder has are not measured again. */
async function measureSides(pass: Pass, options: ComparePredictionsOptions): Promise<string[]> {
  const { thread, sides, texts, context } = pass
  const { documents } = texts
  const open = await openFolders(
    sides.map((side) => askedFolder(pass, side, options)),
    options,
  )
  try {
    if (open.some(({ isFinished }) => !isFinished)) {
      const { scored } = await thread.run({ kind: 'count', documents }, 'counted')
      const sized = documents.map(({ corpus }, i) => ({ corpus, tokens: scored[i]! }))
      const jobs = sides.map(({ model, mode, role, maxTokens }, i): Side => {
        const { done, isFinished } = open[i]!
        const shares = scoredShares(sized, maxTokens)
        return {
          model,
          mode,
          isOtherShape: role === 'zero-batch-shape',
          scored: shares.map((share, d) => (isFinished || done.has(documents[d]!.id) ? 0 : share)),
        }
      })
      const total = tokensToRun(jobs)
      const { promise: failed, reject: fail } = withReject()
      const heard = (reply: Reply): void => {
        if (reply.kind === 'progress') options.onProgress?.('tokens', Math.round(reply.scored), total)
        if (reply.kind === 'document') open[reply.side]!.append(reply.row, reply.tokens).catch(fail)
      }
      const done = thread.run({ kind: 'measure', documents, sides: jobs, context }, 'done', heard)
      await Promise.race([done, failed])
    }
    for (const folder of open) await folder.finish()
    return open.map(({ path }) => path)
  } finally {
    for (const folder of open) await folder[Symbol.asyncDispose]()
  }
}

/** Scored tokens that go through a model: those of each side, and of the base beside them. */
function tokensToRun(sides: readonly Side[]): number {
  const documents = sides[0]!.scored.map((_, d) => {
    const together = sides.filter(({ mode }) => mode === 'distributions').map(({ scored }) => scored[d]!)
    const each = sides.map(({ mode, scored }) => scored[d]! * (mode === 'bits-per-byte' ? 2 : 1))
    return each.reduce((sum, tokens) => sum + tokens, 0) + Math.max(0, ...together)
  })
  return documents.reduce((sum, tokens) => sum + tokens, 0)
}

/** A promise that only ever rejects: a full disk ends the pass. */
function withReject(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<never>((_, to) => {
    reject = to
  })
  promise.catch(() => undefined)
  return { promise, reject }
}

interface AskedFolder {
  path: string
  asked: AskedPredictions
}

/** In the order of their paths, whatever the order asked: two processes never wait for each other. */
async function openFolders(
  folders: readonly AskedFolder[],
  { onWait }: ComparePredictionsOptions,
): Promise<PredictionsFolder[]> {
  const byPath = [...folders.entries()].sort(([, a], [, b]) => (a.path < b.path ? -1 : 1))
  const open: PredictionsFolder[] = []
  try {
    for (const [i, { path, asked }] of byPath) open[i] = await openPredictions(path, asked, onWait)
    return open
  } catch (error) {
    for (const folder of open) await folder?.[Symbol.asyncDispose]()
    throw error
  }
}

function askedFolder(
  { base, texts, context }: Pass,
  { role, opened, mode, maxTokens }: Asked,
  { output }: ComparePredictionsOptions,
): AskedFolder {
  const asked: AskedPredictions = {
    schema: PREDICTIONS_SCHEMA,
    kind: 'predictions',
    role,
    base: base.predicted,
    variant: opened.predicted,
    corpora: [...texts.corpora],
    settings: { context, stride: context / 2, maxTokens, mode },
    versions: { tunediff: VERSION },
  }
  if (typeof output === 'function') return { path: output(role, opened.predicted), asked }
  const name = role === 'variant' ? opened.model.name : role
  const path = output
    ? join(output, name)
    : join(cacheFolder(), 'measurements', predictionsKey(asked).slice(0, 16))
  return { path, asked }
}

interface Measured {
  base: Opened
  sides: readonly Asked[]
  folders: readonly string[]
  texts: Texts
  nf4: Opened | Absent
  context: number
  thread: PredictionsThread
  notes: readonly string[]
}

async function reportOf(measured: Measured): Promise<PredictionsReport> {
  const { base, sides, folders, texts, nf4, context, thread, notes } = measured
  const folderOf = (role: Asked['role']): string | undefined =>
    folders[sides.findIndex((side) => side.role === role)]
  const zeroOf = async (role: Asked['role'], absent: string): Promise<PredictionMeasures | Absent> => {
    const folder = folderOf(role)
    return folder === undefined ? { absent } : measuresOfFolder(folder)
  }
  const batchShape = await zeroOf('zero-batch-shape', NOT_MEASURED.absent)
  const nf4Zero = await zeroOf('zero-nf4', 'absent' in nf4 ? nf4.absent : NOT_MEASURED.absent)
  const zero = { batchShape, nf4: nf4Zero }
  const piecesOf = async (ids: readonly number[]): Promise<readonly string[]> =>
    (await thread.run({ kind: 'pieces', ids }, 'pieces')).texts
  const variants = []
  for (const [i, { role, opened, mode }] of sides.entries()) {
    if (role !== 'variant') continue
    const folder = await readFolder(folders[i]!)
    variants.push(
      await predictionsVariant({
        base: base.predicted,
        model: opened.predicted,
        mode,
        folder,
        zero,
        piecesOf,
      }),
    )
  }
  return {
    schema: PREDICTIONS_SCHEMA,
    base: base.predicted,
    corpora: [...texts.corpora],
    context,
    stride: context / 2,
    notes: [...texts.notes, ...notes],
    variants,
    zero,
  }
}
