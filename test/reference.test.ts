import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tunediff } from './support/cli.ts'

const cache = mkdtempSync(join(tmpdir(), 'tunediff-reference-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

/** What `tunediff reference ...` prints on stdout; it must succeed and say nothing else. */
async function reference(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tunediff(['reference', ...args], { cache })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** Text as one line of words, without the terminal's line breaks. */
const words = (text: string): string => text.replace(/\s+/g, ' ')

test('humaneval: seven problems, no changed weights, six needed, logs named', async () => {
  const text = words(await reference('humaneval'))
  expect(text).toContain('95.1 to 99.4 % is 156 to 163 of 164: seven problems.')
  expect(text).toContain('In none of the 15 rows were weights changed')
  expect(text).toContain(
    'Rows fewer than six problems apart cannot differ at p < 0.05, however their problems pair',
  )
  expect(text).toContain('nothing can be said from the scores')
  expect(text).toContain('from StarCoder-15B: LDB with StarCoder-15B; from GPT-4 (1106-preview): LDB with')
  expect(text).toContain('97.5')
})

test('humaneval --json: fractions with intervals, one object a row', async () => {
  const data = JSON.parse(await reference('humaneval', '--json'))
  expect(data.schema).toBe(1)
  expect(data.rows).toHaveLength(15)
  for (const row of data.rows) {
    expect(row.rate).toMatchObject({ value: row.solved / 164, n: 164, method: 'wilson' })
    expect(row.rate.low).toBeLessThan(row.rate.value)
    expect(row.rate.high).toBeGreaterThan(row.rate.value)
    expect(Object.keys(row)).toEqual(
      expect.arrayContaining([
        'baseWeights',
        'weightsChanged',
        'solver',
        'startingPrograms',
        'published',
        'source',
      ]),
    )
  }
  expect(data.span).toMatchObject({ lowSolved: 156, highSolved: 163, problems: 7 })
  expect(data.sentences[0]).toContain('seven problems')
})

test('lora-land: what the table says beside what is quoted', async () => {
  const text = words(await reference('lora-land'))
  expect(text).toMatch(/\+38\.4 points \[\+\d+\.\d, \+\d+\.\d\] on average over 310 pairs/)
  expect(text).toContain('301 of 310 improve, 9 get worse')
  expect(text).toMatch(/the best of the 10 tuned models of each task \+9\.5 points/)
  expect(text).toMatch(/the mean of the 10 \+2\.4 points/)
  expect(text).toContain('194 of 310 beat GPT-4, 10 tie, 106 lose')
  expect(text).toContain('There are 31 independent tasks, not 310')
  expect(text).toContain('phi-2 1.2 %')
})

test('lora-land --json: the same numbers as fractions', async () => {
  const data = JSON.parse(await reference('lora-land', '--json'))
  expect(data.schema).toBe(1)
  expect(data.gain).toMatchObject({ value: expect.closeTo(0.3839, 4), n: 31 })
  expect(data.gpt4).toMatchObject({ beat: 194, tie: 10, bestOfTask: { n: 31 } })
  expect(data.byCategory.reduce((sum: number, row: { pairs: number }) => sum + row.pairs, 0)).toBe(310)
})

test('--md prints tables and the same sentences', async () => {
  const md = await reference('humaneval', '--md')
  const { sentences } = JSON.parse(await reference('humaneval', '--json'))
  expect(md).toMatch(/^\| {2}\| system \| score, % \|/m)
  for (const sentence of sentences) expect(md.replaceAll('\\', '')).toContain(sentence)
})

test('--json and --md exclude each other, unknown tables are errors', async () => {
  const both = await tunediff(['reference', 'humaneval', '--json', '--md'], { cache })
  expect(both).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('cannot be used with') })
  const typo = await tunediff(['reference', 'humanevil'], { cache })
  expect(typo).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('humanevil') })
})
