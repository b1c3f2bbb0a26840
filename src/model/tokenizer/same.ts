// Whether two tokenizers are one. Equal identities give equal ids: all that decides them is hashed, in one form for
// tokenizer.json and for GGUF with merges. The reverse is not so: SentencePiece's scores and the merges made from them
// cannot be told equal by what stands in files, so that sameTokenizer compares vocabularies and the ids of some texts.
import { sha256, sha256Value } from '../../util/hash.ts'
import type { TokenizerDefinition } from './definition.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Hex SHA-256. Without the path, and without settings that change nothing. */
export function identityOf({ path: _, pieces, model, ...rest }: TokenizerDefinition): string {
  const added = rest.added.map((token) => ({
    ...token,
    normalized: token.normalized && rest.normalizer !== null,
  }))
  const { kind, ...settings } = model
  return sha256(kind, JSON.stringify(pieces), sha256Value(settings), sha256Value({ ...rest, added }))
}

/** Whether two tokenizers are one as far as can be seen: equal bytes for each id, and equal ids for the texts. */
export function sameTokenizer(base: Tokenizer, variant: Tokenizer, texts: Iterable<string>): boolean {
  if (base.identity === variant.identity) return true
  const size = Math.max(base.vocabularySize, variant.vocabularySize)
  for (let id = 0; id < size; id++) {
    if (Buffer.compare(base.tokenBytes(id), variant.tokenBytes(id)) !== 0) return false
  }
  for (const text of texts) {
    const [b, v] = [base.encodeForScoring(text), variant.encodeForScoring(text)]
    if (b.prefix !== v.prefix || Buffer.compare(bytesOf(b.ids), bytesOf(v.ids)) !== 0) return false
  }
  return true
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
