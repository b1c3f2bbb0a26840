// The boot image: linear memory of an interpreter that has started, imported the usual modules and loaded our Python.
// Made once, in the machine's cache folder (1 to 3 s); from then on a started interpreter is 0.1 s away. Never shipped.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { writeFileWhole } from '../util/files.ts'
import { sha256 } from '../util/hash.ts'
import { BOOT_CONFIG, type MachineOptions, startMachine } from './boot.ts'
import { openGate } from './firewall.ts'
import { packImage, unpackImage } from './imageFile.ts'
import { type MemoryImage, PAGE_BYTES, takeImage } from './memory.ts'
import { PREPARATION } from './preparation.ts'
import { type PythonExports, pythonApi } from './python.ts'

export const PYODIDE_VERSION = '314.0.7'

/** Raised by hand when making the image changes in a way that neither the Python nor the configuration shows. */
const IMAGE_REVISION = 2

/** Folder of the installed pyodide package; its version is the pinned one. */
export function pyodideFolder(): string {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('pyodide/package.json')
  const { version } = require(manifest) as { version: string }
  if (version !== PYODIDE_VERSION) {
    throw new Error(
      `pyodide ${PYODIDE_VERSION} belongs to this version of tunediff, but ${version} is installed`,
    )
  }
  return dirname(manifest)
}

/**
 * Where the boot image lies. The name says what made it; V8's version is part of it because an image holds table
 * addresses that depend on what the engine supports.
 */
export function bootImagePath(cacheFolder: string): string {
  const engine = [PYODIDE_VERSION, process.versions.v8, process.arch]
  const made = sha256(JSON.stringify([engine, BOOT_CONFIG, IMAGE_REVISION]), PREPARATION).slice(0, 16)
  return join(cacheFolder, `python-${PYODIDE_VERSION}-${made}.image`)
}

export type BootImageState = 'ready' | 'absent' | 'damaged'

/** Reads and verifies the boot image. */
export async function readBootImage(path: string): Promise<{ state: BootImageState; image?: MemoryImage }> {
  let file: Buffer
  try {
    file = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' }
    throw error
  }
  const image = unpackImage(file, sha256)
  return image ? { state: 'ready', image } : { state: 'damaged' }
}

/** Reads the boot image, or makes it (again) where it is absent or damaged. */
export async function ensureBootImage(path: string, options: MachineOptions): Promise<MemoryImage> {
  const found = await readBootImage(path)
  if (found.image) return found.image
  const { exports } = await startMachine(options, openGate())
  pythonApi(exports).runMain(PREPARATION)
  const file = packImage(takeImage(exports.memory, imageEnd(exports)), sha256)
  await writeFileWhole(path, file)
  return unpackImage(file)!
}

/** Room above the heap's end that programs may use before memory grows: what grows is cleared after every program. */
const HEADROOM_BYTES = 1024 * 1024

function imageEnd({ memory, emscripten_get_sbrk_ptr }: PythonExports): number {
  const heapEnd = new DataView(memory.buffer).getUint32(emscripten_get_sbrk_ptr() >>> 0, true)
  const end = Math.ceil((heapEnd + HEADROOM_BYTES) / PAGE_BYTES) * PAGE_BYTES
  return Math.min(end, memory.buffer.byteLength)
}
