// Where the page's data comes from: a summary that is in the page, and shards that are in it too or lie in a folder beside
// it, gzip in both. A shard is read once, when a view first needs it.
import type { Report, StudyReport } from '../src/schema/report.ts'

const SUMMARY = 'summary'

export interface Source {
  report: Report
  /** The bytes of a shard. */
  shard(name: string): Promise<Uint8Array>
}

export async function openSource(): Promise<Source> {
  const summary = await inlined(SUMMARY)
  const report = JSON.parse(textOf(summary)) as Report
  const read = new Map<string, Promise<Uint8Array>>()
  return {
    report,
    shard(name) {
      const known = read.get(name)
      if (known) return known
      const bytes = report.shardFolder === null ? inlined(name) : fetched(report.shardFolder, name)
      read.set(name, bytes)
      return bytes
    },
  }
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

async function inlined(id: string): Promise<Uint8Array> {
  const text = document.getElementById(id)?.textContent
  if (!text) throw new Error(`This file lacks its part ${id}. Write it again: tunediff report`)
  return unzip(new Blob([fromBase64(text)]).stream())
}

async function fetched(folder: string, name: string): Promise<Uint8Array> {
  const hint = 'Open it with: tunediff view'
  if (location.protocol === 'file:') throw new Error(`The rows of this report lie beside it. ${hint} FILE`)
  const response = await fetch(`${encodeURIComponent(folder)}/${name}.gz`)
  if (!response.ok || !response.body) throw new Error(`${folder}/${name}.gz is not there. ${hint} FILE`)
  return unzip(response.body)
}

async function unzip(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const unzipped = stream.pipeThrough(
    new DecompressionStream('gzip') as TransformStream<Uint8Array, Uint8Array>,
  )
  return new Uint8Array(await new Response(unzipped).arrayBuffer())
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.trim())
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** A shard of JSON. */
export async function jsonShard<T>(source: Source, name: string): Promise<T> {
  return JSON.parse(textOf(await source.shard(name))) as T
}

/** A piece of a file of the study folder; undefined where the report does not carry it. */
export async function pieceBytes(
  source: Source,
  study: StudyReport,
  file: string,
  index: number,
): Promise<Uint8Array | undefined> {
  const piece = study.files[file]?.[index]
  if (!piece) return undefined
  const bytes = await source.shard(piece.shard)
  return bytes.subarray(piece.offset, piece.offset + piece.bytes)
}

/** Rows of a piece of a JSONL file. */
export async function pieceRows<T>(
  source: Source,
  study: StudyReport,
  file: string,
  index: number,
): Promise<T[]> {
  const bytes = await pieceBytes(source, study, file, index)
  if (!bytes) return []
  return textOf(bytes)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

/** All rows of a JSONL file. */
export async function fileRows<T>(source: Source, study: StudyReport, file: string): Promise<T[]> {
  const pieces = study.files[file] ?? []
  const rows = await Promise.all(pieces.map((_, index) => pieceRows<T>(source, study, file, index)))
  return rows.flat()
}
