// Whether a JSON value is a row of training data, and if it is not, which keys were found, which are wanted, and the command
// that makes one of the other.
import type { ChatMessage } from '../../model/tokenizer/tokenizer.ts'
import { UserError } from '../../util/errors.ts'
import { nearest, oneLine } from '../../util/text.ts'
import type { RowContent } from './rows.ts'

export const WANTED =
  'rows {"prompt", "completion"}, {"messages": [{"role", "content"}, ...]} or {"text"}, a JSON object a line'

/** Names that other tools have for the two keys. */
const PROMPTS = ['prompt', 'instruction', 'question', 'query', 'input', 'problem']
const COMPLETIONS = ['completion', 'output', 'response', 'answer', 'solution', 'target']
const NAME = /^[A-Za-z_]\w*$/

/** The row without what it has besides; a UserError where it is none. */
export function checkRow(path: string, place: string, value: unknown): RowContent {
  if (Array.isArray(value)) {
    throw rowError(
      path,
      place,
      'a list, wanted an object',
      'a file that holds one list of rows has to end in .json',
    )
  }
  if (typeof value !== 'object' || value === null)
    throw rowError(path, place, `${kindOf(value)}, wanted an object`)
  const row = value as Record<string, unknown>
  const has = (key: string): boolean => Object.hasOwn(row, key)
  const shapes = [has('prompt') && has('completion'), has('messages'), has('text')]
  if (shapes.filter(Boolean).length > 1) {
    throw rowError(
      path,
      place,
      `has the keys of more than one kind of row (${keysOf(row)})`,
      'keep prompt and completion, or messages, or text',
    )
  }
  const text = (key: string): string => textAt(row[key], key, { path, place })
  if (shapes[0]) return { kind: 'pair', prompt: text('prompt'), completion: text('completion') }
  if (shapes[1]) return { kind: 'chat', messages: messagesOf(row.messages, { path, place }) }
  if (shapes[2]) return { kind: 'text', text: text('text') }
  throw rowError(
    path,
    place,
    `has ${keysOf(row)}, wanted prompt and completion, messages, or text`,
    renaming(row),
  )
}

/** A UserError about one row. */
export function rowError(path: string, place: string, what: string, hint = `wanted: ${WANTED}`): UserError {
  return new UserError(`${path}, ${place}: ${what}`, { hint })
}

interface Where {
  path: string
  place: string
}

function textAt(value: unknown, key: string, { path, place }: Where): string {
  if (typeof value !== 'string') {
    throw rowError(
      path,
      place,
      `${key} is ${kindOf(value)}, wanted a text`,
      Array.isArray(value) ? 'conversations go under messages, and contents are plain texts' : undefined,
    )
  }
  if (!value.isWellFormed())
    throw rowError(path, place, `${key} holds half of a surrogate pair, which is no text`)
  return value
}

function messagesOf(value: unknown, { path, place }: Where): ChatMessage[] {
  if (!Array.isArray(value)) throw rowError(path, place, `messages is ${kindOf(value)}, wanted a list`)
  if (value.length === 0) throw rowError(path, place, 'messages is an empty list')
  return value.map((entry: unknown, i) => {
    const key = `messages[${i}]`
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw rowError(path, place, `${key} is ${kindOf(entry)}, wanted {"role", "content"}`)
    }
    const message = entry as Record<string, unknown>
    if (message.tool_calls != null) {
      throw rowError(
        path,
        place,
        `${key} has tool_calls, which are not read`,
        'write the conversation out as prompt and completion',
      )
    }
    for (const part of ['role', 'content']) {
      if (!Object.hasOwn(message, part))
        throw rowError(path, place, `${key} has ${keysOf(message)}, wanted role and content`)
    }
    return {
      role: textAt(message.role, `${key}.role`, { path, place }),
      content: textAt(message.content, `${key}.content`, { path, place }),
    }
  })
}

/** The command that makes rows of other tools ours, or the key that was meant. */
function renaming(row: Record<string, unknown>): string | undefined {
  if (Array.isArray(row.conversations)) {
    return `rename them: jq -c '{messages: [.conversations[] | {role: ({human: "user", gpt: "assistant"}[.from] // .from), content: .value}]}' FILE > NEWFILE`
  }
  const keys = Object.keys(row).filter((key) => NAME.test(key))
  const [prompt, completion] = [PROMPTS, COMPLETIONS].map((names) =>
    names.find((name) => keys.includes(name)),
  )
  if (prompt !== undefined && completion !== undefined)
    return `rename them: jq -c '{prompt: .${prompt}, completion: .${completion}}' FILE > NEWFILE`
  for (const key of keys) {
    const meant = nearest(key, ['prompt', 'completion', 'messages', 'text'])
    if (meant !== undefined && meant !== key) return `is ${meant} meant by ${key}? wanted: ${WANTED}`
  }
  return undefined
}

const keysOf = (row: Record<string, unknown>): string => {
  const keys = Object.keys(row)
  return keys.length === 0 ? 'no keys' : `the keys ${oneLine(keys.join(', '), 200)}`
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`
