// Trains the demo's tokenizer, byte-level BPE (arXiv 1508.07909 over bytes, as GPT-2 has it), and writes tokenizer.json and
// tokenizer_config.json. Words keep the blank before them; each digit and each sign is a piece of its own, so that numbers
// and formats are copied piece by piece.
//   node scripts/demo/tokenizer.mjs TEXTS.jsonl FOLDER [--pieces 1024] [--texts 30000]
// Equal texts give equal files. Uses dist/: `npm run build` first.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BYTE_CHARS } from '../../dist/model/tokenizer/bytes.js'
import { openPreTokenizer } from '../../dist/model/tokenizer/preTokenizer.js'

const BOS = '<s>'
const EOS = '</s>'
const WORDS = String.raw` ?[A-Za-z]+|[0-9]| ?[^\sA-Za-z0-9]|\s`
const PRE_TOKENIZER = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
}
/** A pair that occurs once teaches nothing. */
const LEAST_COUNT = 2

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: { pieces: { type: 'string', default: '1024' }, texts: { type: 'string', default: '30000' } },
})
const [source, folder] = positionals
if (folder === undefined) throw new Error('wanted: TEXTS.jsonl FOLDER')

const texts = readFileSync(source, 'utf8')
  .split('\n', Number(args.texts))
  .filter(Boolean)
  .map((line) => JSON.parse(line))
  .map(({ text, prompt, completion }) => text ?? prompt + completion)
const pieces = [BOS, EOS, ...BYTE_CHARS.toSorted()]
const merges = trainedMerges(wordCounts(texts), Number(args.pieces) - pieces.length)
for (const [left, right] of merges) pieces.push(left + right)

const special = (content, id) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
})
mkdirSync(folder, { recursive: true })
write('tokenizer.json', {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [BOS, EOS].map(special),
  normalizer: null,
  pre_tokenizer: PRE_TOKENIZER,
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [
      { SpecialToken: { id: BOS, type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } },
    ],
    special_tokens: { [BOS]: { id: BOS, ids: [pieces.indexOf(BOS)], tokens: [BOS] } },
  },
  decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    merges,
  },
})
write('tokenizer_config.json', {
  bos_token: BOS,
  clean_up_tokenization_spaces: false,
  eos_token: EOS,
  tokenizer_class: 'PreTrainedTokenizerFast',
})
console.log(`${pieces.length} pieces from ${texts.length} texts`)

function write(name, value) {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`)
}

/** How often each word of the texts occurs, in bytes as characters. */
function wordCounts(texts) {
  const split = openPreTokenizer('tokenizer.json', PRE_TOKENIZER)
  const counts = new Map()
  for (const text of texts)
    for (const word of split(text, true)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** The most frequent pair becomes one piece, again and again; of equals the first in the order of characters. */
function trainedMerges(counts, limit) {
  const words = Array.from(counts, ([word, count]) => ({ symbols: Array.from(word), count }))
  const merges = []
  while (merges.length < limit) {
    const pairs = new Map()
    for (const { symbols, count } of words) {
      for (let i = 1; i < symbols.length; i++) {
        const key = `${symbols[i - 1]} ${symbols[i]}`
        pairs.set(key, (pairs.get(key) ?? 0) + count)
      }
    }
    let best
    for (const [key, count] of pairs)
      if (!best || count > best.count || (count === best.count && key < best.key)) best = { key, count }
    if (!best || best.count < LEAST_COUNT) break
    const merge = best.key.split(' ')
    merges.push(merge)
    for (const word of words) word.symbols = joined(word.symbols, merge)
  }
  return merges
}

function joined(symbols, [left, right]) {
  const result = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(left + right)
      i++
    } else result.push(symbols[i])
  }
  return result
}
