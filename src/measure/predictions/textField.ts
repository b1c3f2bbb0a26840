// A field of a JSONL file as a body of documents, a line a document. Streamed; a line without the field is an error that
// says which fields there are.
import { UserError } from '../../util/errors.ts'
import { exists } from '../../util/files.ts'
import { nearest, oneLine } from '../../util/text.ts'
import { readJsonLines } from '../../util/textFile.ts'
import type { NamedText } from './textFiles.ts'

/** Taken where no field is named: the first that the first line has. */
const DEFAULT_FIELDS = ['text', 'completion', 'content'] as const
const JSONL = /\.(jsonl|ndjson)(\.gz)?$/i

/** `FILE.jsonl#field`. Field null: one of the default ones; undefined: no JSONL file. A file of that whole name goes first. */
export async function splitField(spec: string): Promise<{ path: string; field?: string | null }> {
  const at = spec.lastIndexOf('#')
  if (at < 0 || (await exists(spec))) return JSONL.test(spec) ? { path: spec, field: null } : { path: spec }
  const [path, field] = [spec.slice(0, at), spec.slice(at + 1)]
  if (!JSONL.test(path)) {
    throw new UserError(`--text ${spec}: only .jsonl and .ndjson files have fields`, {
      hint: `name the file as it is, or rename it so that its name ends in .jsonl`,
    })
  }
  if (field === '') throw new UserError(`--text ${spec} names no field`, { hint: 'such as FILE.jsonl#text' })
  return { path, field }
}

/** Documents are named by their line. */
export async function readFieldTexts(
  path: string,
  asked: string | null,
): Promise<{ texts: NamedText[]; field: string }> {
  const texts: NamedText[] = []
  let field = asked
  for await (const line of readJsonLines(path)) {
    const place = `${path}, line ${line.number}`
    if (line.fault !== undefined)
      throw new UserError(`${place} is ${line.fault}`, { hint: 'mend or delete that line' })
    const row = objectOf(line.value, place)
    field ??=
      DEFAULT_FIELDS.find((name) => typeof row[name] === 'string') ??
      DEFAULT_FIELDS.find((name) => Object.hasOwn(row, name)) ??
      null
    if (field === null) throw noField(row, place)
    texts.push({ name: String(line.number), text: textIn(row, field, place) })
  }
  return { texts, field: field ?? DEFAULT_FIELDS[0] }
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new UserError(`${place} is no JSON object`, {
    hint: 'wanted is one object a line, such as {"text": "..."}',
  })
}

function textIn(row: Record<string, unknown>, field: string, place: string): string {
  const text = Object.hasOwn(row, field) ? row[field] : undefined
  // A lone surrogate has no UTF-8: what is hashed and counted must be what is scored.
  if (typeof text === 'string') return Buffer.from(text).toString()
  if (text !== undefined) {
    throw new UserError(`${place}: field '${field}' is ${kindOf(text)}, wanted a text`, {
      hint: `fields with texts: ${textFields(row)}`,
    })
  }
  const near = nearest(field, Object.keys(row))
  throw new UserError(`${place} has no field '${field}'; it has ${fieldsOf(row)}`, {
    hint:
      near === undefined
        ? 'name one of them: --text FILE.jsonl#FIELD'
        : `is '${near}' meant? --text FILE.jsonl#${near}`,
  })
}

function noField(row: Record<string, unknown>, place: string): UserError {
  const wanted = DEFAULT_FIELDS.map((name) => `'${name}'`).join(' or ')
  return new UserError(`${place} has no text in a field ${wanted}; it has ${fieldsOf(row)}`, {
    hint: `name the field: --text FILE.jsonl#FIELD (with texts: ${textFields(row)})`,
  })
}

const quoted = (names: readonly string[]): string =>
  names.length === 0 ? 'none' : oneLine(names.map((name) => `'${name}'`).join(', '), 200)
const fieldsOf = (row: Record<string, unknown>): string => quoted(Object.keys(row))
const textFields = (row: Record<string, unknown>): string =>
  quoted(Object.keys(row).filter((name) => typeof row[name] === 'string'))

const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
