// `weights` as a user runs it, on small folders: identical, cast only, planted changes, resumed, several variants.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WeightsReport, weightsReportSchema } from '../src/schema/weights.ts'
import { random } from '../src/stats/random.ts'
import { bf16, f32, type WrittenTensor, writeSafetensors } from './model/writeSafetensors.ts'
import { realModel } from './realModels.ts'
import { tunediff } from './support/cli.ts'
import { isSoak } from './support/soak.ts'

const D = 64
const LAYERS = 3
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tunediff-weights-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Values that bf16 holds exactly, of mixed sizes, none of them zero. */
function valuesFor(name: string, n: number): number[] {
  const next = random([...name].reduce((sum, c) => sum + c.charCodeAt(0), 0))
  const bits = new Float32Array(1)
  const words = new Uint32Array(bits.buffer)
  return Array.from({ length: n }, () => {
    bits[0] = (next() - 0.5) * 0.1 + 0.0001
    words[0]! &= 0xffff0000
    return bits[0]
  })
}

const MATRICES = ['self_attn.q_proj', 'self_attn.o_proj', 'mlp.down_proj']

function weightsOf(): Record<string, number[]> {
  const all: Record<string, number[]> = { 'model.embed_tokens.weight': valuesFor('embed', 100 * D) }
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const name of MATRICES) {
      const whole = `model.layers.${layer}.${name}.weight`
      all[whole] = valuesFor(whole, D * D)
    }
    all[`model.layers.${layer}.input_layernorm.weight`] = valuesFor(`norm${layer}`, D)
  }
  return all
}

function write(name: string, weights: Record<string, number[]>, type: typeof bf16 | typeof f32): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  const tensors: Record<string, WrittenTensor> = {}
  for (const [tensor, values] of Object.entries(weights)) {
    tensors[tensor] = type(values.length === D ? [D] : [values.length / D, D], values)
  }
  writeSafetensors(join(path, 'model.safetensors'), tensors)
  writeFileSync(
    join(path, 'config.json'),
    JSON.stringify({ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: D }),
  )
  return path
}

async function weights(...args: string[]): Promise<WeightsReport> {
  const cache = join(folder, 'cache')
  const result = await tunediff(['weights', ...args, '--json'], { cache })
  expect(result.stderr).toContain('written: ')
  expect(result.code).toBe(0)
  return weightsReportSchema.parse(JSON.parse(result.stdout))
}

const value = (measure: unknown): number => (measure as { value: number }).value
const zero = (measure: unknown): number => (measure as { zero: { value: number } }).zero.value

describe('weights', () => {
  it('says in the first line that a copy is identical', async () => {
    const base = write('base', weightsOf(), bf16)
    const copy = write('copy', weightsOf(), bf16)
    const report = await weights(base, copy)
    expect(report.variants[0]!.finding).toBe('copy is identical to base in all 13 tensors, bit for bit.')
    expect(value(report.variants[0]!.whole.relativeChange)).toBe(0)
    expect(zero(report.variants[0]!.whole.relativeChange)).toBeGreaterThan(0.001)
    const { stdout } = await tunediff(['weights', base, copy], { cache: join(folder, 'cache') })
    expect(stdout.split('\n').slice(0, 3)).toEqual(['copy against base', '', report.variants[0]!.finding])
  })

  it('finds nothing beyond rounding in an fp32 model whose bf16 rounding is the base', async () => {
    const base = write('base', weightsOf(), bf16)
    const weightsNow = weightsOf()
    const next = random(5)
    for (const values of Object.values(weightsNow)) {
      values.forEach((v, i) => {
        const ulp = 2 ** (Math.floor(Math.log2(Math.abs(v))) - 7)
        values[i] = v + (next() - 0.5) * 0.98 * ulp * (Math.log2(Math.abs(v)) % 1 === 0 ? 0.49 : 1)
      })
    }
    const report = await weights(base, write('roundonly', weightsNow, f32))
    const [variant] = report.variants
    expect(variant!.finding).toContain('roundonly holds nothing beyond rounding')
    expect(value(variant!.whole.aboveOneUlpShare)).toBe(0)
    for (const { spectrum } of variant!.tensors) {
      if (!('absent' in spectrum)) expect(spectrum.directionsAbove).toBe(0)
    }
  })

  it('counts planted sign flips, changes and moved rows exactly, and leaves the rest alone', async () => {
    const base = write('base', weightsOf(), bf16)
    const changed = weightsOf()
    const planted = changed['model.layers.1.self_attn.o_proj.weight']!
    for (let i = 0; i < 37; i++) planted[i * 5] = -planted[i * 5]!
    const embedding = changed['model.embed_tokens.weight']!
    for (let j = 0; j < D; j++) embedding[42 * D + j]! *= 2
    const report = await weights(base, write('planted', changed, bf16))
    const tensors = new Map(report.variants[0]!.tensors.map((tensor) => [tensor.name, tensor]))
    const moved = tensors.get('model.layers.1.self_attn.o_proj.weight')!
    expect(value(moved.signFlipShare) * D * D).toBeCloseTo(37, 9)
    expect(value(moved.changedShare) * D * D).toBeCloseTo(37, 9)
    const rows = tensors.get('model.embed_tokens.weight')!.movedRows!
    expect(rows.map(({ row }) => row)).toEqual([42])
    expect(report.variants[0]!.tensors.filter(({ isIdentical }) => !isIdentical)).toHaveLength(2)
    expect(report.variants[0]!.evidence.join(' ')).toContain(
      'Untouched, bit for bit: q_proj, down_proj, norm.',
    )
  })

  it('recovers a planted low-rank change, its size and its direction count', async () => {
    const base = write('base', weightsOf(), f32)
    const changed = weightsOf()
    const exact: Record<string, number> = {}
    for (const [name, values] of Object.entries(changed)) {
      if (!name.includes('q_proj')) continue
      const next = random(name.length + Number(/\d+/.exec(name)![0]))
      const factor = (): number[] => Array.from({ length: D }, () => next() - 0.5)
      const directions = [0, 1, 2].map(() => ({ left: factor(), right: factor() }))
      let delta = 0
      const norm = values.reduce((sum, v) => sum + v * v, 0)
      for (let i = 0; i < D; i++) {
        for (let j = 0; j < D; j++) {
          const before = Math.fround(values[i * D + j]!)
          const d = directions.reduce((sum, { left, right }) => sum + 0.002 * left[i]! * right[j]!, 0)
          values[i * D + j] = Math.fround(before + d)
          delta += (values[i * D + j]! - before) ** 2
        }
      }
      exact[name] = Math.sqrt(delta / norm)
    }
    const report = await weights(base, write('lowrank', changed, f32))
    for (const tensor of report.variants[0]!.tensors.filter(({ isIdentical }) => !isIdentical)) {
      expect(value(tensor.relativeChange) / exact[tensor.name]!).toBeCloseTo(1, 5)
      expect(tensor.spectrum).toMatchObject({ directionsAbove: 3, isCut: false })
    }
    expect(report.variants[0]!.finding).toContain(
      'at least 3 directions above rounding in 3 measured matrices',
    )
  })

  it('compares the shared rows of a vocabulary that grew, and says so', async () => {
    const base = write('base', weightsOf(), bf16)
    const grown = weightsOf()
    grown['model.embed_tokens.weight'] = [
      ...grown['model.embed_tokens.weight']!,
      ...valuesFor('new tokens', 3 * D),
    ]
    const [variant] = (await weights(base, write('grown', grown, bf16))).variants
    expect(variant!.finding).toContain('in 1 of 13 tensors')
    expect(value(variant!.whole.relativeChange)).toBe(0)
    expect(variant!.evidence.join(' ')).toContain(
      "model.embed_tokens.weight has 3 rows more than the base's 100: the 100 shared rows are compared by number",
    )
  })

  it('compares several variants among each other beside the random value', async () => {
    const base = write('base', weightsOf(), f32)
    const shifted = (seed: number, scale: number): Record<string, number[]> => {
      const all = weightsOf()
      for (const [name, values] of Object.entries(all)) {
        if (!name.includes('proj')) continue
        const next = random(seed)
        const [left, right] = [values.slice(0, D).map(next), values.slice(0, D).map(next)]
        values.forEach((v, i) => {
          values[i] = v + scale * (left[Math.floor(i / D)]! - 0.5) * (right[i % D]! - 0.5)
        })
      }
      return all
    }
    const report = await weights(
      base,
      write('one', shifted(1, 0.01), f32),
      write('twice-one', shifted(1, 0.02), f32),
      write('other', shifted(2, 0.01), f32),
    )
    const { deltaCosine, deltaCosineRandom, subspaceOverlap, subspaceOverlapRandom } = report.across!
    expect(deltaCosine[0]![1]).toBeGreaterThan(0.99)
    expect(Math.abs(deltaCosine[0]![2]!)).toBeLessThan(0.5)
    expect(deltaCosineRandom).toBeLessThan(0.01)
    expect(subspaceOverlap[0]![1]).toBeGreaterThan(0.99)
    expect(subspaceOverlap[0]![2]).toBeLessThan(0.3)
    expect(subspaceOverlapRandom[0]![2]).toBeCloseTo(1 / D, 9)
  })

  it('goes on where it was stopped, and asks for another folder where one is taken', async () => {
    const base = write('base', weightsOf(), bf16)
    const changed = weightsOf()
    changed['model.layers.0.self_attn.q_proj.weight']![3]! += 0.5
    const variant = write('stopped', changed, bf16)
    const output = join(folder, 'out')
    const whole = await weights(base, variant, '-o', output)
    const at = join(output, 'stopped')
    const rows = readFileSync(join(at, 'tensors.jsonl'), 'utf8')
    const measurement = JSON.parse(readFileSync(join(at, 'measurement.json'), 'utf8'))
    writeFileSync(join(at, 'measurement.json'), JSON.stringify({ ...measurement, finished: false }))
    writeFileSync(join(at, 'tensors.jsonl'), rows.slice(0, rows.length / 2))
    expect(await weights(base, variant, '-o', output)).toEqual(whole)
    rmSync(join(folder, 'stopped'), { recursive: true })
    write('stopped', weightsOf(), bf16)
    const refused = await tunediff(['weights', base, variant, '-o', output], { cache: join(folder, 'cache') })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('holds another measurement')
  })

  it('calls small updates in the same format real, not rounding', async () => {
    const base = write('base', weightsOf(), bf16)
    const nudged = weightsOf()
    const bits = new Float32Array(1)
    const words = new Uint32Array(bits.buffer)
    for (const values of Object.values(nudged)) {
      for (let i = 0; i < values.length; i += 50) {
        bits[0] = values[i]!
        words[0]! += 0x10000
        values[i] = bits[0]
      }
    }
    const [variant] = (await weights(base, write('nudged', nudged, bf16))).variants
    expect(variant!.finding).toContain('nudged differs from base by')
    expect(variant!.finding).toContain(
      'each element that moved did so by no more than one unit in the last place',
    )
  })

  it('names elements that are not finite first, and leaves them out of the sums', async () => {
    const base = write('base', weightsOf(), bf16)
    const broken = weightsOf()
    broken['model.layers.0.mlp.down_proj.weight']![7] = Number.NaN
    const [variant] = (await weights(base, write('broken', broken, bf16))).variants
    expect(variant!.finding).toMatch(
      /^1 element is NaN or infinite on either side, in 1 tensor \(model.layers.0.mlp.down_proj.weight\)/,
    )
    expect(variant!.evidence.join(' ')).toContain(
      'Untouched, bit for bit: embed_tokens, q_proj, o_proj, norm.',
    )
    expect(value(variant!.whole.relativeChange)).toBe(0)
  })

  it('prints more than 100 %, and no ratio to a base that is zero', async () => {
    const fourfold = weightsOf()
    for (const values of Object.values(fourfold)) values.splice(0, values.length, ...values.map((v) => 4 * v))
    const base = write('base', weightsOf(), bf16)
    const [variant] = (await weights(base, write('fourfold', fourfold, bf16))).variants
    expect(variant!.finding).toContain("300 % of the norm of the base's matrices")
    const zeroed = weightsOf()
    zeroed['model.layers.0.input_layernorm.weight']!.fill(0)
    const report = await weights(write('zeroed', zeroed, bf16), base)
    const norm = report.variants[0]!.tensors.find(
      ({ name }) => name === 'model.layers.0.input_layernorm.weight',
    )
    expect(norm!.relativeChange).toEqual({ absent: 'the base is zero there' })
  })

  it('compares variants whose vocabularies have other lengths over the rows that all share', async () => {
    const base = write('base', weightsOf(), bf16)
    const sized = (rows: number): Record<string, number[]> => {
      const all = weightsOf()
      const table = [...all['model.embed_tokens.weight']!, ...valuesFor('more', 20 * D)].slice(0, rows * D)
      table[3] = table[3]! * 2
      return { ...all, 'model.embed_tokens.weight': table }
    }
    const report = await weights(base, write('longer', sized(110), bf16), write('shorter', sized(90), bf16))
    expect(report.across!.deltaCosine[0]![1]).toBeCloseTo(1, 9)
    expect(report.across!.subspaceOverlap[0]![1]).toBeNull()
  })

  it('starts anew where the folder holds rows and no measurement, and refuses what fits nothing', async () => {
    const base = write('base', weightsOf(), bf16)
    const output = join(folder, 'stale')
    const first = await weights(base, write('same-name', weightsOf(), bf16), '-o', output)
    expect(first.variants[0]!.finding).toContain('identical')
    const changed = weightsOf()
    changed['model.layers.0.self_attn.q_proj.weight']![3]! += 0.5
    const variant = write('same-name', changed, bf16)
    writeFileSync(join(output, 'same-name', 'measurement.json'), '{}')
    expect((await weights(base, variant, '-o', output)).variants[0]!.finding).toContain('differs')
    const cache = join(folder, 'cache')
    const none = await tunediff(['weights', base, variant, '--tensors', 'zzz*'], { cache })
    expect(none).toMatchObject({ code: 2, stdout: '' })
    expect(none.stderr).toContain('names are such as model.embed_tokens.weight')
    const quantised = await tunediff(['weights', base, variant, '--quantised-base', base], { cache })
    expect(quantised).toMatchObject({ code: 2, stdout: '' })
    expect(quantised.stderr).toContain('leave --quantised-base out')
  })

  it('compares real models: SmolLM2 with itself, and with its 4-bit copy', async ({ skip }) => {
    const path = realModel('smollm2')
    if (!path) return skip('SmolLM2 cannot be had here')
    const only = ['--tensors', isSoak ? 'model.layers.0.*' : 'model.layers.0.self_attn.k_proj*']
    const same = await weights(path, path, ...only)
    expect(same.variants[0]!.finding).toContain('is identical to')
    const [quantised] = (await weights(path, `nf4:${path}`, ...only)).variants
    const change = value(quantised!.matrices.relativeChange)
    expect(change).toBeGreaterThan(0.08)
    expect(change).toBeLessThan(zero(quantised!.matrices.relativeChange))
    expect(value(quantised!.matrices.signFlipShare)).toBe(0)
  })
})
