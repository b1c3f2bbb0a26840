// Texts of tokens by id, where the report has them, and how a token is named in tables.
import { tokenText } from '../src/util/text.ts'
import { useLoaded, usePage } from './context.ts'
import { jsonShard } from './source.ts'

export type TokenTexts = Readonly<Record<string, string>>

/** Empty until they are read, and where there are none. */
export function useTokenTexts(): TokenTexts {
  const { study, source } = usePage()
  const { tokens } = study
  const shard = 'absent' in tokens ? null : tokens.shard
  const loaded = useLoaded(`texts ${shard}`, () =>
    shard === null ? Promise.resolve({}) : jsonShard<TokenTexts>(source, shard),
  )
  return loaded.state === 'done' ? loaded.value : {}
}

/** `“ the”`; by its number where it has no text, or that is not known. */
export function tokenName(texts: TokenTexts, id: number): string {
  const text = texts[id]
  return text ? `“${tokenText(text)}”` : `token ${id}`
}
