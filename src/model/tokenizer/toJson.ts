// A byte-level BPE tokenizer of a GGUF file as tokenizer.json and tokenizer_config.json, which transformers and this program
// read. The reverse of json.ts, whose definition it gives again. SentencePiece's BPE by scores has no such form.
import type { PreTokenizerConfig, TokenizerDefinition } from './definition.ts'
import type { TokenizerFiles } from './files.ts'
import { definitionOfGguf } from './gguf.ts'

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

/** Texts by the name of their file; undefined where the tokenizer is of another kind. */
export function tokenizerJsonFiles(files: TokenizerFiles): Map<string, string> | undefined {
  const { path, source, specialTokens, chatTemplate } = files
  if (source.kind !== 'gguf') return undefined
  const definition = definitionOfGguf(path, source)
  const json = tokenizerJson(definition)
  if (!json) return undefined
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...Object.fromEntries(specialTokens),
    ...(chatTemplate ? { chat_template: chatTemplate.text } : {}),
  }
  return new Map([
    ['tokenizer.json', JSON.stringify(json)],
    ['tokenizer_config.json', `${JSON.stringify(config, null, 2)}\n`],
  ])
}

/** As the Rust library tokenizers writes it. */
function tokenizerJson(definition: TokenizerDefinition): Record<string, unknown> | undefined {
  const { pieces, model, added, normalizer, preTokenizer, before, after } = definition
  if (model.kind !== 'bpe') return undefined
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer,
    pre_tokenizer: preTokenizer && withOffsets(preTokenizer),
    post_processor: before.length + after.length > 0 ? template(definition) : BYTE_LEVEL,
    decoder: BYTE_LEVEL,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: model.unknown === null ? null : pieces[model.unknown],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: model.fuseUnknown,
      byte_fallback: model.byteFallback,
      ignore_merges: model.ignoreMerges,
      vocab: vocabularyOf(pieces),
      merges: model.merges.map(([left, right]) => [pieces[left], pieces[right]]),
    },
  }
}

/** Of equal pieces the first counts. */
function vocabularyOf(pieces: TokenizerDefinition['pieces']): Record<string, number> {
  const entries = [...pieces.entries()].flatMap(([id, piece]) =>
    piece === undefined ? [] : [[piece, id] as const],
  )
  return Object.fromEntries(entries.reverse())
}

/** The library wants a field that changes no ids. */
function withOffsets(config: PreTokenizerConfig): unknown {
  if (config.type === 'Sequence') return { ...config, pretokenizers: config.pretokenizers.map(withOffsets) }
  return config.type === 'ByteLevel' ? { ...config, trim_offsets: true } : config
}

function template({ pieces, before, after }: TokenizerDefinition): unknown {
  const special = (id: number) => ({ SpecialToken: { id: pieces[id]!, type_id: 0 } })
  const text = (id: 'A' | 'B') => ({ Sequence: { id, type_id: 0 } })
  const around = (inner: unknown[]) => [...before.map(special), ...inner, ...after.map(special)]
  return {
    type: 'TemplateProcessing',
    single: around([text('A')]),
    pair: around([text('A'), text('B')]),
    special_tokens: Object.fromEntries(
      [...before, ...after].map((id) => [pieces[id]!, { id: pieces[id]!, ids: [id], tokens: [pieces[id]!] }]),
    ),
  }
}
