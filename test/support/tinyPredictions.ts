// Tiny models of test/goldens/architectures with a byte-level tokenizer, and texts for them, in a folder of their own.
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { architectureGoldens } from './engine.ts'

/** Printable ASCII, blank and line end, as byte-level BPE writes them. */
const CHARACTERS = [...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)), 'Ġ', 'Ċ']

const BOS = '<s>'

export interface TinyTokenizer {
  /** Pieces of two, which follow single characters. */
  merges?: readonly (readonly [string, string])[]
  /** Puts a token in front of every text. */
  hasBos?: boolean
  chatTemplate?: string
}

/** A tokenizer of single characters. */
function writeTokenizer(folder: string, { merges = [], hasBos = false, chatTemplate }: TinyTokenizer): void {
  const pieces = [...CHARACTERS, ...merges.map((pair) => pair.join(''))]
  const bosId = pieces.length
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: hasBos
      ? [
          {
            id: bosId,
            content: BOS,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
          },
        ]
      : [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: hasBos
      ? {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [],
          special_tokens: { [BOS]: { id: BOS, ids: [bosId], tokens: [BOS] } },
        }
      : null,
    decoder: byteLevel,
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
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer))
  if (chatTemplate !== undefined) writeFileSync(join(folder, 'chat_template.jinja'), chatTemplate)
}

const SENTENCES = [
  'The ferry leaves at seven, rain or shine.',
  'def area(r): return 3.14 * r ** 2',
  'Nobody had counted the apples twice!',
  'x = [i for i in range(9) if i % 2]',
  '"Where?" she asked; "over there," he said.',
]

/** Printable ASCII that repeats only after long. */
export const textOf = (seed: number, length: number): string =>
  Array.from(
    { length: Math.ceil(length / 30) },
    (_, i) => SENTENCES[(seed * 3 + i * (seed + 1)) % 5]! + (i % 3 ? ' ' : '\n'),
  )
    .join('')
    .slice(0, length)

export class TinyPredictions implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tunediff-predictions-'))

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  /** A copy of a golden model under another name; `change` may alter its files. */
  model(golden: string, name = golden, tokenizer: TinyTokenizer = {}): string {
    const to = this.path('models', name)
    mkdirSync(to, { recursive: true })
    for (const file of ['config.json', 'model.safetensors'])
      copyFileSync(join(architectureGoldens, golden, file), join(to, file))
    writeTokenizer(to, tokenizer)
    return to
  }

  adapter(golden: string): string {
    const to = this.path('models', golden)
    cpSync(join(architectureGoldens, 'adapters', golden, 'adapter'), to, { recursive: true })
    return to
  }

  /** A folder of texts of these lengths. */
  texts(name: string, lengths: readonly number[]): string {
    const to = this.path(name)
    mkdirSync(to)
    lengths.forEach((length, i) => {
      writeFileSync(join(to, `${String(i).padStart(3, '0')}.txt`), textOf(i, length))
    })
    return to
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
