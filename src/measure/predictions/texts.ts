// The texts that predictions are compared on: files, folders and fields of JSONL files, as bodies of documents. Without any,
// the short ones that are shipped in assets/texts. Texts are taken as they are: nothing is trimmed or normalised.
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Corpus } from '../../schema/predictions.ts'
import { UserError } from '../../util/errors.ts'
import { sha256, sha256Value } from '../../util/hash.ts'
import { plural } from '../../util/text.ts'
import { fileError } from '../../util/textFile.ts'
import type { TextDocument } from './jobs.ts'
import { readFieldTexts, splitField } from './textField.ts'
import { type NamedText, readFolderTexts, readTextOf } from './textFiles.ts'

export interface Texts {
  corpora: readonly Corpus[]
  /** In the order of the corpora. */
  documents: readonly TextDocument[]
  /** What was left out, in sentences. */
  notes: readonly string[]
}

const BUILT_IN = ['prose', 'code', 'dialogue', 'german-spanish'] as const

/** Corpora of the files, folders and JSONL fields that a user named; of equal names the later ones get a number. */
export async function readTexts(specs: readonly string[]): Promise<Texts> {
  const twice = specs.find((spec, i) => specs.indexOf(spec) < i)
  if (twice !== undefined)
    throw new UserError(`--text ${twice} is given twice`, { hint: 'name each text once' })
  const sources = []
  const names = new Set<string>()
  for (const spec of specs) {
    const source = await readSource(spec)
    sources.push({ ...source, name: untaken(source.name, names) })
  }
  return textsOf(sources)
}

/** The texts that were written for this project. */
export async function builtInTexts(): Promise<Texts> {
  const sources: Source[] = []
  for (const name of BUILT_IN) {
    const folder = fileURLToPath(new URL(`../../../assets/texts/${name}`, import.meta.url))
    sources.push({ ...(await readFolderTexts(folder)), name, from: 'built in' })
  }
  return textsOf(sources)
}

/** One corpus before its documents have ids. */
interface Source {
  name: string
  from: string
  texts: readonly NamedText[]
  notes: readonly string[]
}

async function readSource(spec: string): Promise<Source> {
  const { path, field } = await splitField(spec)
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  const from = spec
  if (found.isDirectory()) {
    const { texts, notes } = await readFolderTexts(path)
    return { name: nameOf(path), from, texts, notes }
  }
  if (field !== undefined) {
    const { texts, field: used } = await readFieldTexts(path, field)
    // Two fields of one file are two corpora.
    return { name: field === null ? stem(path) : `${stem(path)}.${used}`, from, texts, notes: [] }
  }
  return {
    name: stem(path),
    from,
    texts: [{ name: basename(path), text: await readTextOf(path) }],
    notes: [],
  }
}

/** Ids are CORPUS/NAME: a corpus has no slash, so that no two ids are equal. */
const nameOf = (path: string): string => basename(path.replace(/[\\/]+$/, '')).replace(/^\.*$/, 'texts')
const stem = (path: string): string => nameOf(path).replace(/(.)\.[^.]+(\.gz)?$/, '$1')

function untaken(name: string, names: Set<string>): string {
  let free = name
  for (let i = 2; names.has(free); i++) free = `${name}-${i}`
  names.add(free)
  return free
}

function textsOf(sources: readonly Source[]): Texts {
  const parts = sources.map(corpusOf)
  return {
    corpora: parts.map(({ corpus }) => corpus),
    documents: parts.flatMap(({ documents }) => documents),
    notes: parts.flatMap(({ notes }) => notes),
  }
}

function corpusOf({ name, from, texts, notes }: Source): {
  corpus: Corpus
  documents: TextDocument[]
  notes: string[]
} {
  const documents = texts
    .filter(({ text }) => text.trim() !== '')
    .map((document) => ({ id: `${name}/${document.name}`, corpus: name, text: document.text }))
  const empty = texts.length - documents.length
  if (documents.length === 0) {
    const why = empty > 0 ? `: ${plural(empty, 'document is', 'documents are')} empty` : ''
    throw new UserError(`${from} holds no text${why}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`, {
      hint: 'name a text file, a folder of text files, or FILE.jsonl#FIELD',
    })
  }
  return {
    corpus: {
      name,
      from,
      identity: sha256Value(documents.map(({ text }) => sha256(text))),
      documents: documents.length,
      bytes: documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
    },
    documents,
    notes: [
      ...notes,
      ...(empty > 0
        ? [`${from}: ${plural(empty, 'empty document was', 'empty documents were')} left out`]
        : []),
    ],
  }
}
