// The first examples token by token, with what is trained on: masks go wrong without a sound. Plain data, drawn by src/report.
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import { countTrained, type Example } from './examples.ts'

export interface PreviewToken {
  text: string
  isTrained: boolean
}

export interface ExamplePreview {
  /** `line 3` of its file. */
  place: string
  tokens: readonly PreviewToken[]
  trainedTokens: number
}

/** `count` examples from the first. */
export function previewOf(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  count: number,
): ExamplePreview[] {
  return examples.slice(0, count).map(({ ids, weights, place }) => ({
    place,
    tokens: textsOf(ids, tokenizer).map((text, i) => ({ text, isTrained: weights[i]! > 0 })),
    trainedTokens: countTrained(weights),
  }))
}

/** A character that several tokens share stands with the last of them. */
function textsOf(ids: Int32Array, tokenizer: Tokenizer): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const texts = Array.from(ids, (id) => {
    const bytes = tokenizer.tokenBytes(id)
    // Special tokens stand for no bytes of a text.
    return bytes.length > 0
      ? decoder.decode(bytes, { stream: true })
      : decoder.decode() + tokenizer.decode([id])
  })
  const cutOff = decoder.decode()
  if (cutOff !== '') texts[texts.length - 1] += cutOff
  return texts
}
