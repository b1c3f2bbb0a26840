import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../util/hash.ts'
import { pyodideFolder } from './bootImage.ts'
import { packImage, unpackImage } from './imageFile.ts'
import { capMemory, type MemoryImage, PAGE_BYTES, putBack, takeImage } from './memory.ts'

// One memory of 1 to 65,536 pages, exported as m; LEB128 of the maximum takes three bytes.
const WITH_MAXIMUM = [0, 97, 115, 109, 1, 0, 0, 0, 5, 6, 1, 1, 1, 0x80, 0x80, 4, 7, 5, 1, 1, 109, 2, 0]
const WITHOUT_MAXIMUM = [0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 109, 2, 0]

async function memoryOf(bytes: Uint8Array): Promise<WebAssembly.Memory> {
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(bytes), {})
  return instance.exports.m as WebAssembly.Memory
}

const newMemory = (): Promise<WebAssembly.Memory> => memoryOf(Uint8Array.from(WITH_MAXIMUM))

describe('capMemory', () => {
  it.each([1, 2, 127, 128, 129, 8192, 65_536])(
    'lets memory grow to %i pages and no further',
    async (pages) => {
      const memory = await memoryOf(capMemory(Uint8Array.from(WITH_MAXIMUM), pages * PAGE_BYTES))
      if (pages <= 8192) memory.grow(pages - 1)
      const over = pages <= 8192 ? 1 : pages
      expect(() => memory.grow(over)).toThrow(RangeError)
    },
  )
  it('caps the interpreter that is installed', () => {
    const wasm = readFileSync(join(pyodideFolder(), 'pyodide.asm.wasm'))
    const capped = capMemory(wasm, 512 * 1024 * 1024)
    expect(capped.length).toBe(wasm.length)
    expect(capped.filter((byte, i) => byte !== wasm[i]).length).toBeGreaterThan(0)
    expect(() => capMemory(wasm, 2 ** 40)).toThrow(RangeError)
  })
  it('refuses a module that has no maximum to change', () => {
    expect(() => capMemory(Uint8Array.from(WITHOUT_MAXIMUM), PAGE_BYTES)).toThrow(/no memory section/)
  })
})

describe('an image of memory', () => {
  const writes = fc.array(fc.tuple(fc.nat(PAGE_BYTES * 3 - 1), fc.integer({ min: 0, max: 255 })), {
    maxLength: 60,
  })
  const write = (memory: WebAssembly.Memory, list: readonly (readonly [number, number])[]): void => {
    const bytes = new Uint8Array(memory.buffer)
    for (const [at, byte] of list) bytes[at] = byte
  }

  it('is put back byte for byte, and what was grown becomes zero', async () => {
    await fc.assert(
      fc.asyncProperty(writes, writes, fc.nat(3), async (before, after, grownPages) => {
        const memory = await newMemory()
        memory.grow(2)
        write(memory, before)
        const image = takeImage(memory)
        const held = new Uint8Array(memory.buffer).slice()
        memory.grow(grownPages)
        write(memory, after)
        new Uint8Array(memory.buffer).fill(7, held.length)
        putBack(memory, image)
        const now = new Uint8Array(memory.buffer)
        expect(Buffer.compare(now.subarray(0, held.length), held)).toBe(0)
        expect(now.subarray(held.length).every((byte) => byte === 0)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  async function sampleImage(): Promise<MemoryImage> {
    const memory = await newMemory()
    memory.grow(2)
    write(memory, [
      [5, 1],
      [70_000, 2],
      [100_000, 3],
    ])
    return takeImage(memory)
  }

  it('comes back from its file, in memory that threads share', async () => {
    const image = await sampleImage()
    const file = packImage(image, sha256)
    const back = unpackImage(file, sha256)
    expect(back?.bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(Buffer.compare(Buffer.from(back!.bytes), Buffer.from(image.bytes))).toBe(0)
    expect(back?.filled).toEqual(image.filled)
    expect(file.length).toBeLessThan(20_000)
  })
  it('is known to be damaged wherever one byte of its file is another', async () => {
    const file = packImage(await sampleImage(), sha256)
    for (let at = 0; at < file.length; at += at < 400 ? 1 : 97) {
      const damaged = Buffer.from(file)
      damaged[at]! ^= 1
      expect(unpackImage(damaged, sha256), `byte ${at}`).toBeUndefined()
    }
    expect(unpackImage(file.subarray(0, file.length - 1), sha256)).toBeUndefined()
    expect(unpackImage(Buffer.alloc(0), sha256)).toBeUndefined()
    expect(unpackImage(Buffer.from('{}\n'), sha256)).toBeUndefined()
  })
})
