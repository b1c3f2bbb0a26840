// What if an answer corrupts its interpreter's memory? It can then call every function of the WebAssembly table, past
// any check of signatures. All of them are tried under `npm run soak`, a few under `npm test`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judge } from '../../src/schema/judge.ts'
import { type Host, openHost } from '../attacks/host.ts'
import { openSmallSandbox } from '../attacks/plan.ts'
import { assemble, readAttacks } from '../attacks/programs.ts'
import { cleanState, tryAttack } from '../attacks/suite.ts'
import { isSoak } from '../support/soak.ts'

/** The table of the pinned interpreter is a little smaller; from CONSOLE on are JavaScript's functions that print. */
const SIZE = 14_180
const CONSOLE = 14_168
const STEP = isSoak ? 1 : 849
const SLOTS = Array.from({ length: SIZE }, (_, i) => i).filter((slot) => slot % STEP === 0 || slot >= CONSOLE)
const PROBED = 16

describe('every function of the table', () => {
  const attack = readAttacks().find(({ name }) => name === 'crash/call_c_function_pointer')!
  let host: Host
  let judge: Judge
  let state: string
  beforeAll(async () => {
    host = await openHost()
    // A thread of this process, where an effect on the host is easiest to see.
    judge = await openSmallSandbox('none', 'two')
    state = await cleanState(judge)
  })
  afterAll(async () => {
    await judge?.[Symbol.asyncDispose]()
    await host?.close()
  })

  it('has no effect on the host and leaves nothing behind', { timeout: 3_600_000 }, async () => {
    const findings: string[] = []
    for (const [i, slot] of SLOTS.entries()) {
      const found = i % PROBED === 0 ? await probed(slot) : await alone(slot)
      findings.push(...found.map((finding) => `slot ${slot}: ${finding}`))
    }
    expect(findings).toEqual([])
  })

  const probed = (slot: number): Promise<string[]> => tryAttack(attack, { judge, host, state }, slot)

  async function alone(slot: number): Promise<string[]> {
    const { program, problem } = assemble(attack, host.facts, slot)
    const verdict = await judge.judge(program, problem)
    return [...(verdict.class === 'unjudged' ? [`unjudged: ${verdict.message}`] : []), ...host.traces()]
  }
})
