// Sandboxes for tests: the boot image is made once and lies in a folder of its own in the system's temporary folder.
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bootImagePath } from '../../src/sandbox/bootImage.ts'
import { openSandbox, type SandboxOptions } from '../../src/sandbox/index.ts'
import type { Judge, Verdict } from '../../src/schema/judge.ts'

/** Cache folder of all tests; the image's name says what made it, so that no stale one is used. */
export const TEST_CACHE = join(tmpdir(), 'tunediff-test-images')

/** Puts the image into a cache folder if it was made before; the function that is given back keeps it if it is made now. */
export function lendImage(cache: string): () => void {
  const [kept, lent] = [bootImagePath(TEST_CACHE), bootImagePath(cache)]
  const copy = (from: string, to: string): void => {
    if (existsSync(to) || !existsSync(from)) return
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, `${to}.${process.pid}`)
    renameSync(`${to}.${process.pid}`, to)
  }
  copy(kept, lent)
  return () => copy(lent, kept)
}

/** Opens a sandbox for one test file: one worker, no second wall, unless told otherwise. The file closes it. */
export function openTestSandbox(options: Partial<SandboxOptions> = {}): Promise<Judge> {
  return openSandbox({ wall: 'none', workers: 1, cacheFolder: TEST_CACHE, ...options })
}

export const ADD_ONE_TESTS =
  'def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(10) == 11\n'

/** Judges a program that should define `f`. The tests are of `f(x) = x + 1` unless given. */
export function judgeF(
  judge: Judge,
  program: string,
  { test = ADD_ONE_TESTS, prompt = '', entryPoint = 'f' } = {},
): Promise<Verdict> {
  return judge.judge(program, { id: 'test/f', prompt, entryPoint, test })
}
