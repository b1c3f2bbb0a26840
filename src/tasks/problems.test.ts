import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { readProblems } from './problems.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-problems-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const ROW = { task_id: 'Own/0', prompt: 'def f():\n', entry_point: 'f', test: 'def check(candidate): pass\n' }
const line = (change: object = {}): string => `${JSON.stringify({ ...ROW, ...change })}\n`

describe('readProblems', () => {
  test('problems by id, with the identity of the decompressed bytes', async () => {
    const text = line({ canonical_solution: '    return 1\n', extra: { kept: false } }) + line({ task_id: 7 })
    const plain = await readProblems(file('plain.jsonl', text))
    expect([...plain.problems.keys()]).toEqual(['Own/0', '7'])
    expect(plain.problems.get('Own/0')).toEqual({
      id: 'Own/0',
      prompt: 'def f():\n',
      entryPoint: 'f',
      test: 'def check(candidate): pass\n',
      canonicalSolution: '    return 1\n',
    })
    expect(plain.identity).toBe(sha256(text))
    const zipped = await readProblems(file('zipped.jsonl.gz', gzipSync(text)))
    expect(zipped).toEqual(plain)
  })

  test.each([
    ['a missing key', line({ test: undefined }), 'line 1: test is missing'],
    ['a wrong type', line({ prompt: 3 }), 'line 1: prompt is not a text'],
    [
      'an entry point that is no name',
      line({ entry_point: 'f(); import os' }),
      'line 1: entry_point is not a Python name',
    ],
    ['tests without check', line({ test: 'assert f()\n' }), 'line 1: test defines no check(candidate)'],
    ['a second problem of one id', line() + line(), 'line 2: task_id Own/0 stands on line 1 too'],
    ['a cut-off line', line() + line({ task_id: 'Own/1' }).slice(0, 40), 'line 2: not JSON'],
    ['no rows', '\n\n', 'holds no problem'],
    ['a row that is a list', '[1]\n', 'line 1: row is not an object'],
    ['another encoding', Buffer.from(line({ prompt: 'é' }), 'latin1'), 'line 1: not UTF-8 text'],
  ])('%s is one clear error', async (_name, content, message) => {
    const path = file('bad.jsonl', content)
    const error = await readProblems(path).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).message).toContain(path)
    expect((error as UserError).message).toContain(message)
    expect((error as UserError).hint).toBeTruthy()
  })

  test('damaged files: problems or a UserError, nothing else', async () => {
    const whole = Buffer.from(line() + line({ task_id: 'Own/1' }) + line({ task_id: 'Own/2' }))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.nat(whole.length - 1),
        fc.integer({ min: 0, max: 255 }),
        async (end, at, byte) => {
          const bytes = Buffer.from(whole)
          bytes[at] = byte
          const result = await readProblems(file('damaged.jsonl', bytes.subarray(0, end))).catch(
            (error: unknown) => error,
          )
          if (!(result instanceof UserError)) expect(result).toHaveProperty('problems')
        },
      ),
      { numRuns: 200 },
    )
  })
})
