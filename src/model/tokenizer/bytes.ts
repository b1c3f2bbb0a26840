// Which bytes of a text a token stands for. Byte-level BPE writes each byte as a printable character (the alphabet of
// GPT-2's encoder); SentencePiece writes a blank as U+2581 and bytes that are no piece as <0x0A>.
import type { PreTokenizerConfig, TokenizerDefinition } from './definition.ts'

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

/** Character of each byte: itself where it is printable, the others in order from U+0100 on. */
export const BYTE_CHARS: readonly string[] = (() => {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++))
})()

const BYTE_OF_CHAR = new Map(BYTE_CHARS.map((char, byte) => [char, byte]))

/** SentencePiece's mark for a blank. */
export const MARK = '\u2581'

/** `<0x0A>` for 10. */
export const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`

/** Bytes by id; special tokens, and ids that are none, stand for none. */
export function openTokenBytes(definition: TokenizerDefinition): (id: number) => Uint8Array {
  const { pieces, model } = definition
  const added = new Map(definition.added.map((token) => [token.id, token]))
  const style = usesByteLevel(definition.preTokenizer) ? 'byte-level' : 'text'
  const mark = blankMark(definition)
  return (id) => {
    const token = added.get(id)
    if (token?.special) return new Uint8Array(0)
    if (token) return Buffer.from(model.kind === 'spm' ? token.content.replaceAll(MARK, ' ') : token.content)
    const piece = pieces[id]
    if (piece === undefined || id === model.unknown) return new Uint8Array(0)
    if (style === 'byte-level') return bytesOfChars(piece)
    const byte = model.byteFallback ? /^<0x([0-9A-F]{2})>$/.exec(piece) : null
    if (byte) return Uint8Array.of(Number.parseInt(byte[1]!, 16))
    return Buffer.from(mark === null ? piece : piece.replaceAll(mark, ' '))
  }
}

/** A character that stands for no byte is itself: vocabularies hold some that no text can give. */
function bytesOfChars(piece: string): Uint8Array {
  const bytes: number[] = []
  for (const char of piece) {
    const byte = BYTE_OF_CHAR.get(char)
    if (byte === undefined) bytes.push(...Buffer.from(char))
    else bytes.push(byte)
  }
  return Uint8Array.from(bytes)
}

function usesByteLevel(config: PreTokenizerConfig | null): boolean {
  return config?.type === 'Sequence' ? config.pretokenizers.some(usesByteLevel) : config?.type === 'ByteLevel'
}

/** What stands for a blank; null where a blank is a blank. */
export function blankMark({ normalizer, preTokenizer }: TokenizerDefinition): string | null {
  const steps = normalizer?.type === 'Sequence' ? normalizer.normalizers : [normalizer]
  for (const step of steps) {
    if (step?.type === 'Replace' && 'String' in step.pattern && step.pattern.String === ' ')
      return step.content
  }
  const parts = preTokenizer?.type === 'Sequence' ? preTokenizer.pretokenizers : [preTokenizer]
  for (const part of parts) if (part?.type === 'Metaspace') return part.replacement
  return null
}
