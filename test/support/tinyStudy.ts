// A study on a tiny model, in a folder of its own: trainings of a second, a task of sums, two short texts.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readTrainRows } from '../../src/store/variantFolder.ts'
import { type CliOptions, type CliResult, tunediff } from './cli.ts'
import { TinyPredictions } from './tinyPredictions.ts'

export interface PlanJson {
  folder: string
  cells: {
    key: string
    folder: string
    kind: string
    sides: { side: string; seed: number | null; against: string | null }[]
    task: string | null
    state: 'done' | 'begun' | 'failed' | 'missing'
    message: string | null
    bytes: number | null
  }[]
  left: { seconds: number; unknown: number }
}

export const LORA =
  '{method: lora, rank: 2, steps: 12, batch: 2, learningRate: 0.01, maxTokens: 48, saveEvery: 4}'

export class TinyStudy implements Disposable {
  readonly #tiny = new TinyPredictions()

  constructor() {
    this.#tiny.model('qwen2', 'base', { hasBos: true })
    this.#tiny.texts('texts', [120, 80])
    const sums = (count: number) =>
      Array.from({ length: count }, (_, i) => [`${i % 7} + ${i % 5} =`, (i % 7) + (i % 5)])
    this.lines(
      'sums.jsonl',
      sums(40).map(([prompt, sum]) => ({ prompt, completion: ` ${sum}` })),
    )
    mkdirSync(this.path('task'))
    this.lines(
      'task/items.jsonl',
      sums(5).map(([q, a]) => ({ q, a })),
    )
    this.task()
  }

  path(...parts: readonly string[]): string {
    return this.#tiny.path(...parts)
  }

  adapter(golden: string): string {
    return this.#tiny.adapter(golden)
  }

  /** models/broken: a copy of the base whose first MLP holds no numbers. */
  broken(): void {
    const [from, to] = [this.path('models/base'), this.path('models/broken')]
    cpSync(from, to, { recursive: true })
    const file = join(to, 'model.safetensors')
    const bytes = readFileSync(file)
    const start = 8 + Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
      string,
      { data_offsets: [number, number] }
    >
    const [first, end] = header['model.layers.0.mlp.down_proj.weight']!.data_offsets
    // All ones is NaN in every float.
    bytes.fill(0xff, start + first, start + end)
    writeFileSync(file, bytes)
  }

  lines(name: string, rows: readonly object[]): void {
    writeFileSync(this.path(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }

  task(scorer = 'numeric'): void {
    const text = ['name: sums', 'data: items.jsonl', 'prompt: "{{ q }}"', 'answer: a', `scorer: ${scorer}`]
    writeFileSync(this.path('task', 'task.yaml'), `${text.join('\n')}\nask: {maxTokens: 4}\n`)
  }

  /** Writes a study file and returns its path. */
  study(variants: readonly string[], rest: readonly string[] = [], name = 'study.yaml'): string {
    const lines = ['name: tiny', 'base: models/base', 'variants:', ...variants.map((line) => `  ${line}`)]
    writeFileSync(this.path(name), `${[...lines, 'tasks: [task]', 'texts: [texts]', ...rest].join('\n')}\n`)
    return this.path(name)
  }

  /** Each cache of its own: nothing is known from elsewhere. */
  run(
    args: readonly string[],
    options: Partial<CliOptions> & { cacheName?: string } = {},
  ): Promise<CliResult> {
    const { cacheName = 'cache', ...rest } = options
    return tunediff(args, { cache: this.path(cacheName), ...rest })
  }

  async plan(file: string, output?: string): Promise<PlanJson> {
    const { stdout, stderr, code } = await this.run([
      'plan',
      file,
      '--json',
      ...(output ? ['-o', output] : []),
    ])
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as PlanJson
  }

  [Symbol.dispose](): void {
    this.#tiny[Symbol.dispose]()
  }
}

/** What takes another value each time: times, memory of the process, where the study lies. */
const TIMES =
  /"(createdAt|at|seconds|isOneGo|trainSeconds|peakMemoryMb|wallMs|ms|cpuMs)": ?("[^"]*"|[\d.e+-]+|true|false),?/g

/**
 * All files of a study folder, by path, without what takes another value each time. Rows of runs are in the order in which
 * answers came, and rows of a training may be written twice: sorted, and the last ones.
 */
export async function contentsOf(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const visit = async (path: string): Promise<void> => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const place = join(path, entry.name)
      if (entry.isDirectory()) await visit(place)
      else found.set(relative(folder, place), await contentOf(place, folder))
    }
  }
  await visit(folder)
  return found
}

async function contentOf(path: string, folder: string): Promise<string> {
  if (path.endsWith('train.jsonl')) return JSON.stringify(await readTrainRows(join(path, '..')))
  if (!/\.jsonl?$/.test(path)) return readFileSync(path).toString('hex')
  const text = readFileSync(path, 'utf8').replaceAll(folder, 'STUDY').replace(TIMES, '')
  // Hashes of files that say when they were made.
  if (path.endsWith('results.json')) return JSON.stringify({ ...JSON.parse(text), files: null })
  return /(samples|outcomes)\.jsonl$/.test(path) ? text.split('\n').sort().join('\n') : text
}
