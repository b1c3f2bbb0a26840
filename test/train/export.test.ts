// Exported adapters and models against peft and transformers (goldens/training/export.py), and against the running variants.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { readAdapter } from '../../src/model/peft/index.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { sha256 } from '../../src/util/hash.ts'
import { root } from '../support/cli.ts'
import { floatsOf, largestDifference, logProbsOf, TinyModels } from '../support/engine.ts'
import { type ExportedCase, exportCases, keepBases } from '../support/exportedCases.ts'

const TOLERANCE = 1e-4
const goldens = join(root, 'test/goldens/training')
const { TUNEDIFF_EXPORT_TO: kept } = process.env

const tiny = new TinyModels()
const folder = kept ?? mkdtempSync(join(tmpdir(), 'tunediff-export-'))
let cases: ExportedCase[]

beforeAll(async () => {
  cases = await exportCases(tiny, folder)
  if (kept !== undefined) {
    keepBases(tiny, cases, folder)
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(await Promise.all(cases.map(described))))
  }
})
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
  if (kept === undefined) rmSync(folder, { recursive: true, force: true })
})

async function described({ name, kind, base, folder: at }: ExportedCase) {
  const parameters = kind === 'adapter' ? (await readAdapter(at)).parameters : undefined
  return { name, kind, base, parameters, files: hashOf(at) }
}

const hashOf = (at: string): string =>
  sha256(
    ...readdirSync(at)
      .sort()
      .flatMap((file) => [file, readFileSync(join(at, file))]),
  )

test.skipIf(kept !== undefined)('exports are the files that peft and transformers loaded', () => {
  expect(cases.map(({ name, folder: at }) => [name, hashOf(at)])).toEqual(
    goldenCases().cases.map(({ name, files }) => [name, files]),
  )
})

test.skipIf(kept !== undefined)(
  'what peft and transformers compute with them is what the variants do',
  async () => {
    const { ids, cases: golden } = goldenCases()
    const expected = floatsOf(join(goldens, 'exported.f32'))
    await using engine = await openEngine({
      models: cases.map(({ live }) => engineModel(live)),
      threads: 1,
    })
    let at = 0
    const apart: [string, number][] = []
    for (const [i, { name, vocabulary }] of golden.entries()) {
      const size = ids.length * vocabulary
      const theirs = expected.subarray(at, at + size)
      apart.push([name, largestDifference(await logProbsOf(engine, i, [ids]), theirs)])
      at += size
    }
    expect(at).toBe(expected.length)
    expect(apart.filter(([, difference]) => !(difference <= TOLERANCE))).toEqual([])
  },
)

interface GoldenExports {
  ids: number[]
  cases: { name: string; vocabulary: number; files: string }[]
}

const goldenCases = (): GoldenExports =>
  JSON.parse(readFileSync(join(goldens, 'exported.json'), 'utf8')) as GoldenExports

test('exported models are read here as the variants run', async () => {
  const ids = Array.from({ length: 20 }, (_, i) => 3 + ((7 * i * i + 5 * i) % 29))
  const models = cases.filter(({ kind }) => kind !== 'adapter')
  const opened = await Promise.all(models.map(async ({ folder: at }) => engineModel(await openModel(at))))
  await using engine = await openEngine({
    models: [...models.map(({ live }) => engineModel(live)), ...opened],
    threads: 1,
  })
  for (const [i, { name }] of models.entries()) {
    const live = await logProbsOf(engine, i, [ids])
    const difference = largestDifference(await logProbsOf(engine, models.length + i, [ids]), live)
    expect(difference, name).toBeLessThan(TOLERANCE)
  }
})
