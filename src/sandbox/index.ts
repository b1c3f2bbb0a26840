// Running untrusted Python: opens a pool of sandboxed interpreters behind the interface of schema/judge.ts.
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_LIMITS, type Judge, type JudgeMode, type Limits, type Wall } from '../schema/judge.ts'
import { UserError } from '../util/errors.ts'
import { sha256Value } from '../util/hash.ts'
import {
  type BootImageState,
  bootImagePath,
  ensureBootImage,
  PYODIDE_VERSION,
  pyodideFolder,
  readBootImage,
} from './bootImage.ts'
import { startChild, startThread, type WorkerChannel, type WorkerEvents, workerPath } from './channel.ts'
import { capMemory } from './memory.ts'
import { Pool } from './pool.ts'
import { probeWall, WALLS, type WallReport, type WorkerFiles, wallCommand } from './walls.ts'
import type { WorkerOptions } from './worker.ts'

export { PYODIDE_VERSION } from './bootImage.ts'
export { NODE_WALL_WARNING, type WallReport } from './walls.ts'

export interface SandboxOptions {
  /** Default `two`. */
  mode?: JudgeMode
  limits?: Partial<Limits>
  /** `auto`, the default: the best that works here. */
  wall?: Wall | 'auto'
  /** Default: as many as the machine has cores, at most 8. */
  workers?: number
  /** Where the boot image is kept. */
  cacheFolder: string
}

/** Raised by hand whenever a program could be judged otherwise than before: recorded outcomes are then judged again. */
const JUDGING_REVISION = 2
const MAX_DEFAULT_WORKERS = 8

/** A pool of interpreters, which start when there is something to judge. The caller closes it (`await using`). */
export async function openSandbox(options: SandboxOptions): Promise<Judge> {
  const { mode = 'two' } = options
  const limits: Limits = checkedLimits({ ...DEFAULT_LIMITS, ...options.limits })
  const workers = options.workers ?? Math.min(MAX_DEFAULT_WORKERS, availableParallelism())
  const files = workerFiles(options.cacheFolder)
  const wall = await chooseWall(options.wall ?? 'auto', files)
  let started: Promise<Pool> | undefined
  const pool = (): Promise<Pool> => {
    started ??= startPool({ mode, limits, workers, wall, files })
    return started
  }
  return {
    id: sha256Value({
      backend: 'pyodide',
      version: PYODIDE_VERSION,
      mode,
      limits,
      revision: JUDGING_REVISION,
    }),
    backend: `pyodide ${PYODIDE_VERSION}`,
    mode,
    limits,
    wall,
    workers,
    judge: async (program, problem) => (await pool()).judge(program, problem),
    [Symbol.asyncDispose]: async () => (await started?.catch(() => undefined))?.close(),
  }
}

interface PoolSettings extends Pick<Judge, 'mode' | 'limits' | 'workers' | 'wall'> {
  files: WorkerFiles
}

/** Resolves when a worker is ready. */
async function startPool({ mode, limits, workers, wall, files }: PoolSettings): Promise<Pool> {
  const workerOptions: WorkerOptions = {
    mode,
    pyodideFolder: files.pyodideFolder,
    memoryBytes: limits.memoryMb * 1024 * 1024,
    outputBytes: limits.outputBytes,
    imagePath: files.imagePath,
  }
  // A child process compiles for itself: there the image has to be there, no more.
  const { state } = await readBootImage(files.imagePath)
  const materials = wall === 'none' || state !== 'ready' ? await loadMaterials(workerOptions) : {}
  const start = (events: WorkerEvents): WorkerChannel =>
    wall === 'none'
      ? startThread({ ...workerOptions, ...materials }, events)
      : startChild(wallCommand(wall, files), workerOptions, events)
  const pool = new Pool({ workers, limits, start })
  try {
    await pool.ready
  } catch (error) {
    await pool.close()
    throw error
  }
  return pool
}

/** The walls that this machine has, best first, and why it does not have the others. */
export async function sandboxWalls(cacheFolder: string): Promise<WallReport[]> {
  const files = workerFiles(cacheFolder)
  return Promise.all(WALLS.map((wall) => probeWall(wall, files)))
}

/** The boot image of this version in a cache folder. */
export async function bootImageStatus(cacheFolder: string): Promise<{ path: string; state: BootImageState }> {
  const path = bootImagePath(cacheFolder)
  return { path, state: (await readBootImage(path)).state }
}

const workerFiles = (cacheFolder: string): WorkerFiles => ({
  worker: workerPath(),
  pyodideFolder: pyodideFolder(),
  imagePath: bootImagePath(cacheFolder),
})

async function chooseWall(asked: Wall | 'auto', files: WorkerFiles): Promise<Wall> {
  if (asked === 'auto') {
    for (const wall of WALLS) if ((await probeWall(wall, files)).works) return wall
  }
  const { works, detail, hint } = await probeWall(asked as Wall, files)
  if (works) return asked as Wall
  throw new UserError(`the wall "${asked}" cannot be had: ${detail}`, {
    hint: [hint, 'or choose another --wall; `tunediff doctor` says which this machine has']
      .filter(Boolean)
      .join('; '),
  })
}

/** An interpreter starts with 30 MB; with less than twice that, even small programs fail. */
const MIN_MEMORY_MB = 64
const MAX_MEMORY_MB = 4096

function checkedLimits(limits: Limits): Limits {
  const { memoryMb, wallMs, retryWallMs, outputBytes } = limits
  if (!(memoryMb >= MIN_MEMORY_MB && memoryMb <= MAX_MEMORY_MB)) {
    const hint = `choose ${MIN_MEMORY_MB} to ${MAX_MEMORY_MB}`
    throw new UserError(`a memory limit of ${memoryMb} MB cannot be set`, { hint })
  }
  for (const [name, value] of Object.entries({ wallMs, retryWallMs, outputBytes })) {
    const least = name === 'retryWallMs' ? 0 : 1 // no time for a second try: there is none
    if (!(value >= least && value < 2 ** 31)) {
      throw new UserError(`the limit ${name} is ${value}`, { hint: `choose ${least} to 2147483647` })
    }
  }
  return limits
}

/** Compiles the interpreter and reads (or makes) its boot image, once for all threads. */
async function loadMaterials({ pyodideFolder, memoryBytes, imagePath }: WorkerOptions) {
  const wasm = await readFile(join(pyodideFolder, 'pyodide.asm.wasm'))
  const module = await WebAssembly.compile(capMemory(wasm, memoryBytes))
  const image = await ensureBootImage(imagePath, { pyodideFolder, module })
  return { module, image }
}
