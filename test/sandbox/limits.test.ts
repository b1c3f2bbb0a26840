// What a program may use, and what happens to the worker and to the programs after it.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootImageStatus, openSandbox } from '../../src/sandbox/index.ts'
import { DEFAULT_LIMITS, type Judge } from '../../src/schema/judge.ts'
import { judgeF, lendImage, openTestSandbox } from '../support/sandbox.ts'

const RIGHT = 'def f(x):\n    return x + 1\n'

describe('the time limit', () => {
  const wallMs = 700
  let judge: Judge
  beforeAll(async () => {
    judge = await openTestSandbox({ limits: { wallMs, retryWallMs: 0, memoryMb: 128 } })
    await judgeF(judge, RIGHT) // It starts with its first program.
  })
  afterAll(() => judge?.[Symbol.asyncDispose]())

  it.each([
    ['a loop', 'while True: pass\n'],
    [
      'a loop that swallows exceptions',
      'while True:\n    try:\n        while True: pass\n    except BaseException: pass\n',
    ],
    ['a loop in a call', 'def f(x):\n    while True: pass\n'],
    ['a loop in C', 'x = sum(range(10**12))\n'],
    ['arithmetic in C', 'x = 10 ** 10 ** 8\n'],
    ['a regular expression', 'import re\nre.match(r"(a+)+$", "a" * 40 + "b")\n'],
    ['a sleep', 'import time\ntime.sleep(1000)\n'],
    [
      'comparing in a loop',
      'class T:\n    def __str__(s):\n        while True: pass\nraise Exception(T())\n',
    ],
    ['many calls that are slow together', 'import time\ndef f(x):\n    time.sleep(0.5)\n    return x + 1\n'],
  ])('stops %s', async (_, program) => {
    const startMs = performance.now()
    const verdict = await judgeF(judge, program)
    expect(verdict.class).toBe('timeout')
    expect(verdict.wallMs).toBeGreaterThanOrEqual(wallMs - 1)
    expect(performance.now() - startMs).toBeLessThan(wallMs + 4000)
    expect((await judgeF(judge, RIGHT)).class).toBe('pass')
  })
})

describe('limits', () => {
  let judge: Judge
  beforeAll(async () => {
    judge = await openTestSandbox({
      workers: 2,
      limits: { wallMs: 600, retryWallMs: 1200, memoryMb: 128, outputBytes: 100 },
    })
    await judgeF(judge, RIGHT) // It starts with its first program.
  })
  afterAll(() => judge?.[Symbol.asyncDispose]())

  it('stop a loop on time', async () => {
    const startMs = performance.now()
    const verdict = await judgeF(judge, 'while True: pass\n')
    expect(verdict.class).toBe('timeout')
    expect(verdict.wallMs).toBeGreaterThanOrEqual(1199)
    expect(performance.now() - startMs).toBeLessThan(600 + 1200 + 4000)
    expect((await judgeF(judge, RIGHT)).class).toBe('pass')
  })
  it('give a time-out a second try with more time', async () => {
    const verdict = await judgeF(judge, 'import time\ntime.sleep(0.8)\ndef f(x): return x + 1\n')
    expect(verdict.class).toBe('pass')
    expect(verdict.wallMs).toBeGreaterThan(800)
  })
  it('do not let a second try hold up other programs', async () => {
    const order: string[] = []
    const done = async (name: string, program: string) => {
      expect((await judgeF(judge, program)).class).toBe(name === 'loop' ? 'timeout' : 'pass')
      order.push(name)
    }
    await Promise.all([
      done('loop', 'while True: pass\n'),
      ...Array.from({ length: 8 }, () => done('right', RIGHT)),
    ])
    expect(order.at(-1)).toBe('loop')
  })

  it('keep the start of what is printed, and do not fail a program for the rest', async () => {
    const verdict = await judgeF(judge, `print("x" * 1000)\n${RIGHT}`)
    expect(verdict).toMatchObject({ class: 'pass', output: 'x'.repeat(100) })
  })
  it('tell a flood of output from a slow program, and do not try it again', async () => {
    const verdict = await judgeF(judge, 'while True: print("x" * 1000)\n')
    expect(verdict).toMatchObject({ class: 'limit', exception: 'output' })
    expect(verdict.wallMs).toBeLessThan(1100)
  })

  it('hold memory down, and the next program finds a small interpreter', async () => {
    const hog = await judgeF(judge, 'x = [bytearray(10**6) for _ in range(10**4)]\n')
    expect(hog).toMatchObject({ class: 'limit', exception: 'MemoryError' })
    const swallowing =
      'x = []\ntry:\n    while True: x.append(bytearray(10**6))\nexcept MemoryError: pass\nx = None\n'
    expect((await judgeF(judge, swallowing + RIGHT)).class).toBe('pass')
    for (let i = 0; i < 4; i++) expect((await judgeF(judge, RIGHT)).class).toBe('pass')
  })
  it.each([
    [
      'deep recursion',
      'import sys\nsys.setrecursionlimit(10**6)\ndef g(n): return g(n + 1) + 1\ng(0)\n',
      ['limit', 'timeout'],
    ],
    [
      'broken bytecode',
      'def g(): pass\nexec(g.__code__.replace(co_code=b"\\x64\\xff" * 50, co_consts=()))\n',
      ['exception', 'violation', 'missing-name', 'limit'],
    ],
    ['an abort', 'import os\nos.abort()\n', ['violation']],
    [
      'a descriptor with a huge number',
      'import fcntl, os\nfcntl.fcntl(os.open("/lib/python314.zip", 0), 0, 2**31 - 1)\n',
      ['exception'],
    ],
    ['an exit code', 'import os\nos._exit(0)\n', ['violation']],
  ])('survive %s', async (_, program, classes) => {
    expect(classes).toContain((await judgeF(judge, program)).class)
    expect((await judgeF(judge, RIGHT)).class).toBe('pass')
    expect((await judgeF(judge, 'def f(x): return x\n')).class).toBe('wrong')
  })
})

describe('a sandbox', () => {
  it('has an identity that depends on mode and limits, and not on the wall or the workers', async () => {
    const ids: string[] = []
    for (const options of [
      {},
      { workers: 2 },
      { wall: 'auto' },
      { mode: 'single' },
      { limits: { wallMs: 9999 } },
    ] as const) {
      await using judge = await openTestSandbox(options)
      ids.push(judge.id)
      expect(judge.limits).toEqual({ ...DEFAULT_LIMITS, ...('limits' in options ? options.limits : {}) })
    }
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).toBe(ids[0])
    expect(new Set(ids).size).toBe(3)
    expect(ids[0]).toMatch(/^[0-9a-f]{64}$/)
  })
  it.each([
    { memoryMb: 8 },
    { memoryMb: 1e9 },
    { memoryMb: Number.NaN },
    { wallMs: 0 },
    { retryWallMs: -1 },
    { outputBytes: Number.POSITIVE_INFINITY },
  ])('refuses limits that cannot be: %o', async (limits) => {
    await expect(openTestSandbox({ limits })).rejects.toMatchObject({
      name: 'UserError',
      hint: expect.stringMatching(/choose/),
    })
  })
  it('is closed by `await using`, and gives what is waiting a verdict', async () => {
    let waiting: Promise<{ class: string }>
    {
      await using judge = await openTestSandbox()
      waiting = judgeF(judge, 'while True: pass\n')
    }
    expect((await waiting).class).toBe('unjudged')
  })

  it('makes its boot image once, and again when it is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tunediff-image-'))
    try {
      expect((await bootImageStatus(folder)).state).toBe('absent')
      const open = () => openSandbox({ wall: 'none', workers: 1, cacheFolder: folder })
      const judgesRight = async (): Promise<void> => {
        await using judge = await open()
        expect((await judgeF(judge, RIGHT)).class).toBe('pass')
      }
      lendImage(folder)
      const { path, state } = await bootImageStatus(folder)
      expect(state).toBe('ready')
      const { size } = statSync(path)
      const damage: [string, () => void][] = [
        ['one byte', () => writeFileSync(path, readFileSync(path).fill(1, 5_000_000, 5_000_001))],
        ['cut short', () => truncateSync(path, size - 10)],
        ['empty', () => truncateSync(path, 0)],
      ]
      const whole = readFileSync(path)
      for (const [what, apply] of damage) {
        writeFileSync(path, whole)
        apply()
        expect((await bootImageStatus(folder)).state, what).toBe('damaged')
      }
      await judgesRight()
      expect((await bootImageStatus(folder)).state).toBe('ready')
      const made = statSync(path)
      expect(made.size).toBe(size)
      await judgesRight()
      expect(statSync(path).mtimeMs).toBe(made.mtimeMs)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
