import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileSum, sumsOnce } from './hash.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-hash-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OF_ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

test('a file is hashed once, however it is named, and again by who asks anew', async () => {
  const path = join(folder, 'abc')
  writeFileSync(path, 'abc')
  const sumOf = sumsOnce()
  expect(await sumOf(path)).toEqual({ sha256: OF_ABC, bytes: 3 })
  appendFileSync(path, 'd')
  expect(await sumOf(join(folder, '.', 'abc'))).toEqual({ sha256: OF_ABC, bytes: 3 })
  expect(await sumsOnce()(path)).toEqual(await fileSum(path))
  expect((await fileSum(path)).bytes).toBe(4)
})

test('what is not there is an error that names it, each time', async () => {
  const sumOf = sumsOnce()
  for (const _ of [1, 2]) await expect(sumOf(join(folder, 'none'))).rejects.toThrow(/ENOENT.*none/)
})
