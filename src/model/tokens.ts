// Text of tokens by id, for tables of embedding rows: from tokenizer.json, or from GGUF metadata.
import { readFile } from 'node:fs/promises'
import { readGguf } from './gguf/index.ts'
import type { Model } from './tensor.ts'

/** A large vocabulary has some 30 MB of tokenizer.json. */
const MAX_TOKENIZER_BYTES = 256 * 1024 * 1024

type TokenOf = (id: number) => string | null

/** Pieces as the tokenizer writes them (with its mark for a space); null for ids that it does not name. */
export async function tokenNames(model: Model): Promise<TokenOf> {
  if (model.format === 'gguf') {
    const path = model.files.find(({ role }) => role === 'weights')!.path
    const { tokens } = await readGguf(path)
    const pieces = tokens?.() ?? []
    return (id) => pieces[id] ?? null
  }
  const file = model.files.find(({ name }) => name === 'tokenizer.json')
  if (!file || file.bytes > MAX_TOKENIZER_BYTES) return () => null
  try {
    return piecesOf(JSON.parse(await readFile(file.path, 'utf8')))
  } catch {
    return () => null // what is wrong with the tokenizer is said where settings are compared
  }
}

function piecesOf(tokenizer: unknown): TokenOf {
  const { model, added_tokens: added } = (tokenizer ?? {}) as {
    model?: { vocab?: unknown }
    added_tokens?: unknown
  }
  const pieces = new Map<number, string>()
  const { vocab } = model ?? {}
  if (Array.isArray(vocab)) {
    vocab.forEach((entry, id) => {
      if (Array.isArray(entry) && typeof entry[0] === 'string') pieces.set(id, entry[0])
    })
  } else if (vocab && typeof vocab === 'object') {
    for (const [piece, id] of Object.entries(vocab)) if (typeof id === 'number') pieces.set(id, piece)
  }
  for (const { id, content } of Array.isArray(added) ? added : []) {
    if (typeof id === 'number' && typeof content === 'string') pieces.set(id, content)
  }
  return (id) => pieces.get(id) ?? null
}
