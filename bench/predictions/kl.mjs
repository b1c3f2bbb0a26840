// What `tunediff predictions` does with one document and one variant, without its tokenizer and its files: the pass over
// windows with all statistics, of which KL both ways and the agreement of the first choice are printed.
//   node bench/predictions/kl.mjs BASE VARIANT THREADS TOKENS CONTEXT kept|read
// kept: weights stay in memory; read: those of a layer are read again for each group of windows.
import { measure } from '../../dist/measure/predictions/pass.js'
import { engineModel, openEngine } from '../../dist/model/engine/index.js'
import { openModel } from '../../dist/model/open.js'
import { TOKEN_COLUMNS } from '../../dist/schema/predictions.js'
import { tokenIds } from './tokenIds.mjs'

const [base, variant, threads, tokens, context, weights] = process.argv.slice(2)
const models = []
for (const folder of [base, variant]) models.push(engineModel(await openModel(folder)))
const engine = await openEngine({ models, threads: Number(threads), isKept: weights === 'kept' })
const ids = tokenIds(Number(tokens), engine.models[0].parameters.vocabulary)
const tokenizer = { encodeForScoring: () => ({ ids, prefix: 0 }), tokenBytes: () => new Uint8Array(1) }
const side = { model: 1, mode: 'distributions', isOtherShape: false, scored: [ids.length - 1] }
let rows
await measure({
  engine,
  tokenizers: [tokenizer, tokenizer],
  job: {
    kind: 'measure',
    documents: [{ id: 'synthetic', corpus: 'synthetic', text: '' }],
    sides: [side],
    context: Number(context),
  },
  onDocument: ({ tokens: scored }) => {
    rows = scored
  },
  onScored: () => undefined,
})
const positions = rows.length / TOKEN_COLUMNS.length
const at = (name, position) => rows[position * TOKEN_COLUMNS.length + TOKEN_COLUMNS.indexOf(name)]
const mean = (of) => Array.from({ length: positions }, (_, i) => of(i)).reduce((a, b) => a + b, 0) / positions
process.stdout.write(
  JSON.stringify({
    positions,
    kl: mean((i) => at('kl', i)),
    klReverse: mean((i) => at('klReverse', i)),
    sameTop: mean((i) => Number(at('baseTop', i) === at('variantTop', i))),
  }),
)
await engine[Symbol.asyncDispose]()
