// Where a model keeps its chat templates: files of their own, tokenizer_config.json, chat_template.json, GGUF metadata.
// As transformers does it, a file of its own goes before what stands inside another.
import { record } from './tokenizerParts.ts'

export interface ChatTemplate {
  /** `default`, or what it is for: tool_use, rag ... */
  name: string
  text: string
  /** The file, or the GGUF key. */
  from: string
}

/** What stands inside tokenizer_config.json or chat_template.json: a text, or a list of named ones. */
export function templatesIn(file: string, value: unknown): ChatTemplate[] {
  if (typeof value === 'string') return [{ name: 'default', text: value, from: file }]
  if (Array.isArray(value)) {
    return value.flatMap((entry: unknown): ChatTemplate[] => {
      const { name, template } = record(entry) ?? {}
      return typeof name === 'string' && typeof template === 'string'
        ? [{ name, text: template, from: file }]
        : []
    })
  }
  return Object.entries(record(value) ?? {}).flatMap(([name, text]): ChatTemplate[] =>
    typeof text === 'string' ? [{ name, text, from: file }] : [],
  )
}

/** tokenizer.chat_template, and named ones behind another dot. */
export function templatesOfGguf(metadata: ReadonlyMap<string, unknown>): ChatTemplate[] {
  const start = 'tokenizer.chat_template'
  return [...metadata].flatMap(([key, text]): ChatTemplate[] => {
    if (typeof text !== 'string') return []
    if (key === start) return [{ name: 'default', text, from: key }]
    return key.startsWith(`${start}.`) ? [{ name: key.slice(start.length + 1), text, from: key }] : []
  })
}

/** Of templates with one name the first one counts; sorted by name, the default one first. */
export function firstOfEach(templates: readonly ChatTemplate[]): ChatTemplate[] {
  const byName = new Map<string, ChatTemplate>()
  for (const template of templates) if (!byName.has(template.name)) byName.set(template.name, template)
  const rank = ({ name }: ChatTemplate): string => (name === 'default' ? '' : name)
  return [...byName.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}
