import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { onJsonLines } from './jsonLines.ts'

async function read(chunks: Buffer[], maxBytes = 10_000): Promise<{ values: unknown[]; faults: string[] }> {
  const stream = new PassThrough()
  const values: unknown[] = []
  const faults: string[] = []
  onJsonLines(stream, {
    maxBytes,
    receive: (value) => values.push(value),
    fault: (reason) => faults.push(reason),
  })
  for (const chunk of chunks) stream.write(chunk)
  await setImmediate()
  return { values, faults }
}

it('gives back what was sent, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ stringUnit: 'binary' })),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      async (sent, sizes) => {
        const bytes = Buffer.from(sent.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const chunks: Buffer[] = []
        for (let at = 0; at < bytes.length; at += chunks.at(-1)!.length) {
          chunks.push(bytes.subarray(at, at + sizes.next().value!))
        }
        const { values, faults } = await read(chunks)
        expect(values).toEqual(JSON.parse(JSON.stringify(sent)))
        expect(faults).toEqual([])
      },
    ),
    { numRuns: 50 },
  )
})

it('does not end a line at a line separator, which JSON may hold', async () => {
  const text = 'a\u2028b\u2029c\u0085d'
  expect((await read([Buffer.from(`${JSON.stringify(text)}\n`)])).values).toEqual([text])
})

it('tells of a line that is too long or no JSON, once, and hears nothing after it', async () => {
  const tooLong = await read([Buffer.from('1\n'), Buffer.alloc(20, 49), Buffer.from('\n2\n')], 10)
  expect(tooLong).toEqual({ values: [1], faults: ['a line of more than 10 bytes'] })
  const noJson = await read([Buffer.from('1\n{oops\nalso bad\n2\n')])
  expect(noJson).toEqual({ values: [1], faults: ['a line that is not JSON'] })
})
