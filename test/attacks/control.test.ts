// Controls: the attack programs do work where nothing stops them (pyodide as it comes), and the suite does notice
// what it is there to notice (a judge that is made to misbehave).
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type Judge, type Verdict } from '../../src/schema/judge.ts'
import { type Host, openHost } from './host.ts'
import { assemble, readAttacks } from './programs.ts'
import { cleanState, tryAttack } from './suite.ts'

const attacks = readAttacks()
const attackNamed = (name: string) => attacks.find((attack) => attack.name === name)!

describe('pyodide as it comes lets through', () => {
  let host: Host
  let runPython: (code: string) => unknown
  afterAll(() => host.close())
  beforeAll(async () => {
    host = await openHost()
    const folder = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'))
    const { loadPyodide } = await import(pathToFileURL(join(folder, 'pyodide.mjs')).href)
    runPython = (await loadPyodide({ stdout() {}, stderr() {} })).runPython
  })

  it.each([
    'bridge/import_js',
    'bridge/js_eval_and_function',
    'bridge/run_js',
    'bridge/run_js_reads_file',
    'bridge/pyodide_js',
    'bridge/modules_left_in_table',
    'bridge/finder_still_registered',
    'bridge/proxy_hunt',
    'bridge/late_ffi_import',
    'bridge/mount_host_folder',
  ])('%s', (name) => {
    const { program } = assemble(attackNamed(name), host.facts)
    expect(() => runPython(`exec(${JSON.stringify(program)}, {})`)).toThrow(/LEAK:/)
  })
})

describe('the suite notices', () => {
  let host: Host
  beforeAll(async () => {
    host = await openHost()
  })
  afterAll(() => host.close())
  const leak = attackNamed('bridge/import_js')
  const forge = attackNamed('forge/always_equal')
  const hold = attackNamed('resources/long_sum')

  /** A judge whose next verdicts are given; the last two are the probes'. */
  function scripted(verdicts: (Partial<Verdict> | undefined)[]): Judge {
    const next = [...verdicts]
    return {
      id: '',
      backend: '',
      mode: 'two',
      limits: { ...DEFAULT_LIMITS, wallMs: 1, retryWallMs: -5900 },
      wall: 'none',
      workers: 1,
      judge: () => {
        const verdict = next.shift()
        return verdict ? Promise.resolve({ class: 'wrong', wallMs: 1, ...verdict }) : new Promise(() => {})
      },
      [Symbol.asyncDispose]: async () => {},
    }
  }
  const PROBES: Partial<Verdict>[] = [{ class: 'pass', output: 'clean' }, { class: 'wrong' }]
  const findings = (attack: typeof leak, verdicts: (Partial<Verdict> | undefined)[]) =>
    tryAttack(attack, { judge: scripted(verdicts), host, state: 'clean' })

  it('nothing where nothing is wrong', async () => {
    expect(await findings(leak, [{ class: 'missing-name' }, ...PROBES])).toEqual([])
    expect(await findings(hold, [{ class: 'timeout' }, ...PROBES])).toEqual([])
  })
  it('a leak in the message and in the output', async () => {
    expect(await findings(leak, [{ message: 'LEAK:1' }, ...PROBES])).toHaveLength(1)
    expect(
      await findings(leak, [{ output: `x${process.env[host.facts.SECRET_NAME!]}` }, ...PROBES]),
    ).toHaveLength(1)
  })
  it('a forged pass, an uncounted answer and a wrong end', async () => {
    expect(await findings(forge, [{ class: 'pass' }, ...PROBES])).toEqual(['a fake passed'])
    expect(await findings(forge, [{ class: 'unjudged', message: 'x' }, ...PROBES])).toEqual(['unjudged: x'])
    expect(await findings(hold, [{ class: 'pass' }, ...PROBES])).toHaveLength(1)
  })
  it('names and texts that are not safe to show', async () => {
    expect(await findings(leak, [{ exception: 'a\u001b[2J' }, ...PROBES])).toHaveLength(1)
    expect(await findings(leak, [{ message: 'x'.repeat(201) }, ...PROBES])).toHaveLength(1)
    expect(await findings(leak, [{ message: '\ud800' }, ...PROBES])).toHaveLength(1)
  })
  it('probes that go wrong and state that is left', async () => {
    expect(await findings(leak, [{}, { class: 'exception' }, PROBES[1]])).toHaveLength(1)
    expect(await findings(leak, [{}, PROBES[0], { class: 'pass' }])).toHaveLength(1)
    expect(await findings(leak, [{}, { class: 'pass', output: 'other' }, PROBES[1]])).toHaveLength(1)
    await expect(cleanState(scripted([{ class: 'wrong' }]))).rejects.toThrow('fresh worker')
  })
  it('a hang', async () => {
    await expect(findings(hold, [undefined])).rejects.toThrow('a hang')
  })
})

describe('the host notices', () => {
  let host: Host
  beforeAll(async () => {
    host = await openHost()
  })
  afterAll(() => host.close())

  it('files, connections, a changed secret, prototypes and variables', async () => {
    expect(host.traces()).toEqual([])
    writeFileSync(join(host.facts.CANARY_DIR!, 'canary'), 'x')
    writeFileSync(host.facts.SECRET_FILE!, 'changed')
    process.env.EVIL = '1'
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true, enumerable: false })
    const socket = connect(Number(host.facts.PORT), '127.0.0.1')
    socket.resume()
    await new Promise((done) => socket.on('close', done))
    try {
      expect(host.traces()).toEqual([
        'file canary',
        'tcp connection',
        'Object prototype changed',
        'environment changed',
        'secret file changed',
      ])
    } finally {
      delete process.env.EVIL
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
  })
})
