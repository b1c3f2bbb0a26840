// Finds added tokens in a text, before the model sees it: the leftmost first, of those that begin at one place the
// longest. lstrip and rstrip take the blanks beside a token with it; single_word wants no letter or digit beside it.
import type { AddedToken } from './definition.ts'

/** A text, or the token that was found. */
type Section = string | AddedToken

type FindAdded = (text: string) => Section[]

export function openAddedTokens(tokens: readonly AddedToken[]): FindAdded {
  // By first character, the longest first; of equal contents the last one counts, as in the reference.
  const byStart = new Map<number, AddedToken[]>()
  for (const token of tokens) {
    if (token.content === '') continue
    const start = token.content.charCodeAt(0)
    byStart.set(start, [token, ...(byStart.get(start) ?? [])])
  }
  for (const list of byStart.values()) list.sort((a, b) => b.content.length - a.content.length)
  return (text) => {
    const sections: Section[] = []
    let done = 0
    for (let at = 0; at < text.length; ) {
      const token = byStart.get(text.charCodeAt(at))?.find(({ content }) => text.startsWith(content, at))
      const end = at + (token?.content.length ?? 1)
      if (token && !(token.single_word && isInsideWord(text, at, end))) {
        const start = token.lstrip ? at - blanksBefore(text.slice(done, at)) : at
        if (start > done) sections.push(text.slice(done, start))
        sections.push(token)
        done = token.rstrip ? end + blanksAfter(text.slice(end)) : end
      }
      at = Math.max(end, done)
    }
    if (done < text.length) sections.push(text.slice(done))
    return sections
  }
}

const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u')
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u')

const isInsideWord = (text: string, start: number, end: number): boolean =>
  ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
  STARTS_WITH_WORD.test(text.slice(end, end + 2))

const blanksBefore = (text: string): number => text.length - text.replace(/\p{White_Space}+$/u, '').length
const blanksAfter = (text: string): number => /^\p{White_Space}*/u.exec(text)![0].length
