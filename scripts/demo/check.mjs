// What a base of the demo and variants of it answer right: a Markdown table. Trains the variants where they are not there
// yet: LoRA, 4-bit LoRA and full (assets/demo/recipes) on iso with three random seeds and on extract with one.
//   node scripts/demo/check.mjs MODEL [--variants FOLDER] [--limit N] [--threads 1] [--items]
// Without --variants the base alone. --items prints each answer. Uses dist/: `npm run build` first.
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openSandbox } from '../../dist/sandbox/index.js'
import { cacheFolder } from '../../dist/util/cache.js'
import { markdownTable } from '../../dist/util/table.js'
import { evaluate, SCORED } from './evaluate.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const families = join(root, 'assets/demo/families')
const METHODS = ['lora', 'qlora', 'full']
const SEEDS = { iso: [1, 2, 3], extract: [1] }

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    variants: { type: 'string' },
    limit: { type: 'string', default: '200' },
    threads: { type: 'string', default: String(Math.min(2, cpus().length)) },
    items: { type: 'boolean', default: false },
  },
})
const [base] = positionals
if (positionals.length !== 1) throw new Error('wanted: one MODEL')

const models = [
  { name: 'base', spec: base },
  { name: 'base, 4 bits', spec: `nf4:${base}` },
]
for (const [family, seeds] of Object.entries(args.variants === undefined ? {} : SEEDS)) {
  for (const method of METHODS) {
    const folder = join(args.variants, `${family}-${method}`)
    train(family, method, { seeds, folder })
    for (const seed of seeds)
      models.push({ name: `${family}, ${method}, seed ${seed}`, spec: join(folder, `seed-${seed}`) })
  }
}

function train(family, method, { seeds, folder }) {
  const recipe = ['--recipe', join(root, `assets/demo/recipes/${method}.yaml`)]
  const data = ['--data', join(families, family, 'train.jsonl')]
  const rest = ['--seeds', seeds.join(), '--threads', args.threads, '-o', folder]
  const main = join(root, 'dist/cli/main.js')
  execFileSync(process.execPath, [main, 'train', base, ...recipe, ...data, ...rest], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

const judge = await openSandbox({ cacheFolder: cacheFolder(), workers: 1 })
const rows = []
for (const { name, spec } of models) {
  const scores = await evaluate(spec, {
    folder: families,
    judge,
    threads: Number(args.threads),
    limit: Number(args.limit),
    onItem: (family, { prompt, answer }, text, isRight) => {
      if (args.items) console.log(JSON.stringify({ model: name, family, isRight, prompt, text, answer }))
    },
  })
  const cells = SCORED.map((family) => ((100 * scores[family].right) / scores[family].of).toFixed(0))
  rows.push([name, ...cells, scores.text.nats.toFixed(3)])
  console.error(rows.at(-1).join('  '))
}
await judge[Symbol.asyncDispose]()
const columns = ['', ...SCORED, 'text, nats'].map((title, i) => ({
  title,
  align: i === 0 ? 'left' : 'right',
}))
console.log(markdownTable(columns, rows))
