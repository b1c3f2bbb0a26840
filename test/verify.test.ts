// `tunediff verify` as a user runs it: on a study that nobody touched, and on copies in which one thing was changed.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderMarkdown } from '../src/report/blocks.ts'
import { findingBlocks } from '../src/report/finding.ts'
import type { Findings, Results } from '../src/schema/results.ts'
import { type Verification, verificationSchema } from '../src/schema/verification.ts'
import { keepWarningsOfTasks } from '../src/study/verify/tasks.ts'
import { verifyStudy } from '../src/study/verify.ts'
import { root } from './support/cli.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

let study: string
let whole: string
let results: Results
beforeAll(async () => {
  study = tiny.study([`lora: {recipe: ${LORA}, data: sums.jsonl, seeds: [1, 2]}`], ['margin: 5'])
  const { code, stderr } = await tiny.run(['run', study])
  expect(code, stderr).toBe(0)
  whole = tiny.path('study.study')
  results = JSON.parse(readFileSync(join(whole, 'results.json'), 'utf8')) as Results
}, LONG_MS)

/** A file of the cell of lora, seed 1. */
function fileOf(kind: string, name: string): string {
  const cell = results.asked.cells.find(
    ({ kind: of, uses }) => of === kind && uses.some(({ side, seed }) => side === 'lora' && seed === 1),
  )!
  return `cells/${cell.key}${name}`
}

/** The same study, with one thing changed. */
function copyWith(change: (folder: string) => void): string {
  const folder = tiny.path(`copy${readdirSync(tiny.path()).length}`)
  cpSync(whole, folder, { recursive: true })
  change(folder)
  return folder
}

const edit =
  (file: string, change: (text: string) => string) =>
  (folder: string): void => {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const changed = change(text)
    expect(changed, file).not.toBe(text)
    writeFileSync(path, changed)
  }

const render = (of: Results): string => renderMarkdown(findingBlocks(of))

const verify = (folder: string): Promise<Verification> =>
  verifyStudy(folder, { cacheFolder: tiny.path('cache'), env: {}, render })

/** From the command line, judging again. */
async function rejudge(folder: string): Promise<Verification & { code: number | null }> {
  const { code, stdout, stderr } = await tiny.run(['verify', folder, '--rejudge', '--json'])
  expect(stdout, stderr).not.toBe('')
  return { ...verificationSchema.parse(JSON.parse(stdout)), code }
}

const labels = ({ figures }: Verification): string[] => figures.map(({ label }) => label)

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
function valueAt(document: unknown, at: string): unknown {
  let value = document
  for (const step of at.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    value = (value as Record<string, unknown> | null | undefined)?.[key]
  }
  return value
}

const statements = ({ headline, variants, study: about }: Findings): Findings['study'] => [
  headline,
  ...variants.flatMap(({ sentences }) => sentences),
  ...about,
]

test('every figure of the findings can be followed into results.json', () => {
  const figures = statements(results.findings).flatMap((statement) =>
    statement.figures.map((figure) => ({ ...figure, text: statement.text })),
  )
  expect(figures.length).toBeGreaterThan(5)
  for (const { at, shown, text } of figures) {
    expect(valueAt(results, at), `${at} (${shown})`).toBeDefined()
    expect(text).toContain(shown)
  }
})

test('untouched: all equal, by the folder and by the study file', async () => {
  const { stdout, code, stderr } = await tiny.run(['verify', study])
  expect(code, stdout + stderr).toBe(0)
  const files = Object.keys(results.files).length
  expect(stdout).toMatch(new RegExp(`^\\d+ figures of ${files} files recomputed: all equal\\.\n$`))
  expect(Number(/^\d+/.exec(stdout)![0])).toBeGreaterThan(200)
  const found = await rejudge(whole)
  expect(found).toMatchObject({ code: 0, isWhole: true, rejudged: { changed: [], left: [], judges: [] } })
  // Five sums, asked of the base and of two trainings.
  expect(found.rejudged!.outcomes).toBe(15)
})

test('a flipped outcome: its file, the figures of its run, and what is said of it', async () => {
  const file = fileOf('run', '/outcomes.jsonl')
  const folder = copyWith(edit(file, (text) => text.replace(/"class":"[\w-]+"/, '"class":"pass"')))
  const found = await verify(folder)
  expect(found.isEqual).toBe(false)
  expect(found.files.map((one) => [one.file, one.state])).toEqual([[file, 'changed']])
  expect(labels(found)).toContain('lora (seed 1) on sums: delta')
  const score = found.figures.find(({ label }) => label === 'lora (seed 1) on sums, score: passed')!
  expect(score.recomputed).toBe((score.stored as number) + 1)
  expect(valueAt(results, score.at)).toBe(score.stored)
  expect(found.figures.every(({ files }) => files.includes(file))).toBe(true)
  // What comes from other files alone is not among them.
  expect(labels(found).filter((label) => /weights|predictions|seed 2\) on sums, score/.test(label))).toEqual(
    [],
  )
  expect(found.sentences.length).toBeGreaterThan(0)

  const { stdout, code } = await tiny.run(['verify', folder])
  expect(code).toBe(1)
  expect(stdout.replace(/\s+/g, ' ')).toContain(`${file}: changed (SHA-256 `)
  expect(stdout).toContain('lora (seed 1) on sums')

  const again = await rejudge(folder)
  expect(again.rejudged!.changed).toMatchObject([{ side: 'lora', seed: 1, rule: 'answer', stored: 'pass' }])
})

test('all rows that numbers come from are among the files, and one that is taken out is named', async () => {
  const rows: Record<string, string[]> = {
    variant: ['train.jsonl'],
    run: ['samples.jsonl', 'outcomes.jsonl'],
    weights: ['tensors.jsonl'],
  }
  for (const { kind, key } of results.asked.cells)
    for (const name of rows[kind] ?? []) expect(results.files).toHaveProperty([`cells/${key}/${name}`])
  const file = fileOf('run', '/outcomes.jsonl')
  const found = await verify(
    copyWith(
      edit('results.json', (text) => {
        const { [file]: _, ...files } = results.files
        return JSON.stringify({ ...(JSON.parse(text) as Results), files })
      }),
    ),
  )
  expect(found).toMatchObject({ isEqual: false, figures: [], files: [{ file, state: 'unlisted' }] })
})

test('a byte of tokens.f32', async () => {
  const file = fileOf('predictions', '/tokens.f32')
  const found = await verify(
    copyWith((folder) => {
      const bytes = readFileSync(join(folder, file))
      bytes[2]! ^= 0x40 // Of the first KL.
      writeFileSync(join(folder, file), bytes)
    }),
  )
  expect(found.isEqual).toBe(false)
  expect(found.files.map((one) => one.file)).toEqual([file])
  expect(labels(found)).toContain('lora (seed 1), predictions: whole KL')
  expect(labels(found).filter((label) => !label.startsWith('lora (seed 1), '))).toEqual([])
})

test('a number of tensors.jsonl', async () => {
  const file = fileOf('weights', '/tensors.jsonl')
  const twice = (text: string): string =>
    text.replace(/"delta":([\d.e+-]*[1-9][\d.e+-]*)/, (_, value: string) => `"delta":${Number(value) * 2}`)
  const found = await verify(copyWith(edit(file, twice)))
  expect(found.isEqual).toBe(false)
  expect(found.files.map((one) => one.file)).toEqual([file])
  expect(labels(found)).toContain('lora (seed 1), weights: whole relative change')
})

test('cut and missing files: what comes from them cannot be told, the rest is compared', async () => {
  const samples = fileOf('run', '/samples.jsonl')
  const documents = fileOf('predictions', '/documents.jsonl')
  const found = await verify(
    copyWith((folder) => {
      edit(samples, (text) => text.split('\n').slice(0, 3).join('\n'))(folder)
      rmSync(join(folder, documents))
    }),
  )
  expect(found.isEqual).toBe(false)
  expect(found.files.map((one) => [one.file, one.state]).sort()).toEqual(
    [
      [samples, 'changed'],
      [documents, 'missing'],
    ].sort(),
  )
  const unknown = new Map(found.unknown.map(({ label, reason }) => [label, reason]))
  expect(unknown.get('lora (seed 1) on sums, score')).toMatch(/holds 2 answers, and 5 were asked for/)
  expect(unknown.get('lora (seed 1), predictions')).toBe(`${documents} is missing`)
  expect([...unknown.keys()].filter((label) => /seed 2|weights/.test(label))).toEqual([])
  expect(found.figures).toEqual([])
  expect(found.compared.figures).toBeGreaterThan(100)
})

test('results.json and finding.md altered by hand', async () => {
  const altered = await verify(
    copyWith(
      edit('results.json', (text) => {
        const changed = JSON.parse(text) as Results
        changed.scores[0]!.report.n++
        changed.findings.headline.text += ' And much more.'
        return JSON.stringify(changed)
      }),
    ),
  )
  expect(altered).toMatchObject({
    isEqual: false,
    files: [],
    figures: [{ at: '/scores/0/report/n', stored: 6, recomputed: 5, files: [] }],
    sentences: [{ at: '/findings/headline', recomputed: results.findings.headline.text }],
    finding: 'changed',
  })
  const worded = copyWith(edit('finding.md', (text) => `${text}\nAnd more.\n`))
  expect(await verify(worded)).toMatchObject({ isEqual: false, files: [], figures: [], finding: 'changed' })
})

test('a cell that was asked otherwise', async () => {
  const file = fileOf('variant', '.cell.json')
  const found = await verify(copyWith(edit(file, (text) => text.replace('"steps": 12', '"steps": 13'))))
  expect(found).toMatchObject({ isEqual: false, figures: [], cells: [{ file, state: 'changed' }] })
  expect(found.cells[0]!.records).toContain('lora (seed 1), training')
})

test('without results there is nothing to verify', async () => {
  const { code, stderr } = await tiny.run(['verify', tiny.path()])
  expect(code).toBe(2)
  expect(stderr).toContain('results.json')
})

test(
  'outcomes that were falsified before the results were computed: only executing again shows it',
  async () => {
    mkdirSync(tiny.path('doubling'))
    cpSync(join(root, 'test/fixtures/tasks/doubling/doubling.json'), tiny.path('doubling/doubling.json'))
    // The tiny model reads few tokens.
    writeFileSync(
      tiny.path('doubling/task.yaml'),
      `data: doubling.json
id: name
prompt: "def {{ name }}({{ argument }}):"
entryPoint: name
test: test
scorer: code
ask: {maxTokens: 4}
`,
    )
    const file = tiny.path('code.yaml')
    writeFileSync(
      file,
      `name: code
base: models/base
variants: {same: models/base}
tasks: [doubling]
limit: 3
measures: [answers]
`,
    )
    expect((await tiny.run(['run', file])).code).toBe(0)
    const folder = tiny.path('code.study')
    const { asked } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results
    const run = asked.cells.find(({ kind }) => kind === 'run')
    const outcomes = `cells/${run!.key}/outcomes.jsonl`
    edit(outcomes, (text) => text.replace(/"class":"[\w-]+"/, '"class":"pass"'))(folder)
    expect((await tiny.run(['run', file])).code).toBe(0)
    expect((await verify(folder)).isEqual).toBe(true)
    const before = sumOf(join(folder, outcomes))
    const found = await rejudge(folder)
    expect(found).toMatchObject({
      code: 1,
      files: [],
      figures: [],
      rejudged: { outcomes: 3, changed: [{ side: 'base', task: 'doubling', stored: 'pass' }] },
    })
    expect(sumOf(join(folder, outcomes))).toBe(before)
  },
  LONG_MS,
)

const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

test('what needs the problems stands where they are not at hand, and that is said', () => {
  const [seen, lacking, other, more] = ['visible-in-hidden', 'task-not-found', 'other', 'more'].map(
    (code) => ({
      code,
      message: `about ${code}`,
    }),
  )
  const kept = (there: (typeof seen)[], here: (typeof seen)[]) => {
    const { results: found, left } = keepWarningsOfTasks({ warnings: there as Results['warnings'] }, {
      ...results,
      warnings: here,
    } as Results)
    return { codes: found.warnings.map(({ code }) => code as string), left }
  }
  expect(kept([seen, other], [other, lacking])).toEqual({
    codes: ['visible-in-hidden', 'other'],
    left: ['about task-not-found'],
  })
  // Any other warning is compared as ever.
  expect(kept([seen, other], [lacking, more]).codes).toEqual(['visible-in-hidden', 'more'])
  // It was not at hand before, or it is now.
  expect(kept([lacking, other], [other, lacking]).left).toEqual([])
  expect(kept([other], [seen, other])).toEqual({ codes: ['visible-in-hidden', 'other'], left: [] })
})
