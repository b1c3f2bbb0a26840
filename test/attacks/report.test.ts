// Reports out of hostile names, reports that a stranger wrote, and places that a report cannot be written to.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReport } from '../../src/report/page/build.ts'
import { openReport } from '../../src/report/page/read.ts'
import { writePage } from '../../src/report/page/write.ts'
import type { Run } from '../../src/schema/run.ts'
import { taskOf } from '../../src/solve/openRuns.ts'
import { keptTask } from '../../src/tasks/task.ts'
import { browserPath, launch, openFile } from '../support/browser.ts'
import { HandReport, SUMMARY_BY_HAND } from '../support/handReport.ts'
import { reportOf, succeed } from '../support/pages.ts'
import { TinyStudy } from '../support/tinyStudy.ts'

const LONG_MS = 120_000
const NAMES = [
  '__proto__',
  'constructor',
  '</script><script>window.harmed = 1</script>',
  // Broken by the variant, so that links lead to it.
  'half\ud800',
  "$&$`$'",
  'summary',
  '<!-- report -->',
  'nul\0',
  '"><img src=https://harm.example/x onerror=window.harmed=2>',
  '%E0%A4%A',
  'a/b?c#d',
  '\u202eback',
  'long'.repeat(2000),
  '] * {display: none}',
]
const tiny = new TinyStudy()
let [study, page] = ['', '']

beforeAll(async () => {
  const rows = (answer: (i: number) => number) =>
    NAMES.map((name, i) => ({ task_id: name, completion: `    # ${name}\n    return ${answer(i)}\n` }))
  tiny.lines(
    'problems.jsonl',
    NAMES.map((task_id) => ({
      task_id,
      ...{ prompt: 'def f(x):\n', entry_point: 'f', canonical_solution: '    return 1\n' },
      test: '\ndef check(candidate):\n    assert candidate(1) == 1\n',
    })),
  )
  tiny.lines(
    'one.jsonl',
    rows((i) => i % 2),
  )
  tiny.lines(
    'two.jsonl',
    rows((i) => i % 3),
  )
  const side = (file: string, model: string): string =>
    `{runs: [${file}], model: ${JSON.stringify(model)}, solver: ${JSON.stringify(NAMES[0])}}`
  const lines = [
    `name: ${JSON.stringify(`</title>${NAMES.slice(2, 8).join(' ')}`)}`,
    `base: ${side('one.jsonl', `half\ud800${'long'.repeat(5000)}`)}`,
    'variants:',
    `  constructor: ${side('two.jsonl', NAMES[2]!)}`,
    `  ${JSON.stringify(NAMES[8])}: ${side('two.jsonl', "$&$'")}`,
    'tasks: [problems.jsonl]',
  ]
  writeFileSync(tiny.path('names.yaml'), `${lines.join('\n')}\n`)
  study = tiny.path('names.study')
  await succeed(tiny, 'run', tiny.path('names.yaml'))
  page = await reportOf(tiny, 'names.html', study)
}, LONG_MS)
afterAll(() => tiny[Symbol.dispose]())

describe('names that mean harm', () => {
  test('go through report and verify, and none is lost', async () => {
    const { code, stdout } = await tiny.run(['verify', page])
    expect(code, stdout).toBe(0)
    const { report } = await openReport(page)
    expect(new Set(report.studies[0]!.tasks[0]!.problems)).toEqual(new Set(NAMES))
  })

  test('a variant that would be lost is refused', async () => {
    const text = readFileSync(tiny.path('names.yaml'), 'utf8').replace('  constructor:', '  __proto__:')
    writeFileSync(tiny.path('lost.yaml'), text)
    const { code, stderr } = await tiny.run(['plan', tiny.path('lost.yaml')])
    expect([code, stderr]).toEqual([2, expect.stringContaining('a variant needs another name')])
  })

  describe.skipIf(browserPath === null)('in a browser', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())

    test(
      'every view is drawn, and nothing runs or is asked for',
      async () => {
        await using open = await openFile(browser, page)
        const pairs = NAMES.map(
          (name) => `#/pair/problems/${encodeURIComponent(name.replace('\ud800', '\ufffd'))}`,
        )
        const odd = ['#/flips/__proto__', '#/%E0%A4%A', `#/pair/${'a'.repeat(100_000)}`, '#/flips?study=-1']
        for (const place of ['#/leaderboard', '#/tasks', '#/flips', ...pairs, ...odd]) {
          await open.go(place)
          expect((await open.tab.locator('main').textContent())!.length, place).toBeGreaterThan(100)
        }
        expect(await open.tab.evaluate(() => 'harmed' in window)).toBe(false)
        expect(open.complaints).toEqual([])
      },
      LONG_MS,
    )

    test('data that are not as they should be end one view alone', async () => {
      using hand = new HandReport()
      const frame = readFileSync(page, 'utf8')
      hand.write({}, { change: { studies: [{ ...SUMMARY_BY_HAND.studies[0], leaderboards: [null] }] } })
      const summary = readFileSync(hand.path, 'utf8')
        .split('\n')
        .find((line) => line.includes('id="summary"'))!
      const place = tiny.path('null.html')
      writeFileSync(
        place,
        frame.replace(/<script type="application\/octet-stream" id="summary">.*/, () => summary),
      )
      await using open = await openFile(browser, place, { hash: '#/leaderboard' })
      const heading = open.tab.locator('main h1').first()
      expect(await heading.textContent()).toBe('This view cannot be drawn')
      await open.go('#/weights')
      expect(await heading.textContent()).not.toBe('This view cannot be drawn')
    })
  })
})

describe('a report that a stranger wrote', () => {
  const ofFiles = (files: object) => ({ change: { studies: [{ ...SUMMARY_BY_HAND.studies[0], files }] } })

  test('more files than anything has, and folders in folders', async () => {
    using hand = new HandReport()
    hand.write({}, ofFiles(Object.fromEntries(Array.from({ length: 200_001 }, (_, i) => [`cells/${i}`, []]))))
    expect((await tiny.run(['verify', hand.path])).stderr).toContain('at most 200000 are unpacked')
    hand.write({}, ofFiles({ [`cells${'/a'.repeat(20)}`]: [] }))
    expect((await tiny.run(['verify', hand.path])).stderr).toContain('which is no file of a study')
  })

  test('cells that lie outside of the study', async () => {
    using hand = new HandReport()
    const [one] = SUMMARY_BY_HAND.studies
    const cell = { kind: 'run', uses: [], task: null, judge: null, state: 'done', message: null }
    for (const key of ['../../../etc', '/etc', '..', 'a/b', 'a\\b', 'a\0b', '']) {
      const asked = { ...one!.results.asked, cells: [{ ...cell, key }] }
      hand.write({}, { change: { studies: [{ ...one, results: { ...one!.results, asked } }] } })
      const { code, stderr } = await tiny.run(['verify', hand.path])
      expect([code, stderr], key).toEqual([2, expect.stringContaining('cells.0.key')])
    }
  })

  test.skipIf(process.platform === 'win32')('runs whose task is a device, or lies elsewhere', async () => {
    mkdirSync(tiny.path('elsewhere', 'tasks'), { recursive: true })
    writeFileSync(tiny.path('elsewhere', 'secret.jsonl'), 'secret')
    const context = { cacheFolder: tiny.path('elsewhere'), env: {} }
    for (const path of ['/dev/zero', '/dev/null']) {
      const run = { name: 'x', task: { name: 'x', path, identity: '0'.repeat(64) } } as unknown as Run
      await expect(taskOf(run, context), path).rejects.toThrow('are not here')
    }
    expect(await keptTask('../secret', context.cacheFolder)).toBeNull()
  })
})

describe('where a report cannot be written', () => {
  test('is one clear error, and what is there stays', async () => {
    mkdirSync(tiny.path('folder'))
    writeFileSync(tiny.path('kept.shards'), 'mine')
    writeFileSync(tiny.path('file'), 'mine')
    const cases: [string, string][] = [
      [tiny.path('folder'), 'is a folder, and a report is one file'],
      [`${tiny.path('new')}/`, 'is a folder, and a report is one file'],
      ['', 'is a folder, and a report is one file'],
      [tiny.path('file', 'r.html'), 'is a file, and a folder is wanted there'],
      [tiny.path('file', 'deep', 'r.html'), 'is a file, and a folder is wanted there'],
      [tiny.path('kept.html'), 'is a file, and a report keeps its rows'],
    ]
    for (const [output, says] of cases) {
      const { code, stderr } = await tiny.run(['report', study, '-o', output])
      expect([code, stderr], output).toEqual([2, expect.stringContaining(says)])
    }
    for (const name of ['file', 'kept.shards']) expect(readFileSync(tiny.path(name), 'utf8')).toBe('mine')
  })

  test('what a killed writer left is removed, and a failed one leaves the former report', async () => {
    const folder = tiny.path('again')
    mkdirSync(folder)
    const path = join(folder, 'r.html')
    const built = await buildReport([study], null)
    await writePage(path, built, 0)
    mkdirSync(join(folder, '.tmp-999999999-abcdef12-r.shards'))
    writeFileSync(join(folder, '.tmp-999999999-abcdef12-r.html'), 'half')
    const failing = {
      ...built,
      // biome-ignore lint/correctness/useYield: it fails before
      shards: async function* (): ReturnType<typeof built.shards> {
        throw new Error('no more')
      },
    }
    await expect(writePage(path, failing, 0)).rejects.toThrow('no more')
    expect(readdirSync(folder).sort()).toEqual(['r.html', 'r.shards'])
    expect(existsSync(join(folder, 'r.shards', 'rows-0.gz'))).toBe(true)
    await writePage(path, built)
    expect(readdirSync(folder)).toEqual(['r.html'])
  })
})
