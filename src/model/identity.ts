// What a model is looked up by. Identity: SHA-256 over the contents of its files, wherever they lie and whatever weights
// files are called. Layout: headers and sizes alone, which a base and its fine-tune share; it tells nothing about values.

import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { open, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { cacheFolder } from '../util/cache.ts'
import { UserError } from '../util/errors.ts'
import { writeFileWhole } from '../util/files.ts'
import { sha256, sha256Value } from '../util/hash.ts'
import { fileError } from '../util/textFile.ts'
import type { Model, ModelFile } from './tensor.ts'

const READ_BYTES = 1 << 22
/** Time stamps tick: a file changed this shortly before it is hashed could change again under the same stamp. */
const TICK_MS = 50

export interface IdentityOptions {
  /** Only of bytes that are read: what is known from the cache counts as done. */
  onProgress?: (doneBytes: number, totalBytes: number) => void
}

/** Hex SHA-256 of headers and sizes: names, types and shapes of tensors, sizes of weights files. Reads nothing. */
export function layoutOf(model: Model): string {
  const tensors = [...model.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, [...shape]])
  return sha256Value({
    tensors: tensors.sort(byText),
    leftOut: model.leftOut.map(({ name }) => name).sort(),
    bytes: model.files
      .filter(isWeights)
      .map(({ bytes }) => bytes)
      .sort((a, b) => a - b),
    adapters: model.adapters.map(({ method, parameters }) => [method, parameters]),
    quantised: model.quantised ?? null,
  })
}

/**
 * Hex SHA-256 over the files of roles weights, adapter, config and tokenizer, and what is done to them on load. Each
 * file is hashed once, and again when its path, size, times or inode changed.
 */
export async function identityOf(model: Model, options: IdentityOptions = {}): Promise<string> {
  const files = model.files.filter(({ role }) => role !== 'other')
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let before = 0
  const parts: string[][] = []
  for (const file of files) {
    const hash = await contentHash(file.path, (done) => options.onProgress?.(before + done, totalBytes))
    before += file.bytes
    options.onProgress?.(before, totalBytes)
    parts.push(identityPart(model, file, hash))
  }
  return sha256Value({ files: parts.sort(byText), quantised: model.quantised ?? null })
}

/** Weights may be called anything; of a config the name says what it is for, of an adapter where it is applied. */
function identityPart(model: Model, file: ModelFile, hash: string): string[] {
  const level = model.adapters.findIndex(({ files }) => files.some(({ path }) => path === file.path))
  if (level >= 0) return [`adapter ${level}`, file.name.replace(/^.*\//, ''), hash]
  return [file.role, isWeights(file) ? '' : file.name, hash]
}

const isWeights = ({ role }: ModelFile): boolean => role === 'weights' || role === 'adapter'

const byText = (a: unknown, b: unknown): number => {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

const cachedSchema = z.strictObject({
  path: z.string(),
  bytes: z.string(),
  changed: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
type Cached = z.infer<typeof cachedSchema>

/** Hex SHA-256 of a file, from the cache where the file is the one that was hashed. */
export async function contentHash(path: string, onProgress?: (doneBytes: number) => void): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  const before = await stat(real, { bigint: true })
  // One small file for each hashed one, written whole: processes that write at once cannot spoil it.
  const place = join(cacheFolder(), 'identities', `${sha256(real)}.json`)
  const known = await readCached(place)
  const now = fingerprint(real, before)
  if (known && known.path === now.path && known.bytes === now.bytes && known.changed === now.changed) {
    return known.hash
  }
  const hash = await hashFile(real, onProgress)
  const after = fingerprint(real, await stat(real, { bigint: true }))
  if (after.bytes !== now.bytes || after.changed !== now.changed) {
    throw new UserError(`${path} changed while it was read`, {
      hint: 'wait until it is written, then start again',
    })
  }
  const settled = Date.now() - Math.max(Number(before.mtimeMs), Number(before.ctimeMs)) > TICK_MS
  if (settled) await keep(place, { ...now, hash })
  return hash
}

function fingerprint(path: string, info: BigIntStats): Omit<Cached, 'hash'> {
  return { path, bytes: `${info.size}`, changed: `${info.mtimeNs} ${info.ctimeNs} ${info.dev} ${info.ino}` }
}

async function readCached(place: string): Promise<Cached | undefined> {
  try {
    return cachedSchema.parse(JSON.parse(await readFile(place, 'utf8')))
  } catch {
    // Absent, or damaged by something else: it is made again.
    return undefined
  }
}

/** A cache that cannot be written costs time and nothing else. */
async function keep(place: string, row: Cached): Promise<void> {
  await writeFileWhole(place, `${JSON.stringify(row)}\n`).catch(() => undefined)
}

async function hashFile(path: string, onProgress?: (doneBytes: number) => void): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const file = await open(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  try {
    for (let done = 0; ; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, done)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
      done += bytesRead
      onProgress?.(done)
    }
  } finally {
    await file.close()
  }
}
