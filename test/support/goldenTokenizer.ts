// Tokenizers of test/goldens/tokenizers with an end token and a chat template, as a model's files would have them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts'

const goldens = fileURLToPath(new URL('../goldens/tokenizers/', import.meta.url))

/** ChatML, as many models have it: a line end stands behind each end token. */
export const CHATML =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'

export interface TokenizerOptions {
  bos?: string
  eos?: string
  template?: string
  /** Texts of tokens at which generation ends, beside eos. */
  ends?: readonly string[]
}

export function goldenTokenizer(name: string, options: TokenizerOptions = {}): Tokenizer {
  const text = readFileSync(join(goldens, name, 'tokenizer.json'), 'utf8')
  const { bos, eos, template, ends = [] } = options
  const added = JSON.parse(text).added_tokens as { id: number; content: string }[]
  const idOf = (token: string): number => {
    const found = added.find(({ content }) => content === token)
    if (!found) throw new Error(`${name} has no token ${token}`)
    return found.id
  }
  return openTokenizer({
    path: 'tokenizer.json',
    source: { kind: 'json', text },
    specialTokens: [
      ...(bos === undefined ? [] : [['bos_token', bos] as const]),
      ...(eos === undefined ? [] : [['eos_token', eos] as const]),
    ],
    ends: ends.length === 0 ? [] : [...ends, ...(eos === undefined ? [] : [eos])].map(idOf),
    chatTemplate:
      template === undefined ? null : { name: 'default', from: 'chat_template.jinja', text: template },
  })
}
