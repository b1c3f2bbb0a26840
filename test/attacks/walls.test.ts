// The second wall alone: the import firewall is taken for lost, and hostile JavaScript runs in the worker's place.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NODE_WALL_WARNING, sandboxWalls } from '../../src/sandbox/index.ts'
import { wallCommand } from '../../src/sandbox/walls.ts'
import { type Host, openHost } from './host.ts'
import { wallsHere } from './walls.ts'

const HOSTILE = join(import.meta.dirname, 'js', 'hostile.mjs')

/** Runs the hostile script as a worker inside a wall; what it got, by the name of the try. */
async function attackFrom(
  wall: 'bwrap' | 'node' | 'none',
  host: Host,
  script: string,
): Promise<Record<string, unknown>> {
  const pyodideFolder = dirname(createRequire(import.meta.url).resolve('pyodide/package.json'))
  const { command, args } =
    wall === 'none'
      ? { command: process.execPath, args: [script] }
      : wallCommand(wall, { worker: script, pyodideFolder, imagePath: join(pyodideFolder, 'package.json') })
  const child = spawn(command, args, {
    env: wall === 'none' ? process.env : {},
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  let said = ''
  let complained = ''
  child.stdout.on('data', (part) => {
    said += part
  })
  child.stderr.on('data', (part) => {
    complained += part
  })
  child.stdin.end(`${JSON.stringify(host.facts)}\n`)
  await new Promise((done) => child.on('close', done))
  if (!said) throw new Error(`the hostile script said nothing: ${complained}`)
  return JSON.parse(said)
}

const escapes = (got: Record<string, unknown>): string[] => Object.keys(got).filter((name) => got[name])

describe('hostile JavaScript behind the second wall', () => {
  let host: Host
  let folder: string
  let script: string
  beforeAll(async () => {
    host = await openHost()
    // A copy, since some tries would damage it: beside this package, because the wall looks for its package.json.
    folder = mkdtempSync(join(import.meta.dirname, 'hostile-'))
    script = join(folder, 'hostile.mjs')
    cpSync(HOSTILE, script)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await host.close()
  })

  it.runIf(wallsHere().includes('bwrap'))('bwrap lets nothing through', async () => {
    const got = await attackFrom('bwrap', host, script)
    expect(escapes(got)).toEqual([])
    expect(host.traces()).toEqual([])
    expect(readFileSync(script, 'utf8')).toBe(readFileSync(HOSTILE, 'utf8'))
  })

  it.runIf(wallsHere().includes('node'))('node lets through no more than its warning says', async () => {
    const got = await attackFrom('node', host, script)
    const open = escapes(got)
    const network = ['tcp connection', 'unix connection', 'fetch', 'name lookup', 'network interfaces']
    const signals = ['signal the host', 'signal everything']
    expect(open.filter((name) => ![...network, ...signals, 'host name'].includes(name))).toEqual([])
    expect(host.traces().filter((trace) => !/connection/.test(trace))).toEqual([])
    if (network.some((name) => open.includes(name))) expect(NODE_WALL_WARNING).toContain('network')
    if (signals.some((name) => open.includes(name))) expect(NODE_WALL_WARNING).toContain('signals')
  })

  it('gets what it wants without a wall', async () => {
    const got = await attackFrom('none', host, script)
    expect(escapes(got)).toEqual(
      expect.arrayContaining([
        'read secret',
        'list folder',
        'write file',
        'own environment',
        'run program',
        'tcp connection',
        'signal the host',
      ]),
    )
  })
})

describe('the walls of this machine', () => {
  it('are all found, strongest first', async () => {
    const reports = await sandboxWalls(tmpdir())
    expect(reports.filter((report) => report.works).map((report) => report.wall)).toEqual(wallsHere())
  })
})
