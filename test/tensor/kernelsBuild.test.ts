// The built module is a function of its source: a second build gives the same bytes.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { sha256 } from '../../src/util/hash.ts'

it('a second build of the kernels, from another folder, is the one in dist', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-kernels-'))
  try {
    const script = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))
    execFileSync(process.execPath, [script, '--kernels', 'again.wasm'], { cwd: folder })
    const built = readFileSync(createRequire(import.meta.url).resolve('#kernels.wasm'))
    expect(sha256(readFileSync(join(folder, 'again.wasm')))).toBe(sha256(built))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
