import { expect, test } from 'vitest'
import { collect } from '../../test/support/collect.ts'
import { Feed } from './feed.ts'

test('values come in their order, those from before and those from after the taking began', async () => {
  const feed = new Feed<number>()
  feed.push(1)
  feed.push(2)
  const taken = collect(feed)
  feed.push(3)
  await new Promise((resolve) => setTimeout(resolve, 5))
  feed.push(4)
  feed.end()
  expect(await taken).toEqual([1, 2, 3, 4])
})

test('what is pushed while a value is worked on is not lost', async () => {
  const feed = new Feed<number>()
  feed.push(1)
  const seen: number[] = []
  for await (const value of feed) {
    seen.push(value)
    if (value < 5) feed.push(value + 1)
    else feed.end()
    await Promise.resolve()
  }
  expect(seen).toEqual([1, 2, 3, 4, 5])
})

test('an empty one ends', async () => {
  const feed = new Feed<number>()
  setTimeout(() => feed.end(), 5)
  expect(await collect(feed)).toEqual([])
})
