// Models whose differences are known, made by test/goldens/weights/make.py: the tiny form is kept in the repository, the
// large one is made on demand with the Python that TUNEDIFF_PYTHON names (torch, transformers, peft, gguf).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../../src/util/cache.ts'
import { root } from './cli.ts'

const scripts = join(root, 'test/goldens/weights')
export const tinyFolder = join(scripts, 'tiny')

export interface KnownTensor {
  shape: number[]
  dtypes: [base: string, variant: string]
  baseSquares: number
  variantSquares: number
  deltaSquares: number
  spacingSquares: number
  maxSpacing: number
  maxAbsDelta: number
  /** Elements: the smallest that reaches the share. */
  quantiles: { '0.5': number; '0.9': number; '0.99': number }
  changed: number
  aboveOneUlp: number
  signFlips: number
  relative: number
  oneMinusCosine: number
  /** Ten largest, of matrices that changed. */
  singularValues?: number[]
}

export interface KnownVariant {
  /** Inside the folder. */
  path: string
  kind: 'copy' | 'roundonly' | 'low-rank' | 'sizes' | 'flips' | 'full' | 'dora' | 'gguf'
  /** An adapter that is not merged. */
  adapter?: boolean
  /** Rank of the update before it was rounded. */
  rank?: number
  /** Directions that stand clear of rounding by how it was planted. */
  directions?: number
  planted?: unknown
  whole: { relative: number; oneMinusCosine: number; weights: number; changed: number; signFlips: number }
  tensors: Record<string, KnownTensor>
}

export interface Truth {
  folder: string
  variants: Record<string, KnownVariant>
}

export function readTruth(folder: string): Truth {
  return { ...JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')), folder }
}

const IMPORTS = 'import torch, transformers, peft, safetensors, tokenizers, gguf, numpy'

/** Python that can make the large form, or null; says why once. */
export const truthPython: string | null = findPython()

function findPython(): string | null {
  const python = process.env.TUNEDIFF_PYTHON
  const without = 'skipping tests of the large trained model'
  if (!python) {
    console.warn(`${without}: TUNEDIFF_PYTHON names no Python with torch, transformers, peft and gguf`)
    return null
  }
  if (existsSync(join(largeFolder(), 'truth.json'))) return python
  const { status, stderr, error } = spawnSync(python, ['-c', IMPORTS], { encoding: 'utf8' })
  if (status === 0) return python
  console.warn(`${without}: ${python}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
  return null
}

/** Of these scripts: another version of them makes another folder. */
function largeFolder(): string {
  const hash = createHash('sha256')
  for (const file of readdirSync(scripts).sort())
    if (file.endsWith('.py')) hash.update(readFileSync(join(scripts, file)))
  return join(cacheFolder(), 'test-weights', hash.digest('hex').slice(0, 12))
}

/** Makes the large form where it is not in the cache; takes a minute or two. */
export function largeTruth(): Truth {
  const folder = largeFolder()
  if (!existsSync(join(folder, 'truth.json'))) {
    const parts = `${folder}.${process.pid}`
    mkdirSync(join(folder, '..'), { recursive: true })
    const { status, stderr } = spawnSync(truthPython!, [join(scripts, 'make.py'), parts], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 1 << 26,
    })
    if (status !== 0) throw new Error(`make.py ended with ${status}: ${stderr.slice(-2000)}`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(parts, folder)
  }
  return readTruth(folder)
}
