// Turns attacks into tests: one sandbox with one worker and one host for all of them, one test a program.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox } from '../../src/sandbox/index.ts'
import type { Judge, JudgeMode, Wall } from '../../src/schema/judge.ts'
import { isSoak } from '../support/soak.ts'
import { type Host, openHost } from './host.ts'
import type { Attack } from './programs.ts'
import { cleanState, tryAttack } from './suite.ts'

/** The tests' own boot image: one folder, so that it is made once and not left behind by every run. */
const IMAGE_FOLDER = join(tmpdir(), 'tunediff-test-cache')

// What should run for ever need not do so for long; one try is enough where a time-out is never held against a program.
const LIMITS = isSoak
  ? { wallMs: 1500, retryWallMs: 2000, memoryMb: 512 }
  : { wallMs: 700, retryWallMs: 0, memoryMb: 256 }
/** Many numbers of @INDEX@ end at the same wall, half a second each: two of them show it. */
const MAX_INDEXES = isSoak ? Number.POSITIVE_INFINITY : 2

/** Opens a sandbox with one worker and small limits. */
export function openSmallSandbox(wall: Wall, mode: JudgeMode): Promise<Judge> {
  return openSandbox({ wall, mode, limits: LIMITS, workers: 1, cacheFolder: IMAGE_FOLDER })
}

export interface Plan {
  wall: Wall
  mode: JudgeMode
}

/** One test for each attack, under one wall. */
export function describeAttacks(title: string, attacks: readonly Attack[], plan: Plan): void {
  const { wall, mode } = plan
  describe(`${title}, wall ${wall}, ${mode}`, () => {
    let host: Host
    let judge: Judge
    let state: string
    beforeAll(async () => {
      host = await openHost()
      judge = await openSmallSandbox(wall, mode)
      state = await cleanState(judge)
    })
    afterAll(async () => {
      await judge?.[Symbol.asyncDispose]()
      await host?.close()
    })
    // What one attack broke must not be blamed on the next.
    const another = async (): Promise<void> => {
      await judge[Symbol.asyncDispose]()
      judge = await openSmallSandbox(wall, mode)
    }
    it.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_, attack) => {
      const findings: string[] = []
      for (let index = 0; index < Math.min(attack.indexes, MAX_INDEXES); index++) {
        const found = await tryAttack(attack, { judge, host, state }, index)
        findings.push(...found)
        if (found.length > 0) await another()
      }
      expect(findings).toEqual([])
    })
  })
}
