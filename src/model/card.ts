// What the head of a README.md says of a model: licence and base, as model cards of the hub have them between two lines
// of three dashes. Reads the plain part of YAML that cards use for these keys (texts, lists); other lines are passed over.
import { open } from 'node:fs/promises'

export interface ModelCard {
  licence?: string
  /** base_model: one, or those that were merged. */
  bases: readonly string[]
  /** base_model_relation: finetune, adapter, quantized, merge. */
  relation?: string
}

/** A card's head is at most this long. */
const MAX_HEAD_BYTES = 64 * 1024

/** The card beside a model; an empty one where there is none. */
export async function readCard(path: string): Promise<ModelCard> {
  let head: string
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_HEAD_BYTES), 0, MAX_HEAD_BYTES, 0)
    head = buffer.toString('utf8', 0, bytesRead)
  } catch {
    return { bases: [] } // no card, or one that may not be read: nothing depends on it
  }
  return parseCard(head)
}

export function parseCard(text: string): ModelCard {
  const match = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(text)
  const values = match ? topLevel(match[1]!.split(/\r?\n/)) : new Map<string, string[]>()
  const first = (key: string): string | undefined => values.get(key)?.[0]
  // `license: other` has its name beside it.
  const licence = first('license') === 'other' ? (first('license_name') ?? 'other') : first('license')
  const relation = first('base_model_relation')
  return {
    ...(licence ? { licence } : {}),
    bases: (values.get('base_model') ?? []).filter(Boolean),
    ...(relation ? { relation } : {}),
  }
}

/** Keys that begin a line, with their text, or the items of the list behind or under them. */
function topLevel(lines: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  let items: string[] | undefined
  for (const line of lines) {
    const key = /^([A-Za-z_][\w-]*):\s*(.*)$/.exec(line)
    const item = /^\s*-\s+(.*)$/.exec(line)
    if (key) {
      items = inline(key[2]!)
      if (!values.has(key[1]!)) values.set(key[1]!, items)
    } else if (item) items?.push(scalar(item[1]!))
  }
  return values
}

function inline(text: string): string[] {
  const list = /^\[(.*)\]\s*$/.exec(text)
  if (list) return list[1]!.split(',').map(scalar).filter(Boolean)
  const value = scalar(text)
  return value ? [value] : []
}

function scalar(text: string): string {
  const trimmed = text.trim()
  const quoted = /^(["'])(.*)\1$/.exec(trimmed)
  return quoted ? quoted[2]! : trimmed.replace(/\s+#.*$/, '')
}
