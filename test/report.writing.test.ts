// Reports while somebody else writes: a study that is being run, the same report from another process. And what is said while a
// report is written or verified.
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { BuiltReport } from '../src/report/page/build.ts'
import { openReport } from '../src/report/page/read.ts'
import { writePage } from '../src/report/page/write.ts'
import type { Report } from '../src/schema/report.ts'
import type { Results } from '../src/schema/results.ts'
import { lockStudy, whileLocked } from '../src/store/studyFolder.ts'
import { progressLines } from '../src/util/progress.ts'
import { MAX_FILE_BYTES } from '../src/util/textFile.ts'
import { SUMMARY_BY_HAND } from './support/handReport.ts'
import { TinyStudy } from './support/tinyStudy.ts'

const tiny = new TinyStudy()
const root = mkdtempSync(join(tmpdir(), 'tunediff-writing-'))
afterAll(() => {
  tiny[Symbol.dispose]()
  rmSync(root, { recursive: true, force: true })
})

const cwd = tiny.path()
const studies = ['one', 'other']

beforeAll(async () => {
  const rows = (passed: number) =>
    Array.from({ length: 8 }, (_, i) => ({ id: `P/${i}`, score: Number(i < passed) }))
  tiny.lines('base.jsonl', rows(4))
  tiny.lines('better.jsonl', rows(8))
  for (const name of studies) {
    const sides = 'base: {runs: [base.jsonl]}\nvariants: {better: {runs: [better.jsonl]}}\n'
    writeFileSync(tiny.path(`${name}.yaml`), `name: ${name}\n${sides}`)
    const { code, stderr } = await tiny.run(['run', `${name}.yaml`], { cwd })
    expect(code, stderr).toBe(0)
  }
})

describe('of a study that is being run', () => {
  test('waits, says for whom, and then shows what was found', async () => {
    const path = tiny.path('one.study', 'results.json')
    const lock = await lockStudy(tiny.path('one.study'))
    const started = ({ stderr: said }: ChildProcess): void => {
      said!.once('data', () => {
        const results = JSON.parse(readFileSync(path, 'utf8')) as Results
        writeFileSync(path, JSON.stringify({ ...results, asked: { ...results.asked, name: 'run again' } }))
        void lock[Symbol.asyncDispose]()
      })
    }
    const { code, stdout, stderr } = await tiny.run(['report', 'one.study', '--json'], { cwd, started })
    expect(code, stderr).toBe(0)
    expect((JSON.parse(stdout) as Report).title).toBe('run again')
    const holder = `${hostname()}, process ${process.pid}`
    expect(stderr).toBe(`waiting: ${tiny.path('one.study')} is being written by ${holder}\n`)
  })

  test('verify waits too', async () => {
    const lock = await lockStudy(tiny.path('other.study'))
    const started = ({ stderr: said }: ChildProcess): void => {
      said!.once('data', () => void lock[Symbol.asyncDispose]())
    }
    const { code, stderr } = await tiny.run(['verify', 'other.study'], { cwd, started })
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`waiting: ${tiny.path('other.study')} is being written by `)
  })

  test('is not run meanwhile', async () => {
    let isRead = false
    let running: Promise<void> | undefined
    await whileLocked([tiny.path('one.study')], async () => {
      running = lockStudy(tiny.path('one.study')).then(async (lock) => {
        expect(isRead).toBe(true)
        await lock[Symbol.asyncDispose]()
      })
      await setTimeout(300)
      isRead = true
    })
    await running
  })

  // Not even root writes there.
  test.runIf(process.platform === 'linux')('is read as it is where nothing may be written', async () => {
    expect(await whileLocked(['/sys/kernel'], async () => 'read')).toBe('read')
  })

  test('two that read the same studies never wait for each other, and one named twice is one', async () => {
    const paths = studies.map((name) => tiny.path(`${name}.study`))
    const read = (named: readonly string[]) => whileLocked(named, () => setTimeout(50, 'read'))
    const both = [
      read(paths),
      read([...paths].reverse()),
      read([paths[0]!, join(paths[0]!, '..', 'one.study')]),
    ]
    expect(await Promise.all(both)).toEqual(['read', 'read', 'read'])
  })
})

describe('two writers of one report', () => {
  /** All of its shards say whose it is. */
  function built(writer: string, shards: number): BuiltReport {
    const views = Array.from({ length: shards }, (_, i) => ({
      name: `rows-${i}`,
      bytes: Buffer.from(writer),
    }))
    const sizes = views.map(({ name, bytes }) => [name, { bytes: bytes.length }])
    return {
      report: { ...SUMMARY_BY_HAND, title: writer, shards: Object.fromEntries(sizes) },
      views,
      async *shards() {
        yield* views
      },
    }
  }

  test('leave that of one of them, whole', async () => {
    for (let round = 0; round < 6; round++) {
      const path = join(root, `${round}.html`)
      const writers = ['a', 'bb', 'ccc']
      // The last has its shards in the page.
      await Promise.all(
        writers.map((name, i) =>
          writePage(path, built(name, 2 + i), i === writers.length - 1 ? undefined : 0),
        ),
      )
      const { report, shard } = await openReport(path)
      const found = await Promise.all(
        Object.keys(report.shards).map(async (name) => String(await shard(name))),
      )
      expect(new Set([report.title, ...found]).size, `${report.title}: ${found}`).toBe(1)
    }
  })
})

test('a summary that view and verify would not read is not written', async () => {
  const title = 'x'.repeat(MAX_FILE_BYTES)
  const large = { report: { ...SUMMARY_BY_HAND, title }, views: [], shards: () => expect.fail('written') }
  await expect(writePage(join(root, 'large.html'), large)).rejects.toMatchObject({
    message: expect.stringMatching(
      /^the summary of this report has 268\.44 MB, .* at most 268\.44 MB/,
    ) as string,
    hint: expect.stringContaining('fewer studies') as string,
  })
  expect(existsSync(join(root, 'large.html'))).toBe(false)
})

describe('progress', () => {
  function shown(
    isTTY: boolean,
    work: (update: ReturnType<typeof progressLines>['update']) => void,
  ): string[] {
    vi.useFakeTimers()
    try {
      const written: string[] = []
      const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) }
      const progress = progressLines(stream as unknown as NodeJS.WriteStream)
      work(progress.update)
      progress.end()
      return written
    } finally {
      vi.useRealTimers()
    }
  }

  test('is not shown of what takes less than a second, nor where nobody looks', () => {
    const short = (update: (what: string, done: number, total: number) => void): void => {
      update('files read', 1, 2)
      vi.advanceTimersByTime(900)
      update('files read', 2, 2)
    }
    expect(shown(true, short)).toEqual([])
    expect(shown(false, short)).toEqual([])
  })

  test('is shown after a second, also of a step that takes long, and gone at the end', () => {
    const written = shown(true, (update) => {
      update('files read', 2, 2)
      vi.advanceTimersByTime(500)
      update('runs read', 1, 4)
      vi.advanceTimersByTime(700)
    })
    expect(written).toEqual([expect.stringMatching(/runs read 1 of 4 · .*left$/), '\r\u001b[2K'])
  })
})
