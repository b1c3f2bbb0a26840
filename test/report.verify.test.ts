// `tunediff verify report.html`: a report that nobody touched, and copies in which one thing was changed. Each is found from
// the file alone, and named.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport } from '../src/report/page/build.ts'
import { openReport } from '../src/report/page/read.ts'
import { writePage } from '../src/report/page/write.ts'
import type { Report } from '../src/schema/report.ts'
import { type ReportVerification, reportVerificationSchema } from '../src/schema/verification.ts'
import { alterPage, type Contents, inSummary, inView, setShard } from './support/alteredPage.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

let whole: string
let beside: string
let report: Report
beforeAll(async () => {
  const study = tiny.study([`lora: {recipe: ${LORA}, data: sums.jsonl, seeds: [1]}`])
  const { code, stderr } = await tiny.run(['run', study])
  expect(code, stderr).toBe(0)
  const built = await buildReport([tiny.path('study.study')], { cacheFolder: tiny.path('cache'), env: {} })
  ;[whole, beside] = [tiny.path('report.html'), tiny.path('large.html')]
  await writePage(whole, built)
  await writePage(beside, built, 0)
  report = (await openReport(whole)).report
}, LONG_MS)

/** The page once more, with its contents or its text changed. */
function alter(change: (contents: Contents) => void, text = (page: string): string => page): string {
  const path = tiny.path(`copy${readdirSync(tiny.path()).length}.html`)
  writeFileSync(path, text(alterPage(readFileSync(whole, 'utf8'), change)))
  return path
}

const alterSummary = (change: (report: Report) => void): string => alter(inSummary(change))

async function verify(path: string): Promise<ReportVerification & { code: number | null }> {
  const { code, stdout, stderr } = await tiny.run(['verify', path, '--json'])
  expect(stdout, stderr).not.toBe('')
  return { ...reportVerificationSchema.parse(JSON.parse(stdout)), code }
}

/** Verifies a report that is to differ in the views at these places alone. */
async function onlyViews(path: string): Promise<Record<string, string>> {
  const { code, views, studies, shards, page } = await verify(path)
  expect([code, shards, page]).toEqual([1, [], []])
  for (const study of studies) expect(study.isEqual).toBe(true)
  return Object.fromEntries(views.map(({ at, label }) => [at, label]))
}

const study = (of: Report) => of.studies[0]!

/** Path, shard and place in it of the first file of this name. */
function pieceOf(name: string): { file: string; shard: string; offset: number; bytes: number } {
  const [file, [piece]] = Object.entries(study(report).files).find(([path]) => basename(path) === name)!
  return { file, ...piece! }
}

describe('untouched', () => {
  test('all equal, whether rows lie in the page or beside it', async () => {
    for (const path of [whole, beside]) {
      const { code, stdout, stderr } = await tiny.run(['verify', path])
      expect(code, stdout + stderr).toBe(0)
      expect(stdout).toMatch(/^\d+ figures of \d+ files recomputed: all equal\.\n$/)
      expect(Number(/^\d+/.exec(stdout)![0])).toBeGreaterThan(500)
    }
  })

  test('elsewhere, without the study, its model and its task', async () => {
    using moved = movedAway()
    const { code, stdout } = await tiny.run(['verify', moved.path], { cacheName: 'empty' })
    expect(code, stdout).toBe(0)
  })

  test('several studies in one report', async () => {
    const [path, folder] = [tiny.path('both.html'), tiny.path('study.study')]
    await writePage(path, await buildReport([folder, folder], { cacheFolder: tiny.path('cache'), env: {} }))
    const { code, studies, compared } = await verify(path)
    expect([code, studies.length]).toEqual([0, 2])
    expect(compared.files).toBe(2 * (await verify(whole)).compared.files)
  })

  test('its answers judged again', async () => {
    const { code, stdout } = await tiny.run(['verify', whole, '--rejudge'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('10 outcomes judged again: all equal.')])
  })

  test('nothing is left behind', async () => {
    mkdirSync(tiny.path('tmp'))
    const left = (): string[] => readdirSync(tiny.path('tmp'))
    const { code } = await tiny.run(['verify', whole], { env: { TMPDIR: tiny.path('tmp') } })
    expect([code, left()]).toEqual([0, []])
  })
})

/** The report while nothing of what it was made of is where it was. */
function movedAway(): Disposable & { path: string } {
  const names = ['study.study', 'models', 'task', 'texts']
  const away = (name: string): string => tiny.path(`away-${name}`)
  for (const name of names) if (existsSync(tiny.path(name))) renameSync(tiny.path(name), away(name))
  return {
    path: whole,
    [Symbol.dispose]() {
      for (const name of names) if (existsSync(away(name))) renameSync(away(name), tiny.path(name))
    },
  }
}

describe('a figure that was changed is named, with where it stands', () => {
  test('a digit of a key figure', async () => {
    const path = alterSummary((of) => {
      const figure = study(of).keyFigures[0]!
      figure.delta = figure.delta.replace(/\d/, (digit) => String((Number(digit) + 1) % 10))
    })
    const { title } = study(report).keyFigures[0]!
    const at = 'summary/studies/0/keyFigures/0/delta'
    expect(await onlyViews(path)).toEqual({ [at]: `key figure '${title}': delta` })
    const { code, stdout } = await tiny.run(['verify', path])
    expect([code, stdout.replace(/\s+/g, ' ')]).toEqual([1, expect.stringContaining(`(${at})`)])
  })

  test('a figure of the results, and what is shown of it stays', async () => {
    const { code, studies, views } = await verify(
      alterSummary((of) => {
        study(of).results.effects[0]!.delta.value += 0.1
      }),
    )
    const { side, task } = study(report).results.effects[0]!
    expect(code).toBe(1)
    expect(studies[0]!.figures).toMatchObject([
      { at: '/effects/0/delta/value', label: `${side} on ${task}, statement: delta`, files: [] },
    ])
    expect(views).toEqual([])
  })

  test('the letter of an outcome', async () => {
    const path = alterSummary((of) => {
      const run = study(of).runs[1]!
      run.outcomes = `${run.outcomes[0] === 'p' ? 'w' : 'p'}${run.outcomes.slice(1)}`
    })
    const [problem] = study(report).tasks[0]!.problems
    expect(await onlyViews(path)).toEqual({
      'summary/studies/0/runs/1/outcomes/0': `lora (seed 1) on sums: outcome of ${problem}`,
    })
  })

  test('a rank, a row of a table, the cost of a training, the place of a row', async () => {
    const path = alterSummary((of) => {
      const { leaderboards, tables, trainings, runs } = study(of)
      leaderboards[0]!.rows[0]!.rank = [7, 7]
      tables.weights = { ...tables.weights!, rows: [['all', 'of', 'it']] }
      trainings[0]!.seconds += 1
      runs[0]!.at.samples[0] = 5
    })
    expect(Object.keys(await onlyViews(path)).sort()).toEqual([
      'summary/studies/0/leaderboards/0/rows/0/rank',
      'summary/studies/0/runs/0/at/samples',
      expect.stringContaining('summary/studies/0/tables/weights/rows'),
      'summary/studies/0/trainings/0/seconds',
    ])
  })

  test('a bin of a histogram, and a number of a tensor', async () => {
    const [predictions, weights] = [study(report).predictions[0]!, study(report).weights[0]!]
    const bins = alter(
      inView<{ histogram: { bins: { count: number }[] } }>(predictions, ({ histogram }) => {
        histogram.bins[0]!.count += 1
      }),
    )
    // Its size may be told otherwise too: of the view itself it is this bin alone.
    expect((await verify(bins)).views).toContainEqual(
      expect.objectContaining({
        at: `${predictions}/histogram/bins/0/count`,
        label: expect.stringContaining('predictions of lora (seed 1): histogram bins 1 count'),
      }),
    )
    let name = ''
    const tensor = alter(
      inView<{ tensors: { name: string }[] }>(weights, ({ tensors }) => {
        name = tensors[2]!.name
        const numbers = tensors[2] as unknown as Record<string, number>
        const key = Object.keys(numbers).find((one) => typeof numbers[one] === 'number')!
        numbers[key]! += 1
      }),
    )
    expect((await verify(tensor)).views).toContainEqual(
      expect.objectContaining({
        at: expect.stringMatching(new RegExp(`^${weights}/tensors/2/`)),
        label: expect.stringContaining(`weights of lora (seed 1), ${name}: `),
      }),
    )
  })
})

describe('a row that was changed', () => {
  test('its file, and the figures that it alters', async () => {
    const { file, shard, offset, bytes } = pieceOf('outcomes.jsonl')
    const path = alter((contents) => {
      const rows = contents.get(shard)!
      const text = rows.toString('latin1', offset, offset + bytes)
      const at = text.indexOf('"class":"wrong"')
      expect(at, text).toBeGreaterThan(0)
      // As long as before, and the row is one still.
      rows.write('"class":"pass" ', offset + at, 'latin1')
    })
    const { code, studies, views } = await verify(path)
    expect(code).toBe(1)
    expect(studies[0]!.files).toMatchObject([{ file, state: 'changed' }])
    expect(studies[0]!.figures.length).toBeGreaterThan(3)
    expect(studies[0]!.figures.every(({ files }) => files.includes(file))).toBe(true)
    // And what the page shows of them.
    expect(views.map(({ label }) => label)).toContainEqual(expect.stringContaining('outcome of '))
    expect(views.some(({ at }) => at.startsWith('summary/studies/0/leaderboards/0/rows/'))).toBe(true)
  })

  test('an answer, of which no figure is made', async () => {
    const { file, shard, offset, bytes } = pieceOf('samples.jsonl')
    const path = alter((contents) => {
      const rows = contents.get(shard)!
      const at = rows.toString('latin1', offset, offset + bytes).indexOf('"raw":"') + '"raw":"'.length
      rows.write('#', offset + at, 'latin1')
    })
    const { code, studies } = await verify(path)
    expect([code, studies[0]!.files.map((one) => [one.file, one.state])]).toEqual([1, [[file, 'changed']]])
  })

  test('a row that is none any more: what cannot be computed is said', async () => {
    const { file, shard, offset } = pieceOf('tensors.jsonl')
    const path = alter((contents) => contents.get(shard)!.write('#', offset, 'latin1'))
    const { code, studies, left, views } = await verify(path)
    expect([code, views, left]).toEqual([1, [], expect.stringContaining('cannot be read')])
    expect(studies[0]!.unknown).toMatchObject([{ label: 'lora (seed 1), weights', files: [file] }])
  })

  test('a file that is not carried any more', async () => {
    const { file } = pieceOf('outcomes.jsonl')
    const { code, studies } = await verify(alterSummary((of) => delete study(of).files[file]))
    expect([code, studies[0]!.files]).toMatchObject([1, [{ file, state: 'missing' }]])
  })
})

describe('what is said', () => {
  test('a sentence', async () => {
    const path = alterSummary((of) => {
      study(of).results.findings.headline.text = 'The best variant of all.'
    })
    const { code, studies } = await verify(path)
    expect([code, studies[0]!.sentences]).toMatchObject([1, [{ stored: 'The best variant of all.' }]])
  })

  test('the finding as it is shown, the title, and what readers without scripts see', async () => {
    const text = alterSummary((of) => {
      study(of).finding[0] = { kind: 'finding', text: 'The best variant of all.' }
    })
    expect(Object.values(await onlyViews(text))).toEqual(['finding, block 1: text'])
    const nothing = (): void => undefined
    const pages: [string, string, (page: string) => string][] = [
      ['title', 'best', (page) => page.replace(/<title>.*?<\/title>/s, '<title>best</title>')],
      ['noscript', 'best', (page) => page.replace(/<noscript>.*?<\/noscript>/s, '<noscript>best</noscript>')],
      ['code', 'alert', (page) => page.replace('</body>', '<script>alert(1)</script></body>')],
    ]
    for (const [part, says, change] of pages) {
      const { code, page, views } = await verify(alter(nothing, change))
      expect([code, page.map((one) => one.part), views], part).toEqual([1, [part], []])
      expect(page[0]!.stored).toContain(says)
    }
  })
})

describe('what would be shown beside what is compared', () => {
  const nothing = (): void => undefined
  const put = (element: string, before: string) => (page: string) =>
    page.replace(before, () => `${element}${before}`)
  const data = (id: string): string => `<script type="application/octet-stream" id="${id}">AAAA</script>`
  const rows = '<script type="application/octet-stream" id="rows-0">'
  const moved = (page: string): string => {
    const line = `${rows}${page.split(rows)[1]!.split('\n')[0]}\n`
    return put(line, '    <meta http-equiv')(page.replace(line, ''))
  }

  test.each([
    ['markup in the line of an element', put(`${data('more')}<p>+99.9 points</p><script></script>\n`, rows)],
    ['a summary whose name is written otherwise', put(`${data('summ&#97;ry')}\n`, '    <div id="app">')],
    ['a blank that is text to a browser, before the policy', put('\u00a0\n', '    <meta http-equiv')],
    ['data in another place', moved],
  ])('%s', async (_, change) => {
    const { code, page } = await verify(alter(nothing, change))
    expect([code, page.map(({ part }) => part)]).toEqual([1, ['code']])
  })

  test('an element that nothing lists', async () => {
    const path = alter(nothing, put(`${data('app')}\n`, '    <div id="app">'))
    const { code, stderr } = await tiny.run(['verify', path])
    expect([code, stderr]).toEqual([2, expect.stringContaining('holds app, which its summary does not list')])
  })
})

test('of another version: the figures are compared, its page has other code, and that is said', async () => {
  const path = alterSummary((of) => {
    of.tunediff = '0.0.9'
  })
  const { code, tunediff, left } = await verify(path)
  expect([code, tunediff.stored, left]).toEqual([0, '0.0.9', expect.stringContaining('code')])
  expect((await tiny.run(['verify', path])).stdout).toContain("Not compared: the page's own code")
})

describe('shards that cannot be read', () => {
  test('one that is dropped, whatever it holds', async () => {
    const names = [pieceOf('samples.jsonl').shard, study(report).weights[0]!, study(report).predictions[0]!]
    for (const name of names) {
      const { code, shards } = await verify(alter((contents) => contents.delete(name)))
      expect([code, shards.map(({ shard }) => shard)]).toEqual([1, [name]])
      expect(shards[0]!.reason).toContain(name)
      if (name.startsWith('rows-')) expect(shards[0]!.files).toContain(pieceOf('samples.jsonl').file)
    }
    const { code, stdout } = await tiny.run(['verify', alter((contents) => contents.delete(names[0]!))])
    expect([code, stdout]).toEqual([1, expect.stringContaining('Shards that cannot be read:')])
  })

  test('a file beside the page that is missing, is a link, or is damaged', async () => {
    const { shard } = pieceOf('samples.jsonl')
    const folder = join(dirname(beside), (await openReport(beside)).report.shardFolder!)
    const file = join(folder, `${shard}.gz`)
    const kept = tiny.path('kept.gz')
    copyFileSync(file, kept)
    const damages: [string, () => void][] = [
      ['is missing', () => undefined],
      ['is no plain file', () => symlinkSync(kept, file)],
      ['damaged gzip data', () => writeFileSync(file, 'not gzip')],
      ['damaged gzip data', () => writeFileSync(file, readFileSync(kept).subarray(0, -9))],
      ['bytes, where the summary tells', () => writeFileSync(file, gzipSync('short'))],
    ]
    for (const [says, damage] of damages) {
      rmSync(file, { force: true })
      damage()
      const { code, shards } = await verify(beside)
      expect([code, shards.map((one) => one.shard)], says).toEqual([1, [shard]])
      expect(shards[0]!.reason).toContain(says)
    }
    rmSync(file)
    copyFileSync(kept, file)
    expect((await verify(beside)).code).toBe(0)
  })

  test('one that would grow beyond what it says, or beyond what any may', async () => {
    const name = study(report).weights[0]!
    const bomb = Buffer.alloc(64 << 20)
    const { code, shards } = await verify(alter((contents) => contents.set(name, bomb)))
    expect([code, shards]).toMatchObject([
      1,
      [{ shard: name, reason: expect.stringContaining('longer than') }],
    ])
  })
})

test('a view that is deeper than can be walked', async () => {
  const name = study(report).weights[0]!
  const deep = Buffer.from('['.repeat(20_000) + ']'.repeat(20_000))
  const { code, views } = await verify(alter((contents) => setShard(contents, name, deep)))
  expect([code, views.map(({ at }) => at)]).toEqual([1, expect.arrayContaining([name])])
})
