// `tunediff predictions` as a user runs it, on tiny models: its rows against an independent computation, what it says, and
// what a stopped one leaves.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineModel, openEngine } from '../src/model/engine/index.ts'
import { openModel } from '../src/model/open.ts'
import {
  type DocumentRow,
  type PredictionsReport,
  predictionsReportSchema,
} from '../src/schema/predictions.ts'
import { TOKEN_COLUMNS, type TokenColumn } from '../src/schema/tokenColumns.ts'
import { comparePredictions } from '../src/study/comparePredictions.ts'
import { tunediff, tunediffProcess } from './support/cli.ts'
import { floatsOf, logProbsOf } from './support/engine.ts'
import { isSoak } from './support/soak.ts'
import { TinyPredictions, textOf } from './support/tinyPredictions.ts'

const CONTEXT = 16
const tiny = new TinyPredictions()
let base: string
let adapted: string
let texts: string
beforeAll(() => {
  base = tiny.model('qwen2')
  adapted = `${base}+${tiny.adapter('lora')}`
  texts = tiny.texts('letters', [60, 33, 17, 120, 9])
})
afterAll(() => tiny[Symbol.dispose]())

const run = (args: readonly string[], started?: Parameters<typeof tunediff>[1]['started']) =>
  tunediff(['predictions', ...args], { cache: tiny.path('cache'), ...(started ? { started } : {}) })

async function reportOf(...args: string[]): Promise<PredictionsReport> {
  const { stdout, stderr, code } = await run([...args, '--json'])
  expect(code, stderr).toBe(0)
  return predictionsReportSchema.parse(JSON.parse(stdout))
}

const linesOf = (folder: string): DocumentRow[] =>
  readFileSync(join(folder, 'documents.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DocumentRow)

/** Rows of a folder, each with its columns by name. */
function rowsOf(folder: string): Record<TokenColumn, number>[] {
  const values = floatsOf(join(folder, 'tokens.f32'))
  return Array.from({ length: values.length / TOKEN_COLUMNS.length }, (_, row) =>
    Object.fromEntries(TOKEN_COLUMNS.map((name, i) => [name, values[row * TOKEN_COLUMNS.length + i]!])),
  ) as Record<TokenColumn, number>[]
}

/** Windows by hand: [start, end, first scored]. */
function windows(tokens: number): [number, number, number][] {
  const list: [number, number, number][] = [[0, Math.min(CONTEXT, tokens), 1]]
  for (let start = CONTEXT / 2; start + CONTEXT / 2 < tokens; start += CONTEXT / 2)
    list.push([start, Math.min(tokens, start + CONTEXT), start + CONTEXT / 2])
  return list
}

/** What each position of a document should read, straight from the definitions. */
async function expected(variant: string, ids: readonly number[]): Promise<Record<string, number>[]> {
  const models = [engineModel(await openModel(base)), engineModel(await openModel(variant, { base }))]
  await using engine = await openEngine({ models, threads: 1 })
  const rows: Record<string, number>[] = []
  for (const [start, end, first] of windows(ids.length)) {
    const part = ids.slice(start, end)
    const [p, q] = [await logProbsOf(engine, 0, [part]), await logProbsOf(engine, 1, [part])]
    const size = p.length / part.length
    for (let next = first; next < end; next++) {
      const at = (next - 1 - start) * size
      const [a, b] = [p.subarray(at, at + size), q.subarray(at, at + size)]
      const sum = (term: (pi: number, qi: number, lp: number, lq: number) => number): number =>
        a.reduce((total, lp, i) => total + term(Math.exp(lp), Math.exp(b[i]!), lp, b[i]!), 0)
      const half = (x: number, y: number): number => x * Math.log((2 * x) / (x + y))
      rows.push({
        kl: sum((pi, _, lp, lq) => pi * (lp - lq)),
        klReverse: sum((_, qi, lp, lq) => qi * (lq - lp)),
        js: sum((pi, qi) => (half(pi, qi) + half(qi, pi)) / 2),
        tv: sum((pi, qi) => Math.abs(pi - qi) / 2),
        baseEntropy: sum((pi, _, lp) => -pi * lp),
        variantEntropy: sum((_, qi, __, lq) => -qi * lq),
        baseLogProb: a[ids[next]!]!,
        variantLogProb: b[ids[next]!]!,
        baseTop: a.indexOf(Math.max(...a)),
        variantTop: b.indexOf(Math.max(...b)),
        rank: 1 + b.filter((lq) => lq > b[a.indexOf(Math.max(...a))]!).length,
      })
    }
  }
  return rows
}

describe('a variant with an adapter', () => {
  test('rows are what the definitions give, each token but the first once; pooled numbers follow from them', async () => {
    const out = tiny.path('out-rows')
    const report = await reportOf(base, adapted, '--text', texts, '--context', String(CONTEXT), '-o', out)
    const { folder, whole, mode } = report.variants[0]!
    expect(mode).toBe('distributions')
    const rows = rowsOf(folder)
    const documents = linesOf(folder)
    expect(documents.map(({ id }) => id)).toEqual(
      ['000', '001', '002', '003', '004'].map((n) => `letters/${n}.txt`),
    )
    const wanted = []
    for (const { ids } of documents) wanted.push(...(await expected(adapted, ids!)))
    expect(rows).toHaveLength(wanted.length)
    for (const [i, row] of wanted.entries()) {
      for (const [name, value] of Object.entries(row)) {
        expect(Math.abs(rows[i]![name as TokenColumn] - value), `${name} of row ${i}`).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(value)),
        )
      }
    }
    const mean = (column: TokenColumn): number =>
      rows.reduce((sum, row) => sum + row[column], 0) / rows.length
    expect(whole.kl).toMatchObject({ value: expect.closeTo(mean('kl'), 6) })
    expect(whole.js).toMatchObject({ value: expect.closeTo(mean('js'), 6) })
    const bytes = documents.reduce((sum, { base: side }) => sum + side.bytes, 0)
    expect(bytes).toBe(60 + 33 + 17 + 120 + 9 - 5)
    expect(whole.baseBitsPerByte).toMatchObject({
      value: expect.closeTo((-mean('baseLogProb') * rows.length) / bytes / Math.LN2, 6),
    })
    expect(whole.perplexityRatio).toMatchObject({
      value: expect.closeTo(Math.exp(mean('baseLogProb') - mean('variantLogProb')), 6),
    })
    expect('absent' in whole.kl ? 0 : whole.kl.value).toBeGreaterThan(0.001)
    expect(report.variants[0]!.mostDifferent[0]!.tokens.length).toBeGreaterThan(5)
  })

  test('the text report begins with the finding and shows zero lines; Markdown has the same sentence', async () => {
    const args = [base, adapted, '--text', texts, '--context', String(CONTEXT)]
    const { stdout } = await run(args)
    const { finding } = (await reportOf(...args)).variants[0]!
    expect(stdout.replace(/\s+/g, ' ')).toContain(finding)
    expect(stdout).toContain('zero line')
    const markdown = await run([...args, '--md'])
    expect(markdown.stdout).toMatch(/^## /)
  })
})

test('the base against itself: every divergence is exactly 0, and that is said', async () => {
  const same = tiny.model('qwen2', 'same')
  const report = await reportOf(base, same, '--text', texts, '--context', String(CONTEXT))
  const { folder, finding } = report.variants[0]!
  for (const row of rowsOf(folder)) {
    expect([row.kl, row.klReverse, row.js, row.tv]).toEqual([0, 0, 0, 0])
    expect(row.variantLogProb).toBe(row.baseLogProb)
  }
  expect(finding).toContain('is identical to qwen2 in its predictions')
})

test('another tokenizer: bits per byte only, and said', async () => {
  const other = tiny.model('qwen2', 'other-tokenizer', {
    merges: [
      ['e', 'r'],
      ['Ġ', 'a'],
      ['i', 'n'],
    ],
  })
  const report = await reportOf(base, other, '--text', texts)
  const { mode, whole, finding, folder, quantiles } = report.variants[0]!
  expect(mode).toBe('bits-per-byte')
  expect(finding).toMatch(/bits per byte/i)
  expect(quantiles).toHaveProperty('absent')
  for (const name of ['kl', 'js', 'tv', 'topAgreement', 'perplexityRatio'] as const)
    expect(whole[name]).toHaveProperty('absent')
  const documents = linesOf(folder)
  expect(documents[0]!.variant.tokens).toBeLessThan(documents[0]!.base.tokens)
  // The variant's side, by hand: its own ids, one window.
  const text = textOf(4, 9)
  expect(documents[4]).toMatchObject({ bytes: 9, base: { tokens: 8, bytes: 8 } })
  expect(documents[4]!.variant.nats).toBeGreaterThan(0)
  const total = (side: 'base' | 'variant'): number => {
    const nats = documents.reduce((sum, row) => sum + row[side].nats, 0)
    return nats / Math.LN2 / documents.reduce((sum, row) => sum + row[side].bytes, 0)
  }
  expect(whole.baseBitsPerByte).toMatchObject({ value: expect.closeTo(total('base'), 9) })
  expect(whole.variantBitsPerByte).toMatchObject({ value: expect.closeTo(total('variant'), 9) })
  expect(text).toHaveLength(9)
})

test('--max-tokens: the first tokens of each corpus, and the last document is cut', async () => {
  const more = tiny.texts('more', [40, 40])
  const report = await reportOf(base, adapted, '--text', texts, '--text', more, '--max-tokens', '100')
  expect(report.variants[0]!.whole.tokens).toBe(100)
  expect(report.variants[0]!.corpora.map(({ name, tokens }) => [name, tokens])).toEqual([
    ['letters', 50],
    ['more', 50],
  ])
  expect(linesOf(report.variants[0]!.folder).map(({ isCut }) => isCut ?? false)).toEqual([true, false, true])
})

test('progress counts the positions that are scored, up to all of them', async () => {
  const seen: [number, number][] = []
  const three = tiny.model('llama', 'other-depth')
  await comparePredictions({
    base,
    variants: [adapted, three],
    texts: [texts],
    context: CONTEXT,
    maxTokens: 100,
    threads: 1,
    output: tiny.path('progress'),
    onProgress: (what, done, total) => {
      if (what === 'tokens') seen.push([done, total])
    },
  })
  // Base, two variants and the base in another batch shape.
  expect(seen.at(-1)).toEqual([400, 400])
  expect(seen.every(([done], i) => done >= (seen[i - 1]?.[0] ?? 0))).toBe(true)
})

/** A weight's first value replaced. */
function damaged(name: string, tokenizer: Parameters<TinyPredictions['model']>[2], bytes: readonly number[]) {
  const to = tiny.model('qwen2', name, tokenizer)
  const path = join(to, 'model.safetensors')
  const file = readFileSync(path)
  const headerBytes = Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.subarray(8, 8 + headerBytes).toString()) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >
  const { dtype, data_offsets: offsets } = header['model.layers.1.mlp.down_proj.weight']!
  expect(dtype).toBe('BF16')
  file.set(bytes, 8 + headerBytes + offsets[0])
  writeFileSync(path, file)
  return to
}

test.each([
  ['NaN', {}, [0xc0, 0x7f]],
  ['Infinity', {}, [0x80, 0x7f]],
  ['NaN, another tokenizer', { merges: [['e', 'r']] as const }, [0xc0, 0x7f]],
])('weights with %s: the model, the document and the token are named', async (name, tokenizer, bytes) => {
  const bad = damaged(`with-${name}`, tokenizer, bytes)
  const { code, stderr } = await run([base, adapted, bad, '--text', texts])
  expect(code).toBe(2)
  expect(stderr).toContain(`${bad}: at letters/000.txt, token 1, the logit of token 0 is NaN`)
  expect(stderr).toContain('hint: weights of this model are NaN or infinite')
})

test('two processes with the same folders in another order end alike, and do not wait for each other for ever', async () => {
  const other = tiny.model('llama', 'second')
  const aProcess = (flags: readonly string[]) =>
    tunediffProcess(['predictions', ...flags], { cache: tiny.path('cache') })
  const args = (...variants: string[]) => [
    base,
    ...variants,
    '--text',
    texts,
    '-o',
    tiny.path('shared'),
    '--json',
  ]
  const both = await Promise.all([aProcess(args(adapted, other)), aProcess(args(other, adapted))])
  expect(both.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual([
    [0, ''],
    [0, ''],
  ])
  const [one, two] = both.map(({ stdout }) => predictionsReportSchema.parse(JSON.parse(stdout)))
  expect(one!.variants[0]!.whole).toEqual(two!.variants[1]!.whole)
  expect(one!.variants[1]!.whole).toEqual(two!.variants[0]!.whole)
})

test('what a reader must know of how models were run is noted', async () => {
  const report = await reportOf(base, adapted, '--text', texts, '--max-tokens', '50')
  expect(report.notes).toEqual([
    'at most 50 tokens were scored (--max-tokens): the first ones of each body of texts',
    'qwen2, qwen2+lora: made for 64 positions by config, and windows are of up to 512 (--context): what is predicted beyond them may say little',
  ])
  expect((await reportOf(base, adapted, '--text', texts, '--context', '64')).notes).toEqual([])
})

describe('variants that would share a folder are refused', () => {
  test('equal files, in the cache', async () => {
    const twins = ['twin-1', 'twin-2'].map((name) => tiny.model('qwen2', name))
    const { code, stderr } = await run([base, ...twins, '--text', texts])
    expect(code).toBe(2)
    expect(stderr).toContain(`${twins[0]} and ${twins[1]} are one model: their files are equal`)
  })

  test('the name of a zero line, with -o; a variant called variant is none', async () => {
    const named = tiny.model('qwen2', 'zero-batch-shape')
    const { code, stderr } = await run([base, named, '--text', texts, '-o', tiny.path('taken')])
    expect(code).toBe(2)
    expect(stderr).toContain(`${named} is called zero-batch-shape, as the folder of a zero line is`)
    const plain = tiny.model('qwen2', 'variant')
    expect((await run([base, plain, '--text', texts, '-o', tiny.path('free')])).code).toBe(0)
  })
})

test('nf4 of rows that are no whole blocks: refused with the weight, also under an adapter', async () => {
  for (const spec of [`nf4:${base}`, `nf4:${adapted}`]) {
    const { code, stderr } = await run([base, spec, '--text', texts])
    expect(code).toBe(2)
    expect(stderr).toContain(`${spec}: rows of model.layers.0.mlp.down_proj.weight are no whole blocks of 64`)
  }
})

test('samples of base and variant are texts like others; equal seeds draw equal texts', async () => {
  const [begun, moved] = ['begun', 'begun-too'].map((name) => tiny.model('qwen2', name, { hasBos: true }))
  const args = [
    begun!,
    `${moved!}+${tiny.path('models', 'lora')}`,
    '--text',
    texts,
    '--samples',
    '3',
    '--sample-tokens',
    '12',
  ]
  const first = await reportOf(...args, '-o', tiny.path('samples-1'))
  const again = await reportOf(...args, '-o', tiny.path('samples-2'))
  expect(first.corpora.map(({ name, documents }) => [name, documents])).toEqual([
    ['letters', 5],
    ['samples of begun', 3],
    ['samples of begun-too+lora', 3],
  ])
  expect(first.variants[0]!.whole.kl).toEqual(again.variants[0]!.whole.kl)
  // What stands in front of a text predicts its first token, which is scored too.
  expect(linesOf(first.variants[0]!.folder)[4]).toMatchObject({ base: { tokens: 9, bytes: 9 } })
})

test('samples of a model whose tokenizer puts nothing in front of a text are refused', async () => {
  const { code, stderr } = await run([base, adapted, '--text', texts, '--samples', '3'])
  expect(code).toBe(2)
  expect(stderr).toContain('prompt is empty')
})

describe('stopped', () => {
  const DOCUMENTS = 40
  const many = (): string => {
    const folder = tiny.path('many')
    return existsSync(folder)
      ? folder
      : tiny.texts(
          'many',
          Array.from({ length: DOCUMENTS }, (_, i) => 200 + i),
        )
  }
  const folderOf = (out: string): string => tiny.path(out, 'qwen2+lora')
  const args = (out: string): string[] => [
    base,
    adapted,
    '--text',
    many(),
    '--context',
    '64',
    '-o',
    tiny.path(out),
  ]

  /** Sends a signal when some documents are done. */
  const stopAfter =
    (out: string, signal: NodeJS.Signals, at: { ms: number }) =>
    (child: { kill(s: NodeJS.Signals): boolean }) => {
      const documents = join(folderOf(out), 'documents.jsonl')
      const timer = setInterval(() => {
        if (!existsSync(documents) || readFileSync(documents, 'utf8').split('\n').length < 10) return
        clearInterval(timer)
        at.ms = performance.now()
        child.kill(signal)
      }, 2)
    }

  test.each<NodeJS.Signals>(isSoak ? ['SIGKILL', 'SIGINT', 'SIGTERM'] : ['SIGKILL', 'SIGINT'])(
    'by %s and started again, it ends with the same bytes',
    async (signal) => {
      const at = { ms: 0 }
      const stopped = await run(args(signal), stopAfter(signal, signal, at))
      const tookMs = performance.now() - at.ms
      if (signal !== 'SIGKILL') {
        expect(stopped).toMatchObject({ code: signal === 'SIGINT' ? 130 : 75 })
        expect(stopped.stderr).toContain('the same command goes on where it was')
        expect(tookMs).toBeLessThan(1000)
      }
      const done = readFileSync(join(folderOf(signal), 'documents.jsonl'), 'utf8').split('\n').length
      expect(done).toBeLessThan(DOCUMENTS)
      expect((await run(args(signal))).code).toBe(0)
      if (!existsSync(folderOf('whole'))) expect((await run(args('whole'))).code).toBe(0)
      for (const file of ['documents.jsonl', 'tokens.f32']) {
        const [again, whole] = [signal, 'whole'].map((out) => readFileSync(join(folderOf(out), file)))
        expect(again!.equals(whole!), file).toBe(true)
      }
    },
  )
})
