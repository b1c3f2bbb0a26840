// Rotary embeddings as transformers makes them from config.json (goldens/rotary): each scaling, in the words of its
// versions 4 and 5, and with what stands beside the parameters.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type RotaryConfig, rotaryOf } from '../../src/model/architectures/rotary.ts'
import { UserError } from '../../src/util/errors.ts'

interface Case {
  name: string
  config: { head_dim: number } & Record<string, unknown>
  layerType: string | null
  own: RotaryConfig['own'] | null
  /** null: refused. */
  frequencies: readonly number[] | null
  scale: number | null
}

const path = fileURLToPath(new URL('../goldens/rotary/cases.json', import.meta.url))
const cases: readonly Case[] = JSON.parse(readFileSync(path, 'utf8'))

const ours = ({ config, layerType, own }: Case) =>
  rotaryOf({
    config,
    headDim: config.head_dim,
    ...(layerType === null ? {} : { layerType }),
    ...(own ? { own } : {}),
  })

const built = cases.filter(({ frequencies }) => frequencies !== null)

// Theirs is a chain of a few fp32 steps, each of which rounds by 6e-8 at most.
test.each(built)('$name: frequencies and scale are those of transformers', (golden) => {
  const { frequencies, scale } = ours(golden)
  const apart = golden.frequencies!.map((theirs, i) => Math.abs(frequencies[i]! - theirs) / theirs)
  expect(frequencies).toHaveLength(golden.frequencies!.length)
  expect(Math.max(...apart)).toBeLessThan(3e-7)
  expect(scale).toBeCloseTo(golden.scale!, 12)
})

test.each(cases.filter((golden) => !built.includes(golden)))('$name is refused', (golden) => {
  expect(() => ours(golden)).toThrow(UserError)
  expect(() => ours(golden)).toThrow(`rotary scaling ${golden.name} of this llama model is not built here`)
})

test('heads that are turned in part are refused, wherever the config says so', () => {
  const config = {
    model_type: 'llama',
    rope_parameters: { rope_type: 'default' },
    partial_rotary_factor: 0.5,
  }
  expect(() => rotaryOf({ config, headDim: 16 })).toThrow('a rotary embedding of 0.5 of each head')
})

test.each([
  ['attn_factor', 0.8],
  ['yarn_attn_factor', 1.2],
  ['yarn_ext_factor', 0.5],
  ['yarn_log_multiplier', 0.1],
])('what GGUF adds to a scaling is refused where it does something: %s', (key, value) => {
  const scaling = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32 }
  const rotary = (more: object) =>
    rotaryOf({ config: { model_type: 'qwen2', rope_scaling: { ...scaling, ...more } }, headDim: 16 })
  expect(() => rotary({ [key]: value })).toThrow(`rotary scaling with ${key} ${value}`)
  expect(rotary({ [key]: key === 'yarn_log_multiplier' ? 0 : 1 })).toEqual(rotary({}))
})
