import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockFolder } from './lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('one holder at a time, also within a process; who waits is told', async () => {
  let holders = 0
  let most = 0
  const waited: string[] = []
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      await using _lock = await lockFolder(folder, (holder) => waited.push(holder))
      most = Math.max(most, ++holders)
      await new Promise((resolve) => setTimeout(resolve, 20))
      holders--
    }),
  )
  expect(most).toBe(1)
  expect(waited).toContain(`${hostname()}, process ${process.pid}`)
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a process that is gone is taken over', async () => {
  writeFileSync(join(folder, '.lock'), `${hostname()} 999999999 abc`)
  await using _lock = await lockFolder(folder)
  expect(readdirSync(folder)).toEqual(['.lock'])
})
