// Normalisers of tokenizer.json, each as the Rust library does it.
import type { NormalizerConfig } from './definition.ts'
import { compilePattern } from './patterns.ts'

export type Normalize = (text: string) => string

/** The part as a function; a null one changes nothing. */
export function openNormalizer(path: string, config: NormalizerConfig | null): Normalize {
  if (!config) return (text) => text
  switch (config.type) {
    case 'Sequence': {
      const steps = config.normalizers.map((each) => openNormalizer(path, each))
      return (text) => steps.reduce((done, step) => step(done), text)
    }
    case 'Replace': {
      const pattern = compilePattern(path, config.pattern)
      return (text) => text.replace(pattern, () => config.content)
    }
    case 'Prepend':
      return (text) => (text === '' ? '' : config.prepend + text)
    case 'Strip':
      return (text) => {
        const left = config.strip_left ? text.replace(/^\p{White_Space}+/u, '') : text
        return config.strip_right ? left.replace(/\p{White_Space}+$/u, '') : left
      }
    default:
      return (text) => text.normalize(config.type)
  }
}
