// The state of a training on disk, from which it goes on to the last digit: trained values, both moments, steps made, and
// where the data stood. One file a state, state-<step>.bin: magic, length of the header, header (JSON), then values, m and v
// of every trained part as little-endian fp32, then the SHA-256 of all that. A state is written under a temporary name,
// flushed and renamed; the one before it is removed when the new one is whole.
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../util/errors.ts'
import { exists, removeAbandoned, temporaryName } from '../util/files.ts'
import { parseJson } from '../util/textFile.ts'
import type { AdamW } from './adamw.ts'
import type { Trained } from './methods/method.ts'

const MAGIC = 'tdstate1'
const NAME = /^state-(\d+)\.bin$/
const PREFIX_BYTES = 16
const HASH_BYTES = 32
const MAX_HEADER_BYTES = 64 * 1024 * 1024
/** Written, read and hashed at once. */
const PIECE_BYTES = 16 * 1024 * 1024

const headerSchema = z.strictObject({
  step: z.number().int().nonnegative(),
  /** Steps of the optimiser. */
  count: z.number().int().nonnegative(),
  parts: z.array(z.strictObject({ name: z.string(), length: z.number().int().nonnegative() })),
  data: z.unknown(),
})
type Header = z.infer<typeof headerSchema>

export interface SavedState {
  /** Steps made. */
  step: number
  trained: readonly Trained[]
  adam: AdamW
  /** Where the data stands; plain JSON. */
  dataState: unknown
}

/** Bytes of a state. While one is written, its folder holds two. */
export function stateBytes(trained: readonly Trained[]): number {
  const header = headerOf({ step: 0, trained, count: 0, dataState: null })
  const values = trained.reduce((sum, part) => sum + part.values.length, 0)
  return PREFIX_BYTES + Buffer.byteLength(JSON.stringify(header)) + 3 * 4 * values + HASH_BYTES
}

/** Values must not change before it is done. Returns the bytes written. */
export async function saveState(folder: string, state: SavedState): Promise<number> {
  const { step, trained, adam, dataState } = state
  await mkdir(folder, { recursive: true })
  const unfinished = join(folder, 'state.bin')
  await removeAbandoned(unfinished)
  const temporary = temporaryName(unfinished)
  let bytes = 0
  try {
    const file = await open(temporary, 'wx')
    try {
      const hash = createHash('sha256')
      const write = async (part: Uint8Array): Promise<void> => {
        for (const piece of pieces(part)) {
          hash.update(piece)
          await writeFully(file, piece)
        }
        bytes += part.length
      }
      await write(prefixed(headerOf({ step, trained, count: adam.count, dataState })))
      for (const array of arraysOf(trained, adam)) await write(bytesOf(array))
      await writeFully(file, hash.digest())
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, statePath(folder, step))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
  for (const older of await stepsIn(folder))
    if (older !== step) await rm(statePath(folder, older), { force: true })
  return bytes + HASH_BYTES
}

/**
 * Fills values, moments and the optimiser's count from the latest whole state; null where there is none. A damaged one is
 * passed over while there is a whole one before it; else, and where it is of another training, it is refused.
 */
export async function loadState(
  folder: string,
  into: Pick<SavedState, 'trained' | 'adam'>,
): Promise<Pick<SavedState, 'step' | 'dataState'> | null> {
  let damage: UserError | undefined
  for (const step of (await stepsIn(folder)).reverse()) {
    const found = await readState(statePath(folder, step), into)
    if (!('damage' in found)) return found
    damage ??= found.damage
  }
  if (damage) throw damage
  return null
}

/** Removes the states of a training that has ended. */
export async function removeStates(folder: string): Promise<void> {
  for (const step of await stepsIn(folder)) await rm(statePath(folder, step), { force: true })
}

type Read = Pick<SavedState, 'step' | 'dataState'> | { damage: UserError }

async function readState(path: string, into: Pick<SavedState, 'trained' | 'adam'>): Promise<Read> {
  const file = await open(path)
  try {
    const hash = createHash('sha256')
    const header = await readHeader(file, hash)
    if (typeof header === 'string') return { damage: damaged(path, header) }
    refuseOther(path, header, into.trained)
    for (const array of arraysOf(into.trained, into.adam)) {
      if (!(await readInto(file, bytesOf(array), hash))) return { damage: damaged(path, 'it ends too early') }
    }
    const ending = new Uint8Array(HASH_BYTES + 1)
    const { bytesRead } = await file.read(ending, 0, ending.length)
    if (bytesRead !== HASH_BYTES) return { damage: damaged(path, 'its end is not where it should be') }
    if (!hash.digest().equals(ending.subarray(0, HASH_BYTES)))
      return { damage: damaged(path, 'its content is not what was written') }
    into.adam.count = header.count
    return { step: header.step, dataState: header.data }
  } finally {
    await file.close()
  }
}

/** The header, or what is wrong. */
async function readHeader(file: FileHandle, hash: Hash): Promise<Header | string> {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  if (!(await readInto(file, prefix, hash))) return 'it ends too early'
  if (prefix.toString('latin1', 0, 8) !== MAGIC) return 'it does not begin as a state does'
  const length = Number(prefix.readBigUInt64LE(8))
  const { size } = await file.stat()
  if (length > Math.min(MAX_HEADER_BYTES, size)) return 'its header is longer than it'
  const text = Buffer.alloc(length)
  if (!(await readInto(file, text, hash))) return 'it ends too early'
  const parsed = parseJson(text.toString('utf8'))
  const header = 'value' in parsed ? headerSchema.safeParse(parsed.value).data : undefined
  return header ?? 'its header cannot be read'
}

function refuseOther(path: string, { parts }: Header, trained: readonly Trained[]): void {
  const other = (what: string): UserError =>
    new UserError(`${path} is of another training: ${what}`, {
      hint: 'train into another folder with -o, or give the recipe and base that it was begun with',
    })
  if (parts.length !== trained.length)
    throw other(`it holds ${parts.length} trained tensors, this one has ${trained.length}`)
  for (const [i, { name, values }] of trained.entries()) {
    const part = parts[i]!
    if (part.name !== name) throw other(`it holds ${part.name}, where this one has ${name}`)
    if (part.length !== values.length)
      throw other(`it holds ${part.length} numbers of ${name}, this one has ${values.length}`)
  }
}

function damaged(path: string, why: string): UserError {
  return new UserError(`${path} is damaged: ${why}`, {
    hint: 'delete it and run the same command again: training begins at its first step',
  })
}

function headerOf({
  step,
  trained,
  count,
  dataState,
}: { count: number } & Pick<SavedState, 'step' | 'trained' | 'dataState'>): Header {
  const parts = trained.map(({ name, values }) => ({ name, length: values.length }))
  return { step, count, parts, data: dataState }
}

function prefixed(header: Header): Uint8Array {
  const text = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.write(MAGIC, 'latin1')
  prefix.writeBigUInt64LE(BigInt(text.length), 8)
  return Buffer.concat([prefix, text])
}

function* arraysOf(trained: readonly Trained[], adam: AdamW): Generator<Float32Array> {
  const state = adam.state()
  for (const { name, values } of trained) {
    const { m, v } = state.get(name)!
    yield values
    yield m
    yield v
  }
}

/** In the byte order of this machine, which is little-endian wherever onnxruntime runs. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/** Whether there was enough to fill it. */
async function readInto(file: FileHandle, bytes: Uint8Array, hash: Hash): Promise<boolean> {
  for (const piece of pieces(bytes)) {
    for (let at = 0; at < piece.length; ) {
      const { bytesRead } = await file.read(piece, at, piece.length - at)
      if (bytesRead === 0) return false
      at += bytesRead
    }
    hash.update(piece)
  }
  return true
}

const statePath = (folder: string, step: number): string => join(folder, `state-${step}.bin`)

/** Steps of the states that are there, ascending. */
async function stepsIn(folder: string): Promise<number[]> {
  if (!(await exists(folder))) return []
  const found = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return found.map(Number).sort((a, b) => a - b)
}

/** So that the new name survives a power cut. Some systems do not allow it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw error
  }
}
