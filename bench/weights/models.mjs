// Synthetic models of Llama's shape for bench/weights.mjs, written row by row from random seeds: a bf16 pair whose variant
// is the base + a low rank at a known relative size, a low-rank adapter, and a sparse folder whose files hold no data.
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** Both 16-bit halves of a word are used; xorshift128 (Marsaglia 2003). */
function randomWords(seed) {
  let [x, y, z, w] = [seed >>> 0 || 1, 362436069, 521288629, 88675123]
  return () => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    return w >>> 0
  }
}

/** 2^16 quantiles of the normal distribution: a draw is one look-up. Inverse by bisection on the density's integral. */
const NORMAL = normalTable()
function normalTable() {
  const table = new Float32Array(65536)
  const step = 1 / 4096
  let [x, below] = [0, 0.5]
  const density = (t) => Math.exp(-t * t * 0.5) / Math.sqrt(2 * Math.PI)
  for (let i = 32768; i < 65536; i++) {
    const wanted = (i + 0.5) / 65536
    while (below < wanted) {
      below += step * density(x + step / 2)
      x += step
    }
    table[i] = x - (below - wanted) / density(x)
    table[65535 - i] = -table[i]
  }
  return table
}

function fillNormal(values, next, scale) {
  for (let i = 0; i < values.length; i++) {
    const word = next()
    values[i] = scale * NORMAL[word & 0xffff]
    if (++i < values.length) values[i] = scale * NORMAL[word >>> 16]
  }
}

/** fp32 to bf16, round to nearest even. */
function toBf16(values, out) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16
}

/** [name, shape] of the matrices of one layer. */
function layerTensors(layer, { width, inner }) {
  const at = `model.layers.${layer}`
  const square = ['q', 'k', 'v', 'o'].map((kind) => [`${at}.self_attn.${kind}_proj.weight`, [width, width]])
  return [
    ...square,
    [`${at}.mlp.gate_proj.weight`, [inner, width]],
    [`${at}.mlp.up_proj.weight`, [inner, width]],
    [`${at}.mlp.down_proj.weight`, [width, inner]],
  ]
}

const elements = (shape) => shape.reduce((n, size) => n * size, 1)

function headerOf(tensors, dtype, bytesEach) {
  let at = 0
  const entries = tensors.map(([name, shape]) => {
    const begin = at
    at += elements(shape) * bytesEach
    return [name, { dtype, shape, data_offsets: [begin, at] }]
  })
  const text = JSON.stringify(Object.fromEntries(entries))
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 1024) * 1024))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(json.length))
  return { header: Buffer.concat([size, json]), dataBytes: at }
}

export const weightsOf = (shape) =>
  shape.layers * layerTensors(0, shape).reduce((sum, [, size]) => sum + elements(size), 0)

function writeConfig(folder, { width, inner, layers }) {
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: width / 64,
    num_key_value_heads: width / 64,
    rms_norm_eps: 1e-6,
    vocab_size: 32000,
    dtype: 'bfloat16',
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
}

const shardName = (layer, layers) =>
  `model-${String(layer + 1).padStart(5, '0')}-of-${String(layers).padStart(5, '0')}.safetensors`

function writeIndex(folder, shape) {
  const map = {}
  for (let layer = 0; layer < shape.layers; layer++)
    for (const [name] of layerTensors(layer, shape)) map[name] = shardName(layer, shape.layers)
  const index = { metadata: { total_size: 2 * weightsOf(shape) }, weight_map: map }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
}

/** One matrix of base and variant, a row at a time. */
function writeMatrix(files, [rows, columns], { next, rank, relative }) {
  const weightScale = 0.02
  const a = Array.from({ length: rank }, () => {
    const row = new Float32Array(columns)
    fillNormal(row, next, 1)
    return row
  })
  // A Gaussian product of this rank has elements of variance `rank`.
  const scale = (relative * weightScale) / Math.sqrt(rank)
  const row = new Float32Array(columns)
  const b = new Float32Array(rank)
  const rounded = { base: new Uint16Array(columns), variant: new Uint16Array(columns) }
  for (let i = 0; i < rows; i++) {
    fillNormal(row, next, weightScale)
    toBf16(row, rounded.base)
    writeSync(files.base, rounded.base)
    new Uint32Array(row.buffer).set(rounded.base)
    const bits = new Uint32Array(row.buffer)
    for (let j = 0; j < columns; j++) bits[j] <<= 16
    fillNormal(b, next, scale)
    for (let k = 0; k < rank; k++) for (let j = 0; j < columns; j++) row[j] += b[k] * a[k][j]
    toBf16(row, rounded.variant)
    writeSync(files.variant, rounded.variant)
  }
}

/** Writes base and variant, a shard a layer. With `repeat`, all layers have the first one's values. */
export function writePair(folder, shape, { rank, relative, repeat = false, onLayer = () => {} }) {
  const sides = { base: join(folder, 'base'), variant: join(folder, 'variant') }
  for (const side of Object.values(sides)) {
    mkdirSync(side, { recursive: true })
    writeConfig(side, shape)
    writeIndex(side, shape)
  }
  for (let layer = 0; layer < shape.layers; layer++) {
    const paths = Object.values(sides).map((side) => join(side, shardName(layer, shape.layers)))
    if (repeat && layer > 0) copyLayer(sides, shape, layer)
    else writeLayer(paths, layerTensors(layer, shape), { next: randomWords(layer + 1), rank, relative })
    onLayer(layer + 1)
  }
  return sides
}

function writeLayer(paths, tensors, how) {
  const { header } = headerOf(tensors, 'BF16', 2)
  const [base, variant] = paths.map((path) => openSync(path, 'w'))
  writeSync(base, header)
  writeSync(variant, header)
  for (const [, size] of tensors) writeMatrix({ base, variant }, size, how)
  closeSync(base)
  closeSync(variant)
}

/** The first layer's file under another layer's names; headers are padded, so that theirs are of one length. */
function copyLayer(sides, shape, layer) {
  const [first, header] = [0, layer].map((one) => headerOf(layerTensors(one, shape), 'BF16', 2).header)
  if (header.length !== first.length) throw new Error(`the header of layer ${layer} has another length`)
  for (const side of Object.values(sides)) {
    const path = join(side, shardName(layer, shape.layers))
    copyFileSync(join(side, shardName(0, shape.layers)), path)
    const file = openSync(path, 'r+')
    writeSync(file, header, 0, header.length, 0)
    closeSync(file)
  }
}

/** A folder that claims a whole model and takes no room: the data of its files are holes. */
export function writeSparse(folder, shape) {
  mkdirSync(folder, { recursive: true })
  writeConfig(folder, shape)
  writeIndex(folder, shape)
  for (let layer = 0; layer < shape.layers; layer++) {
    const { header, dataBytes } = headerOf(layerTensors(layer, shape), 'BF16', 2)
    const file = openSync(join(folder, shardName(layer, shape.layers)), 'w')
    writeSync(file, header)
    ftruncateSync(file, header.length + dataBytes)
    closeSync(file)
  }
  return folder
}

/** A bf16 LoRA on all linear layers, as PEFT names it. */
export function writeAdapter(folder, shape, rank) {
  mkdirSync(folder, { recursive: true })
  const modules = Array.from({ length: shape.layers }, (_, layer) => layerTensors(layer, shape)).flat()
  const tensors = modules.flatMap(([name, [rows, columns]]) => {
    const module = `base_model.model.${name.replace(/\.weight$/, '')}`
    return [
      [`${module}.lora_A.weight`, [rank, columns]],
      [`${module}.lora_B.weight`, [rows, rank]],
    ]
  })
  const { header } = headerOf(tensors, 'BF16', 2)
  const file = openSync(join(folder, 'adapter_model.safetensors'), 'w')
  writeSync(file, header)
  const next = randomWords(99)
  for (const [, size] of tensors) {
    const values = new Float32Array(elements(size))
    fillNormal(values, next, 0.01)
    const out = new Uint16Array(values.length)
    toBf16(values, out)
    writeSync(file, out)
  }
  closeSync(file)
  const targets = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'].map((kind) => `${kind}_proj`)
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    r: rank,
    lora_alpha: rank,
    target_modules: targets,
  }
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({ ...config, base_model_name_or_path: '../sparse' }),
  )
  return { folder, values: tensors.reduce((sum, [, size]) => sum + elements(size), 0) }
}
