// The second wall: which this machine has, and that outcomes are equal under each.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { NODE_WALL_WARNING, sandboxWalls } from '../../src/sandbox/index.ts'
import type { Wall } from '../../src/schema/judge.ts'
import { ADD_ONE_TESTS, judgeF, openTestSandbox, TEST_CACHE } from '../support/sandbox.ts'

const reports = await sandboxWalls(TEST_CACHE)
const has = (wall: Wall): boolean => reports.find((report) => report.wall === wall)!.works

const PROGRAMS: [name: string, program: string, expected: string][] = [
  ['right', 'def f(x):\n    return x + 1\n', 'pass'],
  ['wrong', 'def f(x):\n    return x\n', 'wrong'],
  ['raises', 'def f(x):\n    return 1 / 0\n', 'exception'],
  ['does not compile', 'def f(x)\n', 'syntax'],
  ['defines nothing', '', 'missing-name'],
  [
    'prints lines that JSON need not escape',
    'print("a\\u2028b\\u2029c\\n\\x00\\xff")\nf = lambda x: x + 1\n',
    'pass',
  ],
  [
    'holds such lines',
    'x = "a\u2028b\u2029c\ud83d\ude00"\nassert len(x) == 6\nf = lambda x: x + 1\n',
    'pass',
  ],
  ['loops', 'while True: pass\n', 'timeout'],
  ['takes memory', 'x = [bytearray(10**6) for _ in range(10**4)]\n', 'limit'],
  ['recurses', 'def f(x): return f(x) + 1\n', 'limit'],
  [
    'recurses in C',
    'import functools\n@functools.lru_cache(None)\ndef g(n): return 0 if n == 0 else 1 + g(n - 1)\ndef f(x): return g(400) - 399 + x\n',
    'pass',
  ],
  [
    'recurses very deep',
    'import sys\nsys.setrecursionlimit(10**5)\ndef g(n): return 0 if n == 0 else 1 + g(n - 1)\ndef f(x): return g(20000) - 19999 + x\n',
    'pass',
  ],
  ['writes a file', 'open("/tmp/x", "w")\n', 'violation'],
  ['leaves', 'import os\nos._exit(0)\n', 'violation'],
  ['floods', 'while True: print("x" * 1000)\n', 'limit'],
]

describe.each(['none', 'node', 'bwrap'] as const)('under wall %s', (wall) => {
  it.skipIf(!has(wall))('outcomes are the same', { timeout: 120_000 }, async () => {
    await using judge = await openTestSandbox({
      wall,
      limits: { wallMs: 800, retryWallMs: 2000, memoryMb: 128 },
    })
    expect(judge.wall).toBe(wall)
    const verdicts = await Promise.all(PROGRAMS.map(([, program]) => judgeF(judge, program)))
    const outcomes = verdicts.map((verdict, i) => [PROGRAMS[i]![0], verdict.class])
    expect(outcomes).toEqual(PROGRAMS.map(([name, , expected]) => [name, expected]))
    expect(verdicts[5]!.output).toBe('a\u2028b\u2029c\n\0\u00ff\n')
    expect(verdicts[14]!.output).toHaveLength(65_536)
    if (process.platform === 'linux')
      expect(verdicts.every((verdict) => verdict.cpuMs !== undefined)).toBe(true)
  })
})

describe('walls of this machine', () => {
  it('are told best first, each with what it is or why it is not there', () => {
    expect(reports.map((report) => report.wall)).toEqual(['bwrap', 'node', 'none'])
    for (const report of reports) expect(report.detail).toMatch(/./)
    expect(has('none')).toBe(true)
  })
  it('are chosen best first', async () => {
    await using judge = await openTestSandbox({ wall: 'auto' })
    expect(judge.wall).toBe(reports.find((report) => report.works)!.wall)
    expect((await judgeF(judge, 'f = lambda x: x + 1', { test: ADD_ONE_TESTS })).class).toBe('pass')
  })
  it('that of Node is described honestly', () => {
    expect(NODE_WALL_WARNING).toMatch(/does not stop network connections, signals/)
  })

  const folder = mkdtempSync(join(tmpdir(), 'tunediff-wall-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  it.skipIf(process.platform !== 'linux')('are tried, not only looked for', async () => {
    writeFileSync(
      join(folder, 'bwrap'),
      '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n',
    )
    chmodSync(join(folder, 'bwrap'), 0o755)
    const path = process.env.PATH
    process.env.PATH = `${folder}${delimiter}${path}`
    try {
      const [bwrap] = await sandboxWalls(TEST_CACHE)
      expect(bwrap).toMatchObject({
        works: false,
        detail: expect.stringMatching(/does not work here: .*No permissions/),
      })
      await expect(openTestSandbox({ wall: 'bwrap' })).rejects.toMatchObject({
        name: 'UserError',
        message: expect.stringMatching(/"bwrap" cannot be had/),
        hint: expect.stringMatching(/unprivileged user namespaces.*--wall/),
      })
      await using judge = await openTestSandbox({ wall: 'auto' })
      expect(judge.wall).not.toBe('bwrap')
    } finally {
      process.env.PATH = path
    }
  })
})
