// What a path is, and formats that are named with what to do.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { refusePacked } from '../../src/model/packed.ts'
import { recognise } from '../../src/model/recognise.ts'
import { UserError } from '../../src/util/errors.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-recognise-'))
afterAll(() => rmSync(root, { recursive: true }))

let made = 0
/** A folder with these files; content is their name where none is given. */
function folderOf(...files: (string | [name: string, content: string | Uint8Array])[]): string {
  const folder = join(root, `folder-${made++}`)
  mkdirSync(folder)
  for (const file of files) {
    const [name, content] = typeof file === 'string' ? [file, file] : file
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}
const gguf = (rest = ''): Buffer => Buffer.from(`GGUF\u0003\0\0\0${rest}`, 'latin1')

test('models, adapters, variants and runs', async () => {
  const kinds: [string, string][] = [
    ['safetensors', folderOf('model.safetensors', 'config.json', 'pytorch_model.bin')],
    ['safetensors', folderOf('model.safetensors.index.json', 'model-00001-of-00002.safetensors')],
    ['safetensors', join(folderOf('model.safetensors'), 'model.safetensors')],
    ['gguf', folderOf(['any.gguf', gguf()])],
    ['gguf', join(folderOf(['renamed.bin', gguf()]), 'renamed.bin')],
    ['gguf', folderOf(['m-00001-of-00001.gguf', gguf()])],
    ['adapter', folderOf('adapter_config.json', 'adapter_model.safetensors')],
    ['adapter', folderOf('adapter_config.json', 'adapter_model.safetensors', 'model.safetensors')],
    ['safetensors', folderOf('adapter_config.json', 'model.safetensors')],
    ['run', folderOf('run.json', 'samples.jsonl')],
  ]
  for (const [kind, path] of kinds) expect((await recognise(path)).kind, path).toBe(kind)

  const adapterFile = join(
    folderOf('adapter_config.json', 'adapter_model.safetensors'),
    'adapter_model.safetensors',
  )
  expect(await recognise(adapterFile)).toEqual({ kind: 'adapter', path: dirname(adapterFile) })
  const lora = folderOf('variant.json', 'adapter/adapter_config.json', 'adapter/adapter_model.safetensors')
  expect(await recognise(lora)).toEqual({
    kind: 'variant',
    path: lora,
    inner: { kind: 'adapter', path: join(lora, 'adapter') },
  })
  const full = folderOf('variant.json', 'model/model.safetensors')
  expect(await recognise(full)).toMatchObject({ inner: { kind: 'safetensors', path: join(full, 'model') } })
})

const loraGguf = gguf('\x0c\0\0\0\0\0\0\0general.type\x08\0\0\0\x07\0\0\0\0\0\0\0adapter')

test.each<[string, string, RegExp, RegExp]>([
  ['an MLX adapter', folderOf('adapter_config.json', 'adapters.safetensors'), /MLX adapter/, /mlx_lm.fuse/],
  ['an MLX adapter without config', folderOf('adapters.safetensors'), /MLX adapter/, /mlx_lm.fuse/],
  ['MLX weights', folderOf('weights.npz'), /MLX weights/, /safetensors/],
  [
    'a pickled adapter',
    folderOf('adapter_config.json', 'adapter_model.bin'),
    /pickled PEFT adapter/,
    /run code/,
  ],
  [
    'pickled weights',
    folderOf('config.json', 'pytorch_model.bin'),
    /pickled PyTorch/,
    /run code.*transformers/,
  ],
  [
    'pickled shards',
    folderOf('config.json', 'pytorch_model.bin.index.json'),
    /pickled PyTorch/,
    /safetensors/,
  ],
  ['a pickled file', join(folderOf('model.pth'), 'model.pth'), /pickled PyTorch/, /safetensors/],
  ['ONNX', folderOf('config.json', 'model.onnx'), /ONNX/, /exported from/],
  ['ONNX in its folder', folderOf('config.json', 'onnx/model.onnx'), /ONNX/, /exported from/],
  ['TensorFlow', folderOf('config.json', 'tf_model.h5'), /TensorFlow or Flax/, /from_tf/],
  ['Flax', folderOf('config.json', 'flax_model.msgpack'), /TensorFlow or Flax/, /from_flax/],
  ['a llama.cpp LoRA', folderOf(['lora.gguf', loraGguf]), /llama.cpp LoRA/, /PEFT adapter/],
  [
    'a split GGUF',
    folderOf(['m-00001-of-00002.gguf', gguf()], ['m-00002-of-00002.gguf', gguf()]),
    /split GGUF/,
    /--merge/,
  ],
])('%s is named, with what to do', async (_, path, message, hint) => {
  const error = await recognise(path).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toMatch(message)
  expect((error as UserError).message).toMatch(/not read yet/)
  expect((error as UserError).hint).toMatch(hint)
})

test.each<[string, string, RegExp]>([
  ['nothing', folderOf(), /holds no model/],
  [
    'several GGUF files',
    folderOf(['a.gguf', gguf()], ['b.gguf', gguf()]),
    /holds 2 GGUF files: a.gguf, b.gguf/,
  ],
  ['a GGUF file that is none', join(folderOf('a.gguf'), 'a.gguf'), /does not begin with GGUF/],
  ['a text file', join(folderOf('notes.txt'), 'notes.txt'), /is no model file/],
  ['an adapter without weights', folderOf('adapter_config.json'), /no adapter_model.safetensors/],
  ['an adapter without config', folderOf('adapter_model.safetensors'), /no adapter_config.json/],
  ['a variant that was not finished', folderOf('variant.json'), /neither adapter\/ nor model\//],
])('%s is refused', async (_, path, message) => {
  await expect(recognise(path)).rejects.toThrow(message)
  await expect(recognise(path)).rejects.toBeInstanceOf(UserError)
})

test('a name of the hub without hf: is told how to be written', async () => {
  const error = await recognise('some-owner/some-name').catch((caught: unknown) => caught)
  expect((error as UserError).message).toMatch(/does not exist/)
  expect((error as UserError).hint).toMatch(/hf:some-owner\/some-name/)
})

test.each<[string, string[]]>([
  ['bitsandbytes 4-bit', ['a.weight', 'a.weight.absmax', 'a.weight.quant_state.bitsandbytes__nf4']],
  ['bitsandbytes 8-bit', ['a.weight', 'a.SCB']],
  ['GPTQ', ['a.qweight', 'a.qzeros', 'a.scales', 'a.g_idx']],
  ['AWQ', ['a.qweight', 'a.qzeros', 'a.scales']],
  ['compressed-tensors', ['a.weight_packed', 'a.weight_scale', 'a.weight_shape']],
  ['MXFP4', ['mlp.experts.down_proj_blocks', 'mlp.experts.down_proj_scales']],
  ['quantised MLX', ['a.weight', 'a.scales', 'a.biases']],
])('%s weights are named by their tensors', (layout, names) => {
  expect(() => refusePacked('model', ['norm.weight', ...names])).toThrow(`model: ${layout} weights (`)
  expect(() => refusePacked('model', ['norm.weight', 'a.weight', 'a.bias'])).not.toThrow()
})
