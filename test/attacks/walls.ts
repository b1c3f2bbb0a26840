// Which walls this machine has, found without asking src/sandbox, so that a wall it overlooks is a failing test.
import { spawnSync } from 'node:child_process'
import type { Wall } from '../../src/schema/judge.ts'

/** The machine's walls, strongest first. */
export function wallsHere(): Wall[] {
  const bwrap = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', process.execPath, '--version']
  const walls: Wall[] = spawnSync('bwrap', bwrap).status === 0 ? ['bwrap'] : []
  const flags = process.allowedNodeEnvironmentFlags
  if (process.platform !== 'win32' && (flags.has('--permission') || flags.has('--experimental-permission')))
    walls.push('node')
  return [...walls, 'none']
}
