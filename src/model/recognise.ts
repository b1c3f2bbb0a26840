// What lies at a path: a model, an adapter, a variant, a run, or a format that is not read yet, which is named with
// what to do about it. Looks at names and a few first bytes; packed layouts inside safetensors are packed.ts.
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { UserError } from '../util/errors.ts'
import { fileError } from '../util/textFile.ts'
import { INDEX_FILE, SINGLE_FILE } from './safetensorsFolder.ts'

export type Recognised =
  /** `path` is the file, or the folder of one or more files. */
  | { kind: 'safetensors'; path: string }
  | { kind: 'gguf'; path: string }
  | { kind: 'adapter'; path: string }
  /** A folder with variant.json; `inner` is what it holds. */
  | { kind: 'variant'; path: string; inner: Recognised }
  | { kind: 'run'; path: string }

/** How much of a GGUF file is searched for its kind, which writers put first. */
const GGUF_START_BYTES = 1 << 16

/** Says what is at `path` (absolute in the answer). What is not read is a UserError that names the format. */
export async function recognise(path: string): Promise<Recognised> {
  const absolute = resolve(path)
  const info = await stat(absolute).catch((error: unknown) => {
    throw notThere(path, error)
  })
  return info.isDirectory() ? recogniseFolder(absolute) : recogniseFile(absolute)
}

async function recogniseFolder(folder: string): Promise<Recognised> {
  const names = await readdir(folder)
  const has = (name: string): boolean => names.includes(name)
  if (has('run.json')) return { kind: 'run', path: folder }
  if (has('variant.json')) return recogniseVariant(folder, names)
  const isModel = has(SINGLE_FILE) || has(INDEX_FILE)
  const isAdapter = has('adapter_model.safetensors') || has('adapter_model.bin')
  if (isAdapter || (has('adapter_config.json') && !isModel)) return recogniseAdapter(folder, names)
  if (has('adapters.safetensors') || has('adapters.npz')) throw notRead(folder, 'MLX adapter')
  if (names.some((name) => name.endsWith('.safetensors') || name.endsWith('.safetensors.index.json'))) {
    return { kind: 'safetensors', path: folder }
  }
  const ggufs = names.filter((name) => /\.gguf$/i.test(name)).sort()
  if (ggufs.length === 1) return recogniseFile(join(folder, ggufs[0]!))
  if (ggufs.length > 1) {
    if (ggufs.every((name) => SPLIT_GGUF.test(name))) throw notRead(join(folder, ggufs[0]!), 'split GGUF')
    throw new UserError(`${folder} holds ${ggufs.length} GGUF files: ${ggufs.slice(0, 4).join(', ')}`, {
      hint: `name one: ${join(folder, ggufs[0]!)}`,
    })
  }
  refuseFormats(folder, names)
  throw new UserError(`${folder} holds no model`, {
    hint: 'wanted is a folder with .safetensors files, a .gguf file, a PEFT adapter or a variant of tunediff',
  })
}

async function recogniseVariant(folder: string, names: readonly string[]): Promise<Recognised> {
  const inner = ['adapter', 'model'].find((name) => names.includes(name))
  if (inner) return { kind: 'variant', path: folder, inner: await recognise(join(folder, inner)) }
  throw new UserError(`${folder} has a variant.json and neither adapter/ nor model/`, {
    hint: 'the variant was not finished: run the command that trains it again, which goes on',
  })
}

function recogniseAdapter(folder: string, names: readonly string[]): Recognised {
  if (names.includes('adapter_model.safetensors')) {
    if (names.includes('adapter_config.json')) return { kind: 'adapter', path: folder }
    throw new UserError(`${folder} has an adapter_model.safetensors and no adapter_config.json`, {
      hint: 'copy or download adapter_config.json too: it holds the scale of the adapter',
    })
  }
  if (names.includes('adapter_model.bin')) throw notRead(folder, 'pickled PEFT adapter')
  if (names.some((name) => /^(\d+_)?adapters\.(safetensors|npz)$/.test(name))) {
    throw notRead(folder, 'MLX adapter')
  }
  throw new UserError(`${folder} has an adapter_config.json and no adapter_model.safetensors`, {
    hint: 'copy or download adapter_model.safetensors too',
  })
}

async function recogniseFile(path: string): Promise<Recognised> {
  const name = basename(path)
  const start = await firstBytes(path, GGUF_START_BYTES)
  if (start.subarray(0, 4).toString('latin1') === 'GGUF') {
    if (isLoraGguf(start)) throw notRead(path, 'llama.cpp LoRA')
    if (SPLIT_GGUF.test(name)) throw notRead(path, 'split GGUF')
    return { kind: 'gguf', path }
  }
  if (/\.gguf$/i.test(name)) {
    throw new UserError(`${path} does not begin with GGUF`, {
      hint: 'it is cut off, a Git LFS pointer or another format: download it again',
    })
  }
  if (name === 'adapter_model.safetensors') return recogniseFolder(dirname(path))
  if (name === 'model.safetensors.index.json') return { kind: 'safetensors', path: dirname(path) }
  const format = formatByName(name)
  if (format) throw notRead(path, format)
  if (extname(name) === '.safetensors') return { kind: 'safetensors', path }
  throw new UserError(`${path} is no model file`, {
    hint: 'wanted is a folder with .safetensors files, a .safetensors or .gguf file, or an adapter folder',
  })
}

async function firstBytes(path: string, bytes: number): Promise<Buffer> {
  try {
    await using file = await open(path)
    const buffer = Buffer.alloc(bytes)
    const { bytesRead } = await file.read(buffer, 0, bytes, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw fileError(path, error)
  }
}

/** general.type, a string (type 8) of 7 bytes, "adapter", as GGUF's key-value pairs lie in the file. */
function isLoraGguf(start: Buffer): boolean {
  const pair = Buffer.alloc('general.type'.length + 4 + 8)
  pair.write('general.type', 'latin1')
  pair.writeUInt32LE(8, 'general.type'.length)
  pair.writeUInt32LE('adapter'.length, 'general.type'.length + 4)
  return start.includes(Buffer.concat([pair, Buffer.from('adapter')]))
}

/** A part of several; a file that is split into one is whole. */
const SPLIT_GGUF = /-\d{5}-of-(?!00001)\d{5}\.gguf$/i

const NOT_READ = {
  'MLX adapter': 'fuse it with mlx_lm.fuse --de-quantize and compare the fused model',
  'MLX weights': 'save the model as safetensors: mlx_lm.convert --dequantize',
  'llama.cpp LoRA': 'name the PEFT adapter folder that it was converted from',
  'split GGUF': 'join it first: llama-gguf-split --merge FIRST-PART JOINED.gguf',
  'pickled PEFT adapter': 'it may run code when it is opened: save it as adapter_model.safetensors with peft',
  'pickled PyTorch weights':
    'they may run code when they are opened: save the model as safetensors with transformers',
  ONNX: 'name the safetensors or GGUF model that it was exported from',
  'TensorFlow or Flax weights': 'save the model as safetensors with transformers (from_tf or from_flax)',
  'NumPy weights': 'save the model as safetensors',
} as const
type NotRead = keyof typeof NOT_READ

const NAMES: readonly (readonly [RegExp, NotRead])[] = [
  [/^(\d+_)?adapters\.(safetensors|npz)$/, 'MLX adapter'],
  [/^adapter_model\.bin$/, 'pickled PEFT adapter'],
  [/^(.*\.(bin|pt|pth|ckpt|pkl)|.*\.bin\.index\.json)$/, 'pickled PyTorch weights'],
  [/^(onnx|.*\.onnx(_data)?)$/, 'ONNX'],
  [/^(.*\.(h5|pb|tflite|msgpack)|saved_model|.*\.ckpt\.index)$/, 'TensorFlow or Flax weights'],
  [/^weights(\.\d+)?\.npz$/, 'MLX weights'],
  [/\.np[yz]$/, 'NumPy weights'],
]

/** Refuses a folder in which a file of a format that is not read stands; `where` is named. */
export function refuseFormats(where: string, names: readonly string[]): void {
  for (const name of names.toSorted()) {
    const format = formatByName(name)
    if (format) throw notRead(where, format)
  }
}

function formatByName(name: string): NotRead | undefined {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1]
}

function notRead(path: string, format: NotRead): UserError {
  return new UserError(`${path}: ${format}, a format that is not read yet`, { hint: NOT_READ[format] })
}

function notThere(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return fileError(path, error)
  const onHub = /^[\w.-]+\/[\w.-]+$/.test(path)
  return new UserError(`${path} does not exist`, {
    hint: onHub ? `check the path; a model of the hub is written hf:${path}` : 'check the path',
    cause: error,
  })
}
