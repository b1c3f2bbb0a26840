// `tunediff eval` of a variant: one that is its base under another name is refused before its first question.
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openModel } from '../src/model/open.ts'
import { closeFiles } from '../src/model/stored.ts'
import { evaluationSchema } from '../src/schema/evaluation.ts'
import type { Liveness } from '../src/schema/live.ts'
import { readLive } from '../src/store/liveFile.ts'
import { claimedBase } from '../src/study/claimedBase.ts'
import { type CliResult, tunediff } from './support/cli.ts'
import { samplesOf, TinyEvaluation } from './support/evaluation.ts'
import { randomAdapter } from './support/randomAdapter.ts'

const LONG_MS = 120_000
const tiny = new TinyEvaluation()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

let base: string
let still: string
let moved: string
let task: string
beforeAll(async () => {
  base = tiny.model('qwen2')
  still = `${base}+${await randomAdapter(base, { seed: 1, strength: 0, to: tiny.path('still') })}`
  moved = `${base}+${await randomAdapter(base, { seed: 1, strength: 0.05, to: tiny.path('moved') })}`
  task = tiny.task(
    'letters',
    { prompt: '{{ word }}', id: 'word', answer: 'letter', scorer: 'contains', ask: { maxTokens: 4 } },
    ['ferry', 'apple', 'rain'].map((word) => ({ word, letter: word[0] })),
  )
})

const run = (model: string, out: string, ...flags: string[]): Promise<CliResult> =>
  tunediff(['eval', model, '--task', task, '-o', out, '--threads', '1', '--json', ...flags], {
    cache: tiny.path('cache'),
  })
const live = async (out: string): Promise<Liveness> => (await readLive(out)) as Liveness

test(
  'an adapter that does nothing is refused, and asked where that is allowed: the run is marked',
  async () => {
    const out = tiny.path('run-still')
    const refused = await run(still, out)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain(`Not live: ${still} gives every log-probability of ${base}, to the bit`)
    expect(refused.stderr).toContain('go on with --allow-identical')
    expect(samplesOf(out)).toEqual([])

    const allowed = await run(still, out, '--allow-identical')
    expect(allowed.code, allowed.stderr).toBe(0)
    expect(evaluationSchema.parse(JSON.parse(allowed.stdout)).notes).toEqual([
      expect.stringContaining('Not live'),
    ])
    expect(samplesOf(out)).toHaveLength(3)
    expect((await live(out)).verdict).toBe('identical')
    // Whoever compares it is told.
    const plain = tiny.path('run-base')
    expect((await run(base, plain)).code).toBe(0)
    const compared = await tunediff(['compare', plain, out], { cache: tiny.path('cache') })
    expect(compared.stdout).toContain('it gives every log-probability of its base, to the bit')
    expect(compared.stdout).toContain('was the variant live?')
    // Gone on with, without leave: what was found is kept.
    expect((await run(still, out)).code).toBe(1)
  },
  LONG_MS,
)

/** Another number in a kept file shows whether it was read or made again. */
function spoil(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"tokens": \d+/, '"tokens": 7'))
}

test(
  'a live one passes, and is checked once: neither for a run that goes on, nor for another of the same model',
  async () => {
    const [out, again] = [tiny.path('run-moved'), tiny.path('run-again')]
    const first = await run(moved, out)
    expect(first.code, first.stderr).toBe(0)
    expect(evaluationSchema.parse(JSON.parse(first.stdout)).notes).toEqual([])
    const found = await live(out)
    expect(found).toMatchObject({ verdict: 'live', prompts: 20, tokens: 20 * 63 })

    const cached = readdirSync(tiny.path('cache', 'live')).map((key) =>
      tiny.path('cache', 'live', key, 'live.json'),
    )
    for (const file of cached) spoil(file)
    expect((await run(moved, out)).code).toBe(0)
    expect(await live(out)).toEqual(found)
    expect((await run(moved, again)).code).toBe(0)
    expect(await live(again)).toEqual({ ...found, tokens: 7 })
  },
  LONG_MS,
)

test(
  'a merged variant is held against the base that it names',
  async () => {
    const folder = tiny.path('merged')
    await tunediff(['export', still, '--merged', '--dtype', 'fp32', '-o', folder], {
      cache: tiny.path('cache'),
    })
    const { code, stderr } = await run(join(folder, 'model'), tiny.path('run-merged'))
    expect(code).toBe(1)
    expect(stderr).toContain(`gives every log-probability of ${base}, to the bit`)
  },
  LONG_MS,
)

test(
  'of a whole variant the base is where it was trained, as long as it is what it was',
  async () => {
    const from = tiny.model('qwen2', 'trained-on')
    const data = tiny.path('data.jsonl')
    writeFileSync(data, `${JSON.stringify({ prompt: 'Go', completion: ' on' })}\n`)
    const how = [
      '--method',
      'full',
      '--steps',
      '1',
      '--batch',
      '1',
      '--threads',
      '1',
      '-o',
      tiny.path('full'),
    ]
    const { code, stderr } = await tunediff(['train', from, '--data', data, ...how], {
      cache: tiny.path('cache'),
    })
    expect(code, stderr).toBe(0)
    const variant = tiny.path('full', 'seed-1')
    const baseOf = async (named: string) => claimedBase(named, await openModel(named))
    expect((await baseOf(variant))?.spec).toBe(from)
    expect((await baseOf(join(variant, 'model')))?.spec).toBe(from)
    expect(await baseOf(from)).toBeNull()
    copyFileSync(join(variant, 'model', 'model.safetensors'), join(from, 'model.safetensors'))
    expect(await baseOf(variant)).toBeNull()
    rmSync(from, { recursive: true })
    expect(await baseOf(variant)).toBeNull()
  },
  LONG_MS,
)

test(
  'a plain model claims nothing: nothing is checked',
  async () => {
    const out = tiny.path('run-base')
    const { code, stderr } = await run(base, out)
    expect(code, stderr).toBe(0)
    expect(existsSync(join(out, 'live.json'))).toBe(false)
  },
  LONG_MS,
)
