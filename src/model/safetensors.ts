// The header of one safetensors file: 8 bytes of length, JSON, then the tensors without gaps. Nothing in it is trusted
// before it was checked against the size of the file. Only the header is read. Layout and limits are those of the
// format's own README and Rust reader (huggingface/safetensors).
import { open } from 'node:fs/promises'
import { UserError } from '../util/errors.ts'
import { parseStrictJson } from '../util/strictJson.ts'
import { oneLine } from '../util/text.ts'
import { fileError } from '../util/textFile.ts'
import { DTYPES, type Dtype, type LeftOut, type StoredTensor } from './tensor.ts'

/** Longest header that is read, as in the reference reader. */
export const MAX_HEADER_BYTES = 100_000_000
/** Header, tensor, shape. */
const MAX_DEPTH = 3
const LENGTH_BYTES = 8

/** Every element type of the format, in bits. */
const BITS: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64, F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
}

export interface SafetensorsHeader {
  tensors: Map<string, StoredTensor>
  leftOut: LeftOut[]
  metadata: Record<string, string>
}

interface Entry {
  name: string
  dtype: string
  shape: number[]
  begin: number
  end: number
}

/** Reads and checks the header of one file. A file that is not whole and well-formed is a UserError that says why. */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  const { text, dataStart, fileBytes } = await readHeaderText(path)
  const parsed = parseStrictJson(text, MAX_DEPTH)
  if ('fault' in parsed) throw refuse(path, `the header is not valid: ${parsed.fault}`)
  if (!isObject(parsed.value)) throw refuse(path, 'the header is no JSON object')
  const { __metadata__: metadata = {}, ...rest } = parsed.value
  const entries = Object.entries(rest).map(([name, value]) => checkEntry(path, name, value))
  checkLayout(path, entries, fileBytes - dataStart)
  const tensors = new Map<string, StoredTensor>()
  const leftOut: LeftOut[] = []
  for (const { name, dtype, shape, begin, end } of entries) {
    if (isReadable(dtype)) {
      const at = { offset: dataStart + begin, bytes: end - begin }
      tensors.set(name, { kind: 'stored', path, ...at, dtype, shape })
    } else {
      leftOut.push({ name, reason: `element type ${dtype} is not read` })
    }
  }
  return { tensors, leftOut, metadata: checkMetadata(path, metadata) }
}

async function readHeaderText(path: string): Promise<{ text: string; dataStart: number; fileBytes: number }> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  try {
    const { size: fileBytes } = await file.stat()
    const start = Buffer.alloc(LENGTH_BYTES + 1)
    const { bytesRead } = await file.read(start, 0, start.length, 0).catch((error: unknown) => {
      throw fileError(path, error)
    })
    if (bytesRead < start.length) throw refuse(path, `${fileBytes} bytes are too few for a safetensors file`)
    const claimed = start.readBigUInt64LE()
    const left = fileBytes - LENGTH_BYTES
    if (claimed > BigInt(MAX_HEADER_BYTES)) {
      const most = `more than the ${MAX_HEADER_BYTES} that a safetensors file may have`
      throw refuse(path, `the header claims ${claimed} bytes, ${most}${kindHint(start)}`)
    }
    if (claimed > left) throw refuse(path, `the header claims ${claimed} bytes, the file has ${left} left`)
    if (start[LENGTH_BYTES] !== 0x7b) throw refuse(path, 'the header does not begin with {')
    const header = Buffer.allocUnsafe(Number(claimed))
    const got = await file.read(header, 0, header.length, LENGTH_BYTES)
    if (got.bytesRead < header.length) throw refuse(path, `ends within its header of ${claimed} bytes`)
    return { text: utf8(path, header), dataStart: LENGTH_BYTES + header.length, fileBytes }
  } finally {
    await file.close()
  }
}

/** What else the file begins like; people rename files. */
function kindHint(start: Buffer): string {
  const text = start.toString('latin1')
  if (text.startsWith('GGUF')) return '; it begins like a GGUF file'
  if (text.startsWith('PK')) return '; it begins like a zip file, as PyTorch writes'
  if (text.startsWith('version ')) return '; it is a Git LFS pointer, not the file'
  if (/^\s*<(!|html)/i.test(text)) return '; it begins like a web page'
  return ''
}

function utf8(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refuse(path, 'the header is not UTF-8')
  }
}

function checkEntry(path: string, name: string, value: unknown): Entry {
  const fault = (what: string): UserError => refuse(path, `tensor ${quoted(name)}: ${what}`)
  if (!isObject(value)) throw fault('its entry is no JSON object')
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !Object.hasOwn(BITS, dtype)) {
    throw fault(`dtype ${quoted(dtype)} is none of the format`)
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw fault(`shape ${quoted(shape)} is no list of whole numbers below 2^53`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fault(`data_offsets ${quoted(offsets)} are no two whole numbers below 2^53`)
  }
  const [begin, end] = offsets as [number, number]
  if (end < begin) throw fault(`it ends at byte ${end}, before its beginning at ${begin}`)
  const bits = product(shape) * BITS[dtype]!
  if (bits > Number.MAX_SAFE_INTEGER)
    throw fault(`shape ${quoted(shape)} has more elements than a file can hold`)
  if (bits !== (end - begin) * 8) {
    const wanted = bits % 8 === 0 ? `${bits / 8} bytes` : `${bits} bits`
    throw fault(
      `${dtype} of shape [${shape.join(', ')}] takes ${wanted}, its data_offsets span ${end - begin}`,
    )
  }
  return { name, dtype, shape, begin, end }
}

/** Tensors must fill the data without hole, overlap or rest. */
function checkLayout(path: string, entries: readonly Entry[], dataBytes: number): void {
  let filled = 0
  let last = 'the header'
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    const fault = (what: string): UserError => refuse(path, `tensor ${quoted(name)} ${what}`)
    if (end > dataBytes) throw fault(`ends at byte ${end} of the data, the file has ${dataBytes}`)
    if (begin < filled)
      throw fault(`begins at byte ${begin} of the data and overlaps ${last}, which ends at ${filled}`)
    if (begin > filled) throw fault(`begins at byte ${begin} of the data, ${last} ends at ${filled}: a hole`)
    filled = end
    last = quoted(name)
  }
  if (filled !== dataBytes)
    throw refuse(path, `the tensors end at byte ${filled} of the data, the file has ${dataBytes}`)
}

function checkMetadata(path: string, metadata: unknown): Record<string, string> {
  if (!isObject(metadata)) throw refuse(path, '__metadata__ is no JSON object')
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string')
      throw refuse(path, `__metadata__ ${quoted(key)} is ${quoted(value)}, not a string`)
  }
  return metadata as Record<string, string>
}

/** Of sizes that are each exact; Infinity or an inexact number beyond 2^53 stays beyond it, and 0 is 0 anywhere. */
function product(shape: readonly number[]): number {
  return shape.includes(0) ? 0 : shape.reduce((elements, size) => elements * size, 1)
}

const isReadable = (dtype: string): dtype is Dtype => Object.hasOwn(DTYPES, dtype)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const quoted = (value: unknown): string => oneLine(JSON.stringify(value) ?? 'nothing', 120)

function refuse(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, {
    hint: 'the file is cut off or damaged: download or copy it again',
  })
}
