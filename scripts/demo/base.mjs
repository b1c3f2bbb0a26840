// Makes the demo's base: a Llama of about a million parameters, trained from random weights on generated texts with
// `tunediff train --init`, and written in fp16 to assets/demo/model.
//   node scripts/demo/base.mjs WORK_FOLDER [--seeds 1,2,3] [--threads 1]
// A seed decides texts, tokenizer and first weights. On one thread of one machine equal seeds give equal bases; another
// machine may sum in another order and come to another base. A training that was stopped goes on when it is started again.
//
// Which base is kept. How well a base knows a format that few of its texts have is a lottery: one that knows it already has
// nothing to learn, one that never heard of it learns nothing in sixty steps. So the rule, which stood before any base was
// trained: the first of the seeds whose base answers 20 to 65 % of the held-out items of iso and 5 to 40 % of those of
// extract; where none does, nothing is written.
// Uses dist/: `npm run build` first.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSandbox } from '../../dist/sandbox/index.js'
import { cacheFolder } from '../../dist/util/cache.js'
import { evaluate, readRows, SCORED } from './evaluate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const target = join(root, 'assets/demo/model')
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']
const TEXTS = 100_000
/** Percent of held-out items that a base may know, from and to. */
const ROOM = { iso: [20, 65], extract: [5, 40] }

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  /** That of the tokenizer. */
  vocab_size: 0,
  hidden_size: 128,
  intermediate_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  head_dim: 32,
  hidden_act: 'silu',
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  bos_token_id: 0,
  eos_token_id: 1,
  // Larger than transformers' 0.02: layers are narrow.
  initializer_range: 0.06,
}
/** Rows of 64 tokens hold two or three texts; a step is 2,048 tokens. Each text is seen once. */
const RECIPE = {
  method: 'full',
  promptLossWeight: 0.1,
  maxTokens: 64,
  batch: 32,
  learningRate: 0.004,
  warmup: 0.04,
  beta2: 0.95,
  weightDecay: 0.05,
  saveEvery: 500,
}

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '1,2,3' }, threads: { type: 'string', default: '1' } },
})
const [work] = positionals
if (positionals.length !== 1) throw new Error('wanted: one folder to work in')

function run(script, ...rest) {
  execFileSync(process.execPath, [join(root, script), ...rest.map(String)], {
    stdio: ['ignore', process.stderr, 'inherit'],
  })
}

/** The folder of the base of a seed, in fp16. */
function makeBase(seed) {
  const folder = join(work, `seed-${seed}`)
  const [texts, start] = [join(folder, 'texts.jsonl'), join(folder, 'start')]
  if (!existsSync(texts)) run('scripts/demo/data.mjs', 'texts', texts, '--count', TEXTS, '--seed', seed)
  run('scripts/demo/tokenizer.mjs', texts, start)
  const { model } = JSON.parse(readFileSync(join(start, 'tokenizer.json'), 'utf8'))
  const config = { ...CONFIG, vocab_size: Object.keys(model.vocab).length }
  writeFileSync(join(start, 'config.json'), `${JSON.stringify(config, null, 1)}\n`)
  const keys = Object.entries(RECIPE).flatMap(([key, value]) => [`--${key}`, value])
  const rest = ['--data', texts, '--seeds', seed, '--threads', args.threads, '-o', join(folder, 'variant')]
  run('dist/cli/main.js', 'train', '--init', join(start, 'config.json'), ...keys, ...rest)
  const [variant, fp16] = [join(folder, `variant/seed-${seed}`), join(folder, 'fp16')]
  if (!existsSync(fp16)) run('dist/cli/main.js', 'export', variant, '--merged', '--dtype', 'fp16', '-o', fp16)
  const steps = readRows(join(variant, 'train.jsonl'))
  const { cost } = JSON.parse(readFileSync(join(variant, 'variant.json'), 'utf8'))
  console.log(
    `seed ${seed}: ${cost.parameters} parameters, ${steps.length} steps in ${Math.round(cost.trainSeconds)} s, loss of the last hundred ${lastLoss(steps)}`,
  )
  return join(fp16, 'model')
}

function lastLoss(steps) {
  const last = steps.slice(-100)
  return (last.reduce((sum, { loss }) => sum + loss, 0) / last.length).toFixed(3)
}

const judge = await openSandbox({ cacheFolder: cacheFolder(), workers: 1 })
let kept
for (const seed of args.seeds.split(',')) {
  const model = makeBase(seed)
  const folder = join(root, 'assets/demo/families')
  const scores = await evaluate(model, { folder, judge, threads: Number(args.threads) })
  const percent = Object.fromEntries(
    SCORED.map((family) => [family, (100 * scores[family].right) / scores[family].of]),
  )
  const said = SCORED.map((family) => `${family} ${percent[family].toFixed(1)} %`).join(', ')
  const hasRoom = Object.entries(ROOM).every(([f, [low, high]]) => percent[f] >= low && percent[f] <= high)
  console.log(`seed ${seed}: ${said}; ${hasRoom ? 'has room' : 'is passed over'}`)
  if (hasRoom) kept ??= { seed, model }
}
await judge[Symbol.asyncDispose]()
if (kept) {
  mkdirSync(target, { recursive: true })
  for (const name of FILES) copyFileSync(join(kept.model, name), join(target, name))
  console.log(`kept: seed ${kept.seed}, in ${target}`)
} else {
  console.log('no base has room: none is kept; take other seeds')
  process.exitCode = 1
}
