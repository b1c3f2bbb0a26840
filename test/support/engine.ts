// Tiny models of test/goldens/architectures as folders that can be opened, and log-probabilities as the engine gives them.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lossAndGradients } from '../../src/model/engine/gradients.ts'
import type { Engine, HiddenOptions, LoadedModel } from '../../src/model/engine/index.ts'
import { root } from './cli.ts'

export const architectureGoldens = join(root, 'test/goldens/architectures')

interface ModelCase {
  name: string
  /** Model whose weights it has. */
  weights: string
  ids: [long: number[], short: number[]]
  loss?: number
}

interface AdapterCase {
  name: string
  base: string
  ids: number[]
  /** Largest change of a log-probability. */
  moved: number
  loss?: number
}

interface GeneratedCase {
  name: string
  prompts: number[][]
  continuations: number[][]
  smallestMargin: number
}

interface ArchitectureCases {
  vocabulary: number
  models: ModelCase[]
  adapters: AdapterCase[]
  generated: GeneratedCase[]
}

export const architectureCases = JSON.parse(
  readFileSync(join(architectureGoldens, 'cases.json'), 'utf8'),
) as ArchitectureCases

/** Folders of the tiny models, under a temporary folder that disposing removes. */
export class TinyModels implements Disposable {
  readonly #work = mkdtempSync(join(tmpdir(), 'tunediff-tiny-'))

  /** The model's folder; with `v4`, its config in the words of transformers 4. Null where there is no such config. */
  folder(name: string, config: 'config' | 'config.v4' = 'config'): string | null {
    const { weights } = architectureCases.models.find((model) => model.name === name)!
    const from = join(architectureGoldens, name, `${config}.json`)
    if (!existsSync(from)) return null
    const folder = join(this.#work, `${name}-${config}`)
    mkdirSync(folder, { recursive: true })
    copyFileSync(from, join(folder, 'config.json'))
    copyFileSync(join(architectureGoldens, weights, 'model.safetensors'), join(folder, 'model.safetensors'))
    return folder
  }

  [Symbol.dispose](): void {
    rmSync(this.#work, { recursive: true, force: true })
  }
}

/** Little-endian fp32 numbers of a golden. */
export function floatsOf(path: string): Float32Array {
  const bytes = readFileSync(path)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** Calls `row` with the log-probabilities after each position of a window. */
export async function eachRow(
  engine: Engine,
  model: number,
  { ids, shape }: { ids: readonly number[]; shape?: HiddenOptions },
  row: (logProbs: Float64Array, position: number) => void,
): Promise<void> {
  const [states] = await engine.hidden(model, [Int32Array.from(ids)], shape)
  const step = engine.headRows(model)
  for (let first = 0; first < ids.length; first += step) {
    const count = Math.min(step, ids.length - first)
    const logits = await engine.logits(model, states!, { first, count })
    const size = logits.length / count
    for (let i = 0; i < count; i++) row(logSoftmax(logits.subarray(i * size, (i + 1) * size)), first + i)
  }
}

/** Log-probabilities [tokens, vocabulary] of sequences, one after the other. */
export async function logProbsOf(
  engine: Engine,
  model: number,
  sequences: readonly (readonly number[])[],
  shape?: HiddenOptions,
): Promise<Float64Array> {
  const rows: Float64Array[] = []
  for (const ids of sequences) {
    await eachRow(engine, model, { ids, ...(shape ? { shape } : {}) }, (row) => rows.push(row))
  }
  const size = rows[0]!.length
  const all = new Float64Array(rows.length * size)
  rows.forEach((row, i) => {
    all.set(row, i * size)
  })
  return all
}

export function logSoftmax(logits: Float32Array): Float64Array {
  let largest = Number.NEGATIVE_INFINITY
  for (const logit of logits) largest = Math.max(largest, logit)
  let total = 0
  for (const logit of logits) total += Math.exp(logit - largest)
  const shift = largest + Math.log(total)
  const logProbs = new Float64Array(logits.length)
  for (let i = 0; i < logits.length; i++) logProbs[i] = logits[i]! - shift
  return logProbs
}

export function largestDifference(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} numbers against ${theirs.length}`)
  let largest = 0
  for (let i = 0; i < ours.length; i++) {
    const apart = Math.abs(ours[i]! - theirs[i]!)
    if (!(apart <= largest)) largest = apart // NaN too
  }
  return largest
}

/** Of every weight by its name in the model, and of what adapters put on it: behind that name, .lora.I.a, .outputScale ... */
export async function allGradients(
  loaded: LoadedModel,
  ids: readonly number[],
  saved: readonly string[] = [],
): Promise<{ loss: number; gradients: Map<string, Float32Array> }> {
  const { loss, gradients } = await lossAndGradients({
    loaded,
    ids: Int32Array.from(ids),
    threads: 1,
    saved,
    isTrained: (name) => !/(^|\.)(mask|positions|cos|sin|negSin)$/.test(name),
  })
  const { head, embedding } = loaded.parameters
  const [ofHead, ofEmbedding] = [gradients.get('head.weight')!, gradients.get('embedding')!]
  const named = new Map([...gradients].map(([name, values]) => [`model.${name}`, values]))
  named.delete('model.head.weight')
  named.delete('model.embedding')
  const isTied = head.dense === embedding
  named.set(
    'model.embed_tokens.weight',
    isTied ? ofEmbedding.map((value, i) => value + ofHead[i]!) : ofEmbedding,
  )
  if (!isTied) named.set('lm_head.weight', ofHead)
  return { loss, gradients: named }
}

/** Norm of the difference over the norm of the reference. */
export function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) throw new Error(`${ours.length} numbers against ${theirs.length}`)
  let [apart, size] = [0, 0]
  for (let i = 0; i < ours.length; i++) {
    apart += (ours[i]! - theirs[i]!) ** 2
    size += theirs[i]! ** 2
  }
  return Math.sqrt(apart / size)
}
