// Pre-tokenisers of tokenizer.json: a section of text becomes pieces that the model never joins. As the Rust library does
// it, except that no offsets are kept. JavaScript's own \s and \d are not Unicode's, so that nothing here uses them.
import { BYTE_CHARS } from './bytes.ts'
import type { Behavior, Pattern, PreTokenizerConfig } from './definition.ts'
import { compilePattern } from './patterns.ts'

/** `isFirst`: the section begins where the whole text does. */
export type PreTokenize = (section: string, isFirst: boolean) => string[]

/** The pattern of GPT-2, which ByteLevel uses. */
const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

export function openPreTokenizer(path: string, config: PreTokenizerConfig | null): PreTokenize {
  if (!config) return (section) => [section]
  const splitter = (regex: Pattern, behavior: Behavior, invert = false): PreTokenize => {
    const pattern = compilePattern(path, regex)
    return (section) => split(section, pattern, { behavior, invert })
  }
  switch (config.type) {
    case 'Sequence': {
      const steps = config.pretokenizers.map((each) => openPreTokenizer(path, each))
      return (section, isFirst) =>
        steps.reduce(
          (pieces, step) => pieces.flatMap((piece, i) => step(piece, isFirst && i === 0)),
          [section],
        )
    }
    case 'Split':
      return splitter(config.pattern, config.behavior, config.invert)
    case 'Digits':
      return splitter({ Regex: String.raw`\p{N}` }, config.individual_digits ? 'Isolated' : 'Contiguous')
    case 'Punctuation':
      return splitter({ Regex: String.raw`[\p{P}!-/:-@\[-\x60{-~]` }, config.behavior)
    case 'WhitespaceSplit':
      return splitter({ Regex: String.raw`\s` }, 'Removed')
    case 'ByteLevel': {
      const words = config.use_regex ? splitter({ Regex: GPT2_PATTERN }, 'Isolated') : undefined
      return (section, isFirst) => {
        const whole = config.add_prefix_space && !section.startsWith(' ') ? ` ${section}` : section
        return (words?.(whole, isFirst) ?? [whole]).map(byteLevel)
      }
    }
    case 'Metaspace':
      return openMetaspace(config)
  }
}

function openMetaspace(config: Extract<PreTokenizerConfig, { type: 'Metaspace' }>): PreTokenize {
  const { replacement: mark, prepend_scheme: scheme } = config
  return (section, isFirst) => {
    const marked = section.replaceAll(' ', mark)
    const prepends = scheme === 'always' || (scheme === 'first' && isFirst)
    const whole = prepends && !marked.startsWith(mark) ? mark + marked : marked
    return config.split ? splitBefore(whole, mark) : [whole]
  }
}

/** Each piece but the first begins with the mark. */
function splitBefore(text: string, mark: string): string[] {
  const pieces: string[] = []
  let start = 0
  for (let at = text.indexOf(mark, 1); at >= 0; at = text.indexOf(mark, at + mark.length)) {
    pieces.push(text.slice(start, at))
    start = at
  }
  pieces.push(text.slice(start))
  return pieces
}

interface Part {
  text: string
  isMatch: boolean
}

function split(
  text: string,
  pattern: RegExp,
  { behavior, invert }: { behavior: Behavior; invert: boolean },
): string[] {
  if (behavior === 'Isolated') {
    // The usual case: both kinds of parts stand for themselves.
    return parts(text, pattern, invert).map((part) => part.text)
  }
  const all = parts(text, pattern, invert)
  if (behavior === 'Removed') return all.flatMap((part) => (part.isMatch ? [] : [part.text]))
  const joined: string[] = []
  for (const [i, { text: piece, isMatch }] of all.entries()) {
    const last = all[i - 1]
    const joins =
      behavior === 'Contiguous'
        ? last?.isMatch === isMatch
        : behavior === 'MergedWithPrevious'
          ? isMatch && last?.isMatch === false
          : !isMatch && last?.isMatch === true
    if (joins) joined[joined.length - 1] += piece
    else joined.push(piece)
  }
  return joined
}

/** Matches and what lies between them; empty ones are left out. */
function parts(text: string, pattern: RegExp, invert: boolean): Part[] {
  const found: Part[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), isMatch: invert })
    if (match[0].length > 0) found.push({ text: match[0], isMatch: !invert })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), isMatch: invert })
  return found
}

/** Each byte of the text's UTF-8 as one character. */
function byteLevel(text: string): string {
  let mapped = ''
  for (const byte of Buffer.from(text, 'utf8')) mapped += BYTE_CHARS[byte]
  return mapped
}
