// Patterns of tokenizer.json as JavaScript's regular expressions. Oniguruma's syntax is translated by
// @huggingface/tokenizers; blanks, digits and letters are Unicode's, as in the Rust library.
import * as library from '@huggingface/tokenizers'
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { Pattern } from './definition.ts'

/** No pattern of a known tokenizer is a quarter as long. */
const MAX_PATTERN_CHARS = 8192

// The library's types name their files without endings, so that TypeScript does not find them.
const { SplitPreTokenizer } = library as unknown as {
  SplitPreTokenizer: new (config: { pattern: Pattern; invert: boolean }) => { pattern: RegExp | null }
}

/** Global and Unicode-aware. A pattern that cannot be translated is a UserError that names the file. */
export function compilePattern(path: string, pattern: Pattern): RegExp {
  const text = 'Regex' in pattern ? pattern.Regex : pattern.String
  try {
    if (text.length > MAX_PATTERN_CHARS) throw new Error(`it is longer than ${MAX_PATTERN_CHARS} characters`)
    const { pattern: compiled } = new SplitPreTokenizer({ pattern, invert: true })
    if (compiled) return compiled
    throw new Error('it is no pattern')
  } catch (error) {
    const why = oneLine((error as Error).message, 120)
    throw new UserError(`${path}: the pattern ${oneLine(JSON.stringify(text), 80)} cannot be used: ${why}`, {
      hint: 'tell us which model has it: its tokenizer is not read yet',
    })
  }
}
