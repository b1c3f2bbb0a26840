// Sentences whose figures can be followed: a figure is a value with the place where it stands, and a sentence keeps the
// places of its figures in the order in which they stand in it.

/** A JSON pointer (RFC 6901). */
export const pointer = (path: readonly (string | number)[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** A value of a larger one, and where: a JSON pointer (RFC 6901) from the root. */
export class Placed<T> {
  readonly value: T
  readonly at: string

  constructor(value: T, at = '') {
    this.value = value
    this.at = at
  }

  of<K extends keyof T>(key: K): Placed<T[K]> {
    return new Placed(this.value[key], this.at + pointer([String(key)]))
  }
}

/** The items of a list, each with its place. */
export const each = <T>({ value, at }: Placed<readonly T[]>): Placed<T>[] =>
  value.map((item, i) => new Placed(item, `${at}/${i}`))

/** A figure as it stands in a text. */
export interface ShownFigure {
  at: string
  shown: string
}

export interface Sentence {
  text: string
  figures: readonly ShownFigure[]
}

export const shown = <T>({ value, at }: Placed<T>, format: (value: T) => string): ShownFigure => ({
  at,
  shown: format(value),
})

export type Part = string | ShownFigure | Sentence

/** prose`${name} moved by ${shown(delta, percent)}`: text, figures and other sentences in one. */
export function prose(strings: TemplateStringsArray, ...parts: readonly Part[]): Sentence {
  return joined(strings.flatMap((text, i) => (i < parts.length ? [text, parts[i]!] : [text])))
}

export function joined(parts: readonly Part[], between = ''): Sentence {
  const figures = parts.flatMap((part) =>
    typeof part === 'string' ? [] : 'figures' in part ? part.figures : [part],
  )
  const texts = parts.map((part) =>
    typeof part === 'string' ? part : 'text' in part ? part.text : part.shown,
  )
  return { text: texts.join(between), figures }
}
