// A study with a variant that is its base under another name: its runs are left out, all else is measured.
import { cpSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLive } from '../src/store/liveFile.ts'
import { type Done, doneOf } from './support/doneCells.ts'
import { randomAdapter } from './support/randomAdapter.ts'
import { TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 120_000
const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

const VARIANTS = [
  'still: models/base+still',
  'copy: models/copy',
  'moved: models/base+moved',
  'same: models/base',
  'onStill: {model: models/base+moved, against: still}',
]
const rest = ['measures: [answers, weights]']

beforeAll(async () => {
  const base = tiny.path('models/base')
  await randomAdapter(base, { seed: 1, strength: 0, to: tiny.path('still') })
  await randomAdapter(base, { seed: 1, strength: 0.05, to: tiny.path('moved') })
  cpSync(base, tiny.path('models/copy'), { recursive: true })
})

const output = tiny.path('study')
const finished = async (study: string): Promise<Done> =>
  doneOf({ study, output, cacheFolder: tiny.path('cache'), env: {} })
const sidesOf = (list: readonly { side: string }[]): string[] => list.map(({ side }) => side)

test(
  'it is refused by name, and only its runs are left out',
  async () => {
    const study = tiny.study(VARIANTS, rest)
    const { code, stderr } = await tiny.run(['run', study, '-o', output])
    expect(code, stderr).toBe(1)
    expect(stderr).toContain(
      'failed: still, is it live against base: Not live: still gives every log-probability of base, to the bit',
    )
    expect(stderr).toContain('or go on with allowIdentical: true in the study file')
    expect(stderr).toContain('left out: still on sums, since still, is it live against base failed')
    const { runs, weights, live } = await finished(study)
    // A copy's run is that of the base: it is not the copy's.
    expect(sidesOf(runs)).toEqual(['base', 'moved', 'same', 'onStill'])
    expect(sidesOf(weights)).toEqual(['still', 'copy', 'moved', 'same', 'onStill'])
    expect(sidesOf(live)).toEqual(['moved', 'same', 'onStill'])
    const found = await Promise.all(live.map(({ folder }) => readLive(folder)))
    expect(found).toMatchObject([
      { verdict: 'live', prompts: 20 },
      { absent: expect.stringContaining('no other weights are claimed') },
      { verdict: 'live' },
    ])
    const { cells } = await tiny.plan(study, output)
    const failed = cells.filter(({ state }) => state === 'failed')
    expect(failed.map(({ kind, sides }) => [kind, sides[0]!.side])).toEqual([
      ['live', 'still'],
      ['live', 'copy'],
    ])
    expect(JSON.parse(readFileSync(`${failed[0]!.folder}.error.json`, 'utf8'))).toMatchObject({
      isFailedCheck: true,
      stack: null,
    })
  },
  LONG_MS,
)

test(
  'with a cell that failed of something else it is one of several',
  async () => {
    tiny.broken()
    const study = tiny.study([...VARIANTS, 'broken: models/broken'], rest)
    const { code, stderr } = await tiny.run(['run', study, '-o', output])
    expect(code, stderr).toBe(4)
    expect(stderr).toMatch(/failed: broken, is it live against base: .* is NaN/)
  },
  LONG_MS,
)

test(
  'with leave it is measured as any other, and that is said',
  async () => {
    const study = tiny.study(VARIANTS, [...rest, 'allowIdentical: true'])
    const { code, stderr } = await tiny.run(['run', study, '-o', output])
    expect(code, stderr).toBe(0)
    expect(stderr).toMatch(/note: .*: Not live: still gives every log-probability of base/)
    const { runs, live } = await finished(study)
    expect(sidesOf(runs)).toEqual(['base', 'still', 'copy', 'moved', 'same', 'onStill'])
    expect(await readLive(live[0]!.folder)).toMatchObject({ verdict: 'identical' })
  },
  LONG_MS,
)
