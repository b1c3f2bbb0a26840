// Exact match of a model on the held-out messages of make.mjs: greedy texts of the embedded engine up to a line end,
// compared with the wanted line without blanks at the ends. Prints a JSON line; --texts prints each text before it.
//   node bench/realTask/score.mjs MODEL HELD_OUT.jsonl [--threads 2] [--limit N] [--texts]
// MODEL as everywhere: nf4:BASE+DIR/seed-1/adapter for a 4-bit LoRA. Uses dist/: `npm run build` first.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openGenerator } from '../../dist/generate/embedded/index.js'
import { engineModel } from '../../dist/model/engine/index.js'
import { openModel } from '../../dist/model/open.js'
import { tokenizerFiles } from '../../dist/model/tokenizer/files.js'
import { openTokenizer } from '../../dist/model/tokenizer/tokenizer.js'

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    limit: { type: 'string', default: '1000000' },
    texts: { type: 'boolean', default: false },
  },
})
const [spec, file] = positionals
/** More than any wanted line has. */
const MAX_TOKENS = 32
const FIELDS = ['count', 'goods', 'town', 'day', 'rush']

const items = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(0, Number(args.limit))
  .map((line) => JSON.parse(line))
const model = await openModel(spec)
const tokenizer = openTokenizer(await tokenizerFiles(model))
const generator = await openGenerator({
  model: engineModel(model),
  tokenizer,
  threads: Number(args.threads),
})
const started = performance.now()
const requests = items.map(({ prompt }) => ({
  prompt,
  maxTokens: MAX_TOKENS,
  temperature: 0,
  seed: 0,
  stops: ['\n'],
}))
const results = await generator.generate(requests)
const texts = results.map(({ text }) => text.trim())
const wanted = items.map(({ completion }) => completion.trim())
if (args.texts) {
  for (const [i, text] of texts.entries()) {
    console.log(
      `${text === wanted[i] ? 'exact' : 'other'} ${JSON.stringify(text)} wanted ${JSON.stringify(wanted[i])}`,
    )
  }
}
const share = (isRight) => texts.filter((text, i) => isRight(text, wanted[i])).length / texts.length
const fieldOf = (line, i) => line.split('|')[i]
console.log(
  JSON.stringify({
    model: spec,
    items: texts.length,
    exact: share((text, line) => text === line),
    // In the right place of a line with five fields.
    format: share((text) => text.split('|').length === FIELDS.length),
    fields: Object.fromEntries(
      FIELDS.map((name, i) => [name, share((text, line) => fieldOf(text, i) === fieldOf(line, i))]),
    ),
    seconds: Math.round((performance.now() - started) / 1e3),
  }),
)
await generator[Symbol.asyncDispose]()
