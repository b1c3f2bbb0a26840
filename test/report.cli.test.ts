// `tunediff report` as a user runs it: on studies, on runs and logs, as a page, as Markdown and as JSON.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport } from '../src/report/page/build.ts'
import { writePage } from '../src/report/page/write.ts'
import { type Report, reportSchema } from '../src/schema/report.ts'
import { root } from './support/cli.ts'
import { TinyStudy } from './support/tinyStudy.ts'

const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

const cwd = tiny.path()
const report = (...args: string[]) => tiny.run(['report', ...args], { cwd })

/** A log of scores: one problem a letter. */
function log(name: string, bits: string): string {
  tiny.lines(
    name,
    [...bits].map((bit, i) => ({ id: `P/${i}`, score: Number(bit) })),
  )
  return name
}

/** A run folder of such a log. */
async function run(
  folder: string,
  bits: string,
  { model = 'm', solver = 'direct', task = 'sums' } = {},
): Promise<void> {
  const from = log('from.jsonl', bits)
  const flags = ['--model', model, '--solver', solver, '--task', task]
  const { code, stderr } = await tiny.run(['import', from, '-o', folder, ...flags], { cwd })
  expect(code, stderr).toBe(0)
}

const ELEMENT = /<script type="application\/octet-stream" id="([^"]+)">([^<]*)<\/script>/g
function elementsOf(path: string): Map<string, Buffer> {
  const page = readFileSync(tiny.path(path), 'utf8')
  return new Map(
    [...page.matchAll(ELEMENT)].map(([, id, base64]) => [id!, gunzipSync(Buffer.from(base64!, 'base64'))]),
  )
}
const summaryOf = (path: string): Report =>
  reportSchema.parse(JSON.parse(elementsOf(path).get('summary')!.toString('utf8')))

const BASE = `${'1'.repeat(20)}${'0'.repeat(20)}`
const BETTER = `${'1'.repeat(38)}00`
const STUDY = `name: a <study> & more
base: {runs: [base.jsonl]}
variants:
  better: {runs: [better.jsonl]}
`

beforeAll(async () => {
  log('base.jsonl', BASE)
  log('better.jsonl', BETTER)
  writeFileSync(tiny.path('logs.yaml'), STUDY)
  const { code, stderr, stdout } = await tiny.run(['run', 'logs.yaml'], { cwd })
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('better is better than base')
  expect(stderr).toContain(`next: tunediff report ${tiny.path('logs.study')}`)
})

describe('of a study', () => {
  test('is one file: what it says, for readers without scripts too, and every row', async () => {
    const { code, stdout, stderr } = await report('logs.study', '-o', 'a.html')
    expect(code, stderr).toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^written: a\.html \([\d.]+ kB\)\nopen it in a browser: file:.*a\.html\n$/)
    const page = readFileSync(tiny.path('a.html'), 'utf8')
    expect(page).toContain('<title>a &lt;study&gt; &amp; more - tunediff</title>')
    expect(page).toMatch(/<noscript><p>better is better than base on .*<\/noscript>/)
    expect(page.match(/<!-- report -->/)).toBeNull()
    expect(page).not.toContain("connect-src 'self'")
    const elements = elementsOf('a.html')
    const summary = summaryOf('a.html')
    expect([...elements.keys()]).toEqual(['summary', ...Object.keys(summary.shards)])
    for (const [file, pieces] of Object.entries(summary.studies[0]!.files)) {
      const content = pieces.map(({ shard, offset, bytes }) =>
        elements.get(shard)!.subarray(offset, offset + bytes),
      )
      expect(Buffer.concat(content).equals(readFileSync(tiny.path('logs.study', file))), file).toBe(true)
    }
  })

  test('goes to report.html where no file is named, and the study file stands for its folder', async () => {
    expect((await report('logs.yaml')).code).toBe(0)
    expect(summaryOf('report.html')).toEqual(summaryOf('a.html'))
  })

  test('--md is finding.md and the tables of the views', async () => {
    const { stdout, stderr } = await report('logs.study', '--md')
    expect(stderr).toBe('')
    const finding = readFileSync(tiny.path('logs.study/finding.md'), 'utf8')
    expect(stdout.startsWith(finding)).toBe(true)
    expect(stdout).toContain('## Scores on ')
    expect(stdout).toMatch(/\| 1 \| better \| 95\.0 \| .*\n\| 2 \| base \| 50\.0 \|/)
    expect(stdout).toMatch(
      /## Answers, task by task\n\n.*\n.*\n\| .* \| better \| 50\.0 \| 95\.0 \| \+45\.0 \|/,
    )
    const to = await report('logs.study', '--md', '-o', 'a.md')
    expect(to.stdout).toBe('')
    expect(readFileSync(tiny.path('a.md'), 'utf8')).toBe(stdout)
  })

  test('--json is what the page holds', async () => {
    const { stdout } = await report('logs.study', '--json')
    expect(JSON.parse(stdout)).toEqual(summaryOf('a.html'))
  })

  test('two of them stand in one report, with shards of their own', async () => {
    writeFileSync(
      tiny.path('other.yaml'),
      STUDY.replace('a <study> & more', 'other').replace('better:', 'best:'),
    )
    expect((await tiny.run(['run', 'other.yaml'], { cwd })).code).toBe(0)
    const { stdout } = await report('logs.study', 'other.study', '--json')
    const { studies, shards, title } = reportSchema.parse(JSON.parse(stdout))
    expect(title).toBe('a <study> & more, other')
    expect(Object.keys(shards)).toEqual(['rows-0-0', 'rows-1-0'])
    expect(studies.map(({ runs }) => runs.map(({ side }) => side))).toEqual([
      ['base', 'better'],
      ['base', 'best'],
    ])
  })
})

describe('too large for one file', () => {
  const path = tiny.path('large.html')
  const beside = tiny.path('large.shards')

  test('keeps its shards in a folder beside the page, which may read them', async () => {
    const built = await buildReport([tiny.path('logs.study')], { cacheFolder: tiny.path('cache'), env: {} })
    expect((await writePage(path, built, 0)).shardFolder).toBe(beside)
    const summary = summaryOf('large.html')
    expect(summary.shardFolder).toBe('large.shards')
    expect([...elementsOf('large.html').keys()]).toEqual(['summary'])
    const csp = /Content-Security-Policy" content="([^"]*)"/.exec(readFileSync(path, 'utf8'))![1]
    expect(csp).toContain("; connect-src 'self'")
    expect(readdirSync(beside).sort()).toEqual(Object.keys(summary.shards).map((name) => `${name}.gz`))
    for await (const { name, bytes } of built.shards())
      expect(gunzipSync(readFileSync(join(beside, `${name}.gz`))).equals(Buffer.from(bytes))).toBe(true)
    expect(readdirSync(cwd).filter((name) => name.startsWith('.tmp'))).toEqual([])
  })

  test('and a smaller one written over it leaves no folder; a folder of something else is left alone', async () => {
    expect((await report('logs.study', '-o', 'large.html')).code).toBe(0)
    expect(existsSync(beside)).toBe(false)
    mkdirSync(beside)
    writeFileSync(join(beside, 'mine.txt'), 'mine')
    const { code, stderr } = await report('logs.study', '-o', 'large.html')
    expect(code).toBe(2)
    expect(stderr).toContain('holds mine.txt, and a report keeps its rows in that folder')
    expect(existsSync(join(beside, 'mine.txt'))).toBe(true)
  })
})

describe('of runs and logs', () => {
  test('one run says what it scores, and shows its answers', async () => {
    await run('one', BASE, { model: 'llama', task: 'sums' })
    const { code, stdout, stderr } = await report('one', '--md')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^\*\*base scores 50\.0 % \\\[35\.2, 64\.8\\\] on sums \(score\)\.\*\*/)
    expect(stdout).toContain('| 1 | base (llama, direct) | 50.0 | 35.2 to 64.8 |')
    const { studies } = JSON.parse((await report('one', '--json')).stdout) as Report
    expect(studies[0]!.runs.map(({ outcomes }) => outcomes)).toEqual([
      BASE.replaceAll('1', 'p').replaceAll('0', 'w'),
    ])
    expect(studies[0]!.results.effects).toEqual([])
  })

  test('logs are compared with the first, and nothing but the report goes to standard output', async () => {
    const { code, stdout, stderr } = await report('base.jsonl', 'better.jsonl', '-o', 'logs.html')
    expect(code, stderr).toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain('done 2 of 2')
    const [{ results }] = summaryOf('logs.html').studies as [Report['studies'][number]]
    expect(results.effects.map(({ side, finding }) => [side, finding])).toEqual([['better', 'better']])
    expect((await report('base.jsonl', 'better.jsonl', '--md')).stderr).toContain('2 of them done before')
  })

  test('a folder of runs: a side each model and solver, and the first that was made is the base', async () => {
    await run('runs/c', BETTER, { model: 'tuned', task: 'sums' })
    await run('runs/a', BASE, { model: 'plain', task: 'sums' })
    await run('runs/b', BASE, { model: 'plain', task: 'other' })
    const { stdout, stderr } = await report('runs', '--json')
    expect(stderr).toContain('the base is tuned, the first that was made')
    const [{ results, leaderboards }] = (JSON.parse(stdout) as Report).studies as [Report['studies'][number]]
    expect(results.asked.sides.map(({ name }) => name)).toEqual(['base', 'plain'])
    expect(results.effects.map(({ side, task, finding }) => [side, task, finding])).toEqual([
      ['plain', 'sums', 'worse'],
    ])
    expect(leaderboards.map(({ task, rows }) => [task, rows.map(({ name }) => name)])).toEqual([
      ['sums', ['base (tuned, direct)', 'plain']],
      ['other', ['plain']],
    ])
  })

  test('a folder of runs of one model and solver has no variants; run folders that are named keep their order', async () => {
    await run('same/a', BASE, { task: 'sums' })
    await run('same/b', BETTER, { task: 'other' })
    const alone = await report('same', '--md')
    expect(alone.stdout).toMatch(
      /^\*\*base scores 50\.0 % .* on sums \(score\) and 95\.0 % .* on other \(score\)\.\*\*/,
    )
    expect(alone.stderr).not.toContain('the base is')
    const { stdout } = await report('runs/a', 'runs/c', '--json')
    const [{ results }] = (JSON.parse(stdout) as Report).studies as [Report['studies'][number]]
    expect(results.effects.map(({ side, finding }) => [side, finding])).toEqual([['c', 'better']])
  })

  test('runs of one model that are named one by one are one side too, and the first named is the base', async () => {
    await run('tasks/tuned-other', BETTER, { model: 'tuned', task: 'other' })
    const { stdout, stderr } = await report('runs/a', 'runs/b', 'runs/c', 'tasks/tuned-other', '--json')
    expect(stderr).not.toContain('the base is')
    const [{ results }] = (JSON.parse(stdout) as Report).studies as [Report['studies'][number]]
    expect(results.effects.map(({ side, task, finding }) => [side, task, finding])).toEqual([
      ['tuned', 'sums', 'better'],
      ['tuned', 'other', 'better'],
    ])
  })

  test('a study and runs stand in one report', async () => {
    const { stdout } = await report('logs.study', 'one', '--json')
    const { studies } = JSON.parse(stdout) as Report
    expect(studies.map(({ results }) => results.asked.name)).toEqual(['a <study> & more', 'answers of one'])
  })

  test('one task answered twice by one model and solver is two sides', async () => {
    await run('twice/a', BASE)
    await run('twice/b', BETTER)
    const { stdout } = await report('twice', '--json')
    const [{ results }] = (JSON.parse(stdout) as Report).studies as [Report['studies'][number]]
    expect(results.effects.map(({ side, finding }) => [side, finding])).toEqual([['b', 'better']])
  })
})

describe('refuses', () => {
  test.each([
    ['what is not there', 'nothing', 'nothing does not exist', 'name a study folder, a run folder or a log'],
    ['a study that was not run', 'new.yaml', 'new.yaml has no results yet', 'tunediff run new.yaml'],
    ['a study that was stopped', 'stopped', 'has no results yet', 'tunediff run STUDY'],
    ['a file that is no log', 'text.txt', 'is not in a known format', 'formats: '],
    [
      'a folder that holds neither',
      'empty',
      'empty holds no study with results and no run',
      'name a study folder',
    ],
  ])('%s', async (_, path, message, hint) => {
    writeFileSync(tiny.path('new.yaml'), STUDY)
    writeFileSync(tiny.path('text.txt'), 'a text\n')
    for (const folder of ['stopped/cells', 'empty']) mkdirSync(tiny.path(folder), { recursive: true })
    writeFileSync(tiny.path('stopped/study.yaml'), STUDY)
    const { code, stderr, stdout } = await report(path, '-o', 'none.html')
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
    expect(existsSync(tiny.path('none.html'))).toBe(false)
  })

  test('both Markdown and JSON', async () => {
    expect((await report('logs.study', '--md', '--json')).code).toBe(2)
  })

  test('a study without variants whose base is a model', async () => {
    writeFileSync(tiny.path('alone.yaml'), 'name: alone\nbase: models/base\nvariants: {}\ntasks: [task]\n')
    const { code, stderr } = await tiny.run(['run', 'alone.yaml'], { cwd })
    expect(code).toBe(2)
    expect(stderr).toContain('variants is {}: holds no variant')
  })
})

test('the page is built: npm run build', () => {
  expect(existsSync(join(root, 'dist/report/page.html'))).toBe(true)
})
