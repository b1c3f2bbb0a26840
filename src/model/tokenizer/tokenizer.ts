// A tokenizer at work: ids of a text, and the bytes that an id stands for. Ids are those of Python's tokenizers for
// tokenizer.json (goldens in test/goldens/tokenizers), for GGUF those of the pieces with their merges or scores.
// What stands around a text is the post-processor's alone: add_bos_token and add_eos_token of tokenizer_config.json change
// nothing beside a tokenizer.json, as in transformers 5. In GGUF they are what llama.cpp makes of them.
import { UserError } from '../../util/errors.ts'
import { compileTemplate } from '../../util/jinja.ts'
import { oneLine } from '../../util/text.ts'
import { openTokenBytes } from './bytes.ts'
import { idsOf } from './definition.ts'
import { openEncoder } from './encoder.ts'
import type { TokenizerFiles } from './files.ts'
import { definitionOfGguf } from './gguf.ts'
import { definitionOfJson } from './json.ts'
import { identityOf } from './same.ts'

export { sameTokenizer } from './same.ts'

export interface ChatMessage {
  role: string
  content: string
}

export interface Tokenizer {
  /** Hex SHA-256 of what decides its ids. */
  readonly identity: string
  /** One more than the largest id. */
  vocabularySize: number
  bos: number | null
  /** Ids at which generation ends. */
  eos: readonly number[]
  /** `special`: with what stands before and after a text. Special tokens that are written in the text are found always. */
  encode(text: string, options: { special: boolean }): Int32Array
  /** With what stands before a text, which are the first `prefix` ids, and without what stands after it. */
  encodeForScoring(text: string): { ids: Int32Array; prefix: number }
  /** The text of ids, that of special tokens as well; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>): string
  /**
   * Bytes of the text that a token stands for; none for special ones. Those of a whole text give the text, except where
   * the tokenizer itself loses something: normalisation (NFC ...), SentencePiece's U+2581 in the text, which is a blank
   * to it, the blank that it may put before a text, special tokens, characters that are unknown.
   */
  tokenBytes(id: number): Uint8Array
  /** The conversation as the default chat template writes it; UserError where it has none or fails. */
  chat(messages: readonly ChatMessage[], options: { addGenerationPrompt: boolean }): string
}

/** A tokenizer of what tokenizerFiles read. Parts that are not read are a UserError that names the file and the part. */
export function openTokenizer(files: TokenizerFiles): Tokenizer {
  const { source } = files
  const definition =
    source.kind === 'json' ? definitionOfJson(files.path, source.text) : definitionOfGguf(files.path, source)
  const { before, after, added, pieces } = definition
  const encodeBody = openEncoder(definition)
  const tokenBytes = openTokenBytes(definition)
  const special = new Map(added.filter((token) => token.special).map(({ id, content }) => [id, content]))
  const idOf = idsOf(pieces)
  for (const { content, id } of added) idOf.set(content, id)
  const tokenOf = (name: string): number | null =>
    idOf.get(files.specialTokens.find(([key]) => key === name)?.[1] ?? '') ?? null
  const eos = tokenOf('eos_token')
  let identity: string | undefined
  return {
    get identity() {
      identity ??= identityOf(definition)
      return identity
    },
    vocabularySize: added.reduce((size, { id }) => Math.max(size, id + 1), pieces.length),
    bos: tokenOf('bos_token'),
    eos: files.ends.length > 0 || eos === null ? files.ends : [eos],
    encode: (text, options) =>
      Int32Array.from(options.special ? [...before, ...encodeBody(text), ...after] : encodeBody(text)),
    encodeForScoring: (text) => ({
      ids: Int32Array.from([...before, ...encodeBody(text)]),
      prefix: before.length,
    }),
    decode: (ids) =>
      Buffer.concat(
        Array.from(ids, (id) => (special.has(id) ? Buffer.from(special.get(id)!) : tokenBytes(id))),
      ).toString('utf8'),
    tokenBytes,
    chat: openChat(files),
  }
}

function openChat({ chatTemplate: template, specialTokens, path }: TokenizerFiles): Tokenizer['chat'] {
  let render: ReturnType<typeof compileTemplate> | undefined
  return (messages, { addGenerationPrompt }) => {
    if (!template) {
      throw new UserError(`${path}: its model has no chat template`, {
        hint: 'give plain texts, or a model that was made for conversations',
      })
    }
    try {
      render ??= compileTemplate(template.text)
      return render({
        ...Object.fromEntries(specialTokens),
        messages,
        tools: null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
      })
    } catch (error) {
      throw new UserError(
        `${path}: the chat template (${template.from}) fails: ${oneLine((error as Error).message, 160)}`,
        {
          hint: 'look at the order of roles: some templates take no system message, or want user and assistant in turn',
        },
      )
    }
  }
}
