import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

test('so is one that has the number of this process from another', async () => {
  writeFileSync(join(folder, '.lock'), `${hostname()} ${process.pid} abc`)
  await using _lock = await lockFolder(folder)
  expect(readdirSync(folder)).toEqual(['.lock'])
})

test('many that take over the same lock hold it one at a time', async () => {
  for (let round = 0; round < 5; round++) {
    writeFileSync(join(folder, '.lock'), `${hostname()} 999999999 ${round}`)
    let holders = 0
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        await using _lock = await lockFolder(folder)
        expect(++holders).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 1))
        holders--
      }),
    )
  }
  expect(readdirSync(folder)).toEqual([])
}, 60_000)

test('one that cannot be read is an error that names it, not waited for', async () => {
  const own = mkdtempSync(join(folder, 'own-'))
  symlinkSync('nowhere', join(own, '.lock'))
  await expect(lockFolder(own)).rejects.toThrow(`the lock ${join(own, '.lock')} cannot be read`)
  rmSync(join(own, '.lock'))
  mkdirSync(join(own, '.lock'))
  await expect(lockFolder(own)).rejects.toThrow('cannot be read')
})
