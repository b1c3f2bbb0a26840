// `tunediff weights` on trained models whose differences are known in fp64 (numpy) or were planted: every number of the
// report against the truth, and the words against what was done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Absent, Estimate } from '../src/schema/estimate.ts'
import type { Measures, Spectral, TensorReport, VariantReport } from '../src/schema/weights.ts'
import { weightsReportSchema } from '../src/schema/weights.ts'
import { tunediff } from './support/cli.ts'
import {
  type KnownTensor,
  type KnownVariant,
  largeTruth,
  readTruth,
  type Truth,
  tinyFolder,
  truthPython,
} from './support/weightsTruth.ts'

const MAKE_TIMEOUT_MS = 900_000
const folder = mkdtempSync(join(tmpdir(), 'tunediff-truth-'))
const cache = join(folder, 'cache')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const args = (truth: Truth, name: string): string[] => [
  'weights',
  join(truth.folder, 'base'),
  join(truth.folder, truth.variants[name]!.path),
  '--full-spectrum',
]

async function measure(truth: Truth, name: string): Promise<VariantReport> {
  const { code, stdout, stderr } = await tunediff([...args(truth, name), '--json'], { cache })
  expect(code, stderr).toBe(0)
  return weightsReportSchema.parse(JSON.parse(stdout)).variants[0]!
}

const amount = (measured: Estimate | Absent): number => {
  expect(measured).not.toHaveProperty('absent')
  return (measured as Estimate).value
}
const zeroOf = (measured: Estimate | Absent): number => amount((measured as Estimate).zero!)

function near(got: number, want: number, relative: number, what: string): void {
  expect(Math.abs(got - want), `${what}: ${got}, truth ${want}`).toBeLessThanOrEqual(
    relative * Math.abs(want),
  )
}

/** A histogram of eight buckets an octave knows a quantile to an eighth. */
const BUCKET = 1 / 8
/** Sums are of exact products in fp64; the difference of two formats is rounded once to fp32. */
const SUMS = 1e-6

function agrees(report: VariantReport, known: KnownVariant): void {
  expect(report.tensors.map(({ name }) => name).sort()).toEqual(Object.keys(known.tensors).sort())
  for (const tensor of report.tensors) {
    const truth = known.tensors[tensor.name]!
    expect(tensor.status).toBe('compared')
    expect(tensor.shape).toEqual(truth.shape)
    expect(tensor.isIdentical, tensor.name).toBe(truth.changed === 0)
    sizesAgree(tensor, truth, tensor.name)
    if (!known.adapter) elementsAgree(tensor, truth)
    spectrumAgrees(tensor, truth)
  }
  near(amount(report.whole.relativeChange), known.whole.relative, SUMS, 'whole')
  near(amount(report.whole.oneMinusCosine), known.whole.oneMinusCosine, 1e-4, 'whole 1 - cosine')
  expect(report.whole.parameters).toBe(known.whole.weights)
  groupsAgree(report, known)
}

function sizesAgree(measured: Measures, truth: KnownTensor, name: string): void {
  near(amount(measured.relativeChange), truth.relative, SUMS, name)
  const cosine = amount(measured.oneMinusCosine)
  expect(Math.abs(cosine - truth.oneMinusCosine), `${name} 1 - cosine`).toBeLessThanOrEqual(
    1e-5 * truth.oneMinusCosine + 1e-13,
  )
}

function elementsAgree(tensor: TensorReport, truth: KnownTensor): void {
  const { name } = tensor
  const n = truth.shape.reduce((a, b) => a * b, 1)
  near(amount(tensor.maxAbsDelta), truth.maxAbsDelta, 1e-6, `${name} max`)
  const { p50, p90, p99 } = tensor.absDelta as { p50: number; p90: number; p99: number }
  near(p50, truth.quantiles['0.5'], BUCKET, `${name} median`)
  near(p90, truth.quantiles['0.9'], BUCKET, `${name} 90 %`)
  near(p99, truth.quantiles['0.99'], BUCKET, `${name} 99 %`)
  near(amount(tensor.changedShare) * n, truth.changed, 1e-9, `${name} changed`)
  near(amount(tensor.signFlipShare) * n, truth.signFlips, 1e-9, `${name} sign flips`)
  if (truth.dtypes.some((dtype) => !['BF16', 'F16', 'F32'].includes(dtype))) return
  near(amount(tensor.aboveOneUlpShare) * n, truth.aboveOneUlp, 1e-9, `${name} above one ulp`)
  const rounding = Math.sqrt(truth.spacingSquares / 12 / truth.baseSquares)
  near(zeroOf(tensor.relativeChange), rounding, SUMS, `${name} rounding`)
  near(zeroOf(tensor.maxAbsDelta), truth.maxSpacing / 2, SUMS, `${name} largest rounding`)
}

/** Those of the top ten that stand above the edge; what is below it is rounding and nobody's business. */
function spectrumAgrees({ name, spectrum }: TensorReport, truth: KnownTensor): void {
  if ('absent' in spectrum) return
  const above = Math.min(spectrum.directionsAbove, truth.singularValues!.length)
  for (let i = 0; i < above; i++)
    near(spectrum.singularValues[i]!, truth.singularValues![i]!, 2e-3, `${name} singular value ${i + 1}`)
}

/** Pooled by kind and by layer: ratios of sums. */
function groupsAgree(report: VariantReport, known: KnownVariant): void {
  const squares = (fits: (tensor: TensorReport) => boolean, key: 'deltaSquares' | 'baseSquares'): number =>
    report.tensors.filter(fits).reduce((sum, { name }) => sum + known.tensors[name]![key], 0)
  const check = (measured: Measures, what: string, fits: (tensor: TensorReport) => boolean): void => {
    const want = Math.sqrt(squares(fits, 'deltaSquares') / squares(fits, 'baseSquares'))
    near(amount(measured.relativeChange), want, SUMS, what)
  }
  for (const kind of report.kinds) check(kind, kind.kind, (tensor) => tensor.kind === kind.kind)
  for (const layer of report.layers) check(layer, `layer ${layer.layer}`, (t) => t.layer === layer.layer)
}

const spectraOf = (report: VariantReport): Spectral[] =>
  report.tensors.flatMap(({ spectrum }) => ('absent' in spectrum ? [] : [spectrum]))

const tiny = readTruth(tinyFolder)

describe('the tiny form', () => {
  test.each(Object.keys(tiny.variants))('%s: every number is the truth', async (name) => {
    agrees(await measure(tiny, name), tiny.variants[name]!)
  })

  test('an fp32 model whose rounding is the base holds nothing beyond rounding', async () => {
    const report = await measure(tiny, 'roundonly')
    expect(report.finding).toMatch(/nothing beyond rounding/)
    expect(spectraOf(report)).toHaveLength(14)
    expect(spectraOf(report).map(({ directionsAbove }) => directionsAbove)).toEqual(Array(14).fill(0))
  })

  test('a merged adapter of rank 2 shows two directions, and the adapter itself is of rank 2', async () => {
    for (const name of ['lora-merged', 'lora-adapter']) {
      const spectra = spectraOf(await measure(tiny, name))
      expect(spectra.map(({ directionsAbove }) => directionsAbove)).toEqual(Array(14).fill(2))
    }
  })

  test('planted sign flips are counted one by one, and nothing else changed in their layer', async () => {
    const report = await measure(tiny, 'planted')
    const counts = tiny.variants.planted!.planted as Record<string, number>
    for (const [name, count] of Object.entries(counts)) {
      const tensor = report.tensors.find((one) => one.name === name)!
      const n = tensor.shape.reduce((a, b) => a * b, 1)
      expect(amount(tensor.signFlipShare) * n).toBeCloseTo(count, 9)
      expect(amount(tensor.changedShare) * n).toBeCloseTo(count, 9)
    }
  })

  test('a GGUF copy is the same model up to quantisation: its BF16 and F16 tensors exactly', async () => {
    const report = await measure(tiny, 'base.gguf')
    const quantised = report.tensors.filter(({ variantDtype }) => variantDtype === 'Q8_0')
    expect(quantised.length).toBeGreaterThan(3)
    for (const tensor of report.tensors) {
      const relative = amount(tensor.relativeChange)
      if (quantised.includes(tensor)) expect(relative).toBeLessThan(0.008)
      else expect(relative, tensor.name).toBe(0)
    }
  })
})

// Registered only where the models can be made: weightsTruth.ts says when they cannot.
const describeLarge = truthPython ? describe : () => {}

describeLarge('the large form', () => {
  let truth: Truth
  beforeAll(() => {
    truth = largeTruth()
  }, MAKE_TIMEOUT_MS)
  const reports = new Map<string, VariantReport>()
  const report = async (name: string): Promise<VariantReport> => {
    if (!reports.has(name)) reports.set(name, await measure(truth, name))
    return reports.get(name)!
  }

  test('every number of every variant is the truth', { timeout: MAKE_TIMEOUT_MS }, async () => {
    for (const [name, known] of Object.entries(truth.variants)) agrees(await report(name), known)
    expect(Object.keys(truth.variants).length).toBeGreaterThanOrEqual(18)
  })

  test('an identical copy is identical in the first line', async () => {
    expect((await report('copy')).tensors.every(({ isIdentical }) => isIdentical)).toBe(true)
    const { stdout } = await tunediff(args(truth, 'copy'), { cache })
    const first = stdout.split('\n').slice(0, 3).join('\n') // the heading is before it
    expect(first).toMatch(/copy is identical to base in all \d+ tensors, bit for bit/)
  })

  test('roundonly: nothing beyond rounding, 0 directions in all 28 matrices', async () => {
    const { finding, ...rest } = await report('roundonly')
    expect(finding).toMatch(/nothing beyond rounding/)
    const above = spectraOf({ finding, ...rest }).map(({ directionsAbove }) => directionsAbove)
    expect(above).toEqual(Array(28).fill(0))
  })

  test.each([8, 16, 32, 64])(
    'planted rank %i merged in bf16: that many directions in all 28',
    async (rank) => {
      const spectra = spectraOf(await report(`planted-r${rank}`))
      expect(spectra.map(({ directionsAbove }) => directionsAbove)).toEqual(Array(28).fill(rank))
    },
  )

  test('a trained adapter of rank 8: 8 directions as it is, never more once merged', async () => {
    const live = spectraOf(await report('lora-adapter'))
    expect(live.map(({ directionsAbove }) => directionsAbove)).toEqual(Array(28).fill(8))
    for (const name of ['lora-merged-bfloat16', 'small-merged']) {
      const above = spectraOf(await report(name)).map(({ directionsAbove }) => directionsAbove)
      expect(above).toHaveLength(28)
      expect(Math.max(...above)).toBeLessThanOrEqual(8)
      expect(Math.min(...above)).toBeGreaterThanOrEqual(1)
    }
  })

  test('planted sizes are read back by kind and layer', async () => {
    const sizes = truth.variants.sizes!.planted as Record<string, number>
    for (const { kind, layer, name, relativeChange } of (await report('sizes')).tensors) {
      if (kind in sizes) near(amount(relativeChange), sizes[kind]! * (layer! + 1), 1e-5, name)
    }
  })

  test('planted sign flips are counted one by one', async () => {
    const counts = truth.variants.flips!.planted as Record<string, number>
    for (const { name, shape, signFlipShare, changedShare } of (await report('flips')).tensors) {
      const n = shape.reduce((a, b) => a * b, 1)
      expect(amount(signFlipShare) * n, name).toBeCloseTo(counts[name] ?? 0, 6)
      expect(amount(changedShare) * n, name).toBeCloseTo(counts[name] ?? 0, 6)
    }
  })

  test('GGUF copies: F32 exactly, Q8_0 up to quantisation', async () => {
    expect(amount((await report('base-f32.gguf')).whole.relativeChange)).toBe(0)
    expect(amount((await report('base-f16.gguf')).whole.relativeChange)).toBeLessThan(1e-6)
    expect(amount((await report('base-q8_0.gguf')).whole.relativeChange)).toBeLessThan(0.008)
  })
})
