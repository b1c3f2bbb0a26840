// The second wall: what stands around a worker should the first one, the import firewall, ever give way.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, resolve } from 'node:path'
import type { Wall } from '../schema/judge.ts'

/** A command line that starts the worker inside a wall. */
export interface WallCommand {
  command: string
  args: string[]
}

/** Files that a worker reads. */
export interface WorkerFiles {
  /** The worker's entry; the folder it lies in is readable. */
  worker: string
  pyodideFolder: string
  imagePath: string
}

export interface WallReport {
  wall: Wall
  works: boolean
  /** What it is, or why this machine does not have it. */
  detail: string
  /** How to get it. */
  hint?: string
}

/** What the node wall leaves open; shown whenever it is used. */
export const NODE_WALL_WARNING =
  'the node wall (Node’s permission flag) stops files, child processes, workers and native addons; ' +
  'it does not stop network connections, signals to other processes, or the use of memory and CPU'

const CPU_CLOCK_FILE = '/proc/thread-self/schedstat'
const PROBE_MS = 10_000

/**
 * Gives the worker's main thread a deep stack (a thread gets one by resourceLimits): raises the limit as far as the
 * system allows and tells V8. Arguments: the worker file, then the command up to it.
 */
const DEEP_STACK = [
  'ulimit -s 262144 2>/dev/null || ulimit -s "$(ulimit -H -s)" 2>/dev/null',
  'kb=$(ulimit -s)',
  'case $kb in unlimited) kb=262144;; esac',
  'worker=$1',
  'shift',
  'exec "$@" --stack-size=$((kb * 15 / 16)) "$worker"',
].join('\n')

const withDeepStack = (command: readonly string[], worker: string): WallCommand => ({
  command: '/bin/sh',
  args: ['-c', DEEP_STACK, 'sh', worker, ...command],
})

/** The command line of a worker inside a wall that is a process of its own. */
export function wallCommand(wall: Exclude<Wall, 'none'>, files: WorkerFiles): WallCommand {
  const command =
    wall === 'bwrap'
      ? [...bwrapPrefix(findBwrap()!, files), process.execPath]
      : [process.execPath, ...nodePermissions(files)]
  return withDeepStack(command, files.worker)
}

/** Best first. */
export const WALLS: readonly Wall[] = ['bwrap', 'node', 'none']

/** Tries a wall on this machine. */
export async function probeWall(wall: Wall, files: WorkerFiles): Promise<WallReport> {
  if (wall === 'bwrap') return probeBwrap(files)
  if (wall === 'node') return probeNode(files)
  return { wall, works: true, detail: 'worker threads of this process, behind the import firewall alone' }
}

async function probeBwrap(files: WorkerFiles): Promise<WallReport> {
  const wall = 'bwrap'
  if (process.platform !== 'linux') return { wall, works: false, detail: 'bubblewrap exists on Linux only' }
  const bwrap = findBwrap()
  if (!bwrap)
    return { wall, works: false, detail: 'bwrap is not in PATH', hint: 'install the package bubblewrap' }
  const fault = await tryCommand([...bwrapPrefix(bwrap, files), process.execPath, '--eval', '0'])
  if (fault === undefined) return { wall, works: true, detail: bwrap }
  return {
    wall,
    works: false,
    detail: `${bwrap} does not work here: ${fault}`,
    hint: 'allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces)',
  }
}

async function probeNode(files: WorkerFiles): Promise<WallReport> {
  const wall = 'node'
  if (process.platform === 'win32') return { wall, works: false, detail: 'not on Windows: it needs /bin/sh' }
  const flag = permissionFlag()
  if (!flag) return { wall, works: false, detail: `Node ${process.versions.node} has no permission flag` }
  const fault = await tryCommand([process.execPath, ...nodePermissions(files), '--eval', '0'])
  if (fault === undefined) return { wall, works: true, detail: `${flag} of Node ${process.versions.node}` }
  return { wall, works: false, detail: `${flag} does not work here: ${fault}` }
}

/** Runs a command; its first line of complaint if it fails. */
function tryCommand([command, ...args]: string[]): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(command!, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe'], timeout: PROBE_MS })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      complaint += part
    })
    child.once('error', (error) => done(error.message))
    child.once('close', (code, signal) => {
      if (code === 0) done(undefined)
      else done(complaint.trim().split('\n', 1)[0] || `it ended with ${signal ?? `code ${code}`}`)
    })
  })
}

function findBwrap(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...folders, '/usr/bin', '/usr/local/bin'].map((folder) => resolve(folder, 'bwrap')).find(existsSync)
}

/**
 * No network, no environment, no files but those that node and the worker read (all read-only), a file system, a
 * process table and a user of its own; it ends with us.
 */
function bwrapPrefix(bwrap: string, files: WorkerFiles): string[] {
  const readable = [...new Set([process.execPath, ...sharedLibraries(), ...workerFiles(files)])]
  return [
    bwrap,
    ...['--unshare-all', '--die-with-parent', '--new-session', '--clearenv'],
    ...['--uid', '65534', '--gid', '65534', '--hostname', 'sandbox'],
    ...['--tmpfs', '/tmp', '--proc', '/proc'],
    ...readable.flatMap((path) => ['--ro-bind', path, path]),
    ...['--chdir', '/'],
  ]
}

/** The libraries that this very process has loaded, and the loader's list of where they lie. */
function sharedLibraries(): string[] {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean }
  report.excludeNetwork = true // else it asks name servers
  const { sharedObjects } = report.getReport() as unknown as { sharedObjects: string[] }
  const libraries = sharedObjects.filter((path) => path.startsWith('/') && !path.endsWith('.node'))
  return [...libraries, '/etc/ld.so.cache'].filter(existsSync)
}

/** Node looks for the package.json that says that the worker is an ES module. */
function workerFiles({ worker, pyodideFolder, imagePath }: WorkerFiles): string[] {
  return [dirname(worker), packageJson(worker), pyodideFolder, imagePath].filter(existsSync)
}

function packageJson(worker: string): string {
  return createRequire(worker).resolve('tunediff/package.json')
}

const permissionFlag = (): string | undefined =>
  ['--permission', '--experimental-permission'].find((flag) => process.allowedNodeEnvironmentFlags.has(flag))

function nodePermissions(files: WorkerFiles): string[] {
  const folders = [dirname(files.worker), files.pyodideFolder].map((folder) => join(folder, '*'))
  const readable = [files.worker, ...folders, packageJson(files.worker), files.imagePath, CPU_CLOCK_FILE]
  return [permissionFlag()!, '--no-warnings', ...readable.map((path) => `--allow-fs-read=${path}`)]
}
