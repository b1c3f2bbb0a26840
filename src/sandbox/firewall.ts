// The import firewall: what a sealed interpreter reaches when it calls out of linear memory. Default deny.
// While the interpreter boots (`gate.sealed` false) every import is the original one.
import { ALLOWED } from './allowedImports.ts'

type ImportFunction = (...args: never[]) => unknown
/** What a module is instantiated with. */
export type Imports = Record<string, Record<string, WebAssembly.ImportValue>>

/** WASI and musl error numbers (emscripten uses WASI's for both). */
const ERRNO = {
  badDescriptor: 8,
  invalid: 28,
  notATerminal: 59,
  notPermitted: 63,
  readOnly: 69,
  seekPipe: 70,
}
const OPEN = { accessMode: 3, create: 0o100, truncate: 0o1000, append: 0o2000 }
const FCNTL_DUPLICATE = 0
const FCNTL_READS = new Set([FCNTL_DUPLICATE, 1, 2, 3]) // and F_GETFD, F_SETFD (close-on-exec: nothing), F_GETFL
const MAX_FD = 4095
const LAST_STANDARD_FD = 2
const MAX_VECTORS = 1024

/** The call was refused and the interpreter cannot go on: it is half unwound and must be put back. */
export class Refusal extends Error {
  readonly importName: string
  constructor(importName: string) {
    super(`refused: ${importName}`)
    this.importName = importName
  }
}

/** Something that answers reads and writes of one descriptor: how the trusted interpreter reaches the other. */
export interface Channel {
  readonly fd: number
  write(data: Buffer): void
  read(maxBytes: number): Uint8Array
}

/** The state of one interpreter's firewall. */
export interface Gate {
  sealed: boolean
  /** The last import that was refused since the last reset. */
  denied: string | undefined
  /** Receives what is written to stdout and stderr. */
  output: (part: Uint8Array) => void
  channel?: Channel
  /** Set once the module is instantiated. */
  memory?: WebAssembly.Memory
  table?: WebAssembly.Table
}

export function openGate(): Gate {
  return { sealed: false, denied: undefined, output: () => {} }
}

/** Wraps every function import of `module`; other imports pass. */
export function guardImports(module: WebAssembly.Module, imports: Imports, gate: Gate): Imports {
  const own = replacements(imports, gate)
  const guarded: Imports = {}
  for (const { module: group, name, kind } of WebAssembly.Module.imports(module)) {
    const original = imports[group]?.[name]
    if (original === undefined) throw new Error(`the interpreter wants ${group}.${name}, which nobody gives`)
    guarded[group] ??= {}
    guarded[group][name] = kind === 'function' ? guard(name, original, own[name], gate) : original
  }
  return guarded
}

function guard(
  name: string,
  original: WebAssembly.ImportValue,
  own: ImportFunction | undefined,
  gate: Gate,
): WebAssembly.ImportValue {
  if (Object.hasOwn(ALLOWED, name)) return original
  // A promise-suspending import is an object, not a function; nothing that suspends is ever needed.
  const open = typeof original === 'function' ? (original as ImportFunction) : () => refuse(name, gate)
  if (own && name in LOCAL_TIME) return own
  if (own) return (...args: never[]) => (gate.sealed ? own(...args) : open(...args))
  return (...args: never[]) => (gate.sealed ? refuse(name, gate) : open(...args))
}

/** System calls fail with an error number, so that Python raises OSError; anything else ends the program. */
function refuse(name: string, gate: Gate): number {
  gate.denied = name
  if (name.startsWith('__syscall_') || name === '_mmap_js' || name === '_msync_js') return -ERRNO.notPermitted
  if (name.startsWith('fd_')) return ERRNO.notPermitted
  throw new Refusal(name)
}

function replacements(imports: Imports, gate: Gate): Record<string, ImportFunction> {
  const original = (name: string): ((...args: unknown[]) => number) => {
    const found = (imports.wasi_snapshot_preview1?.[name] ?? imports.env?.[name]) as
      | ((...args: unknown[]) => number)
      | undefined
    if (!found) throw new Error(`the interpreter has no import ${name}`)
    return found
  }
  return { ...descriptors(original, gate), ...localTimeIsUtc(original, gate) }
}

/** Replaced from the start: the boot image holds the name of the time zone. */
const LOCAL_TIME = { _localtime_js: true, _mktime_js: true, _tzset_js: true }

type Original = (name: string) => (...args: unknown[]) => number

const SOCKET_PROMISES = [
  '_maybe_connect_async',
  '_maybe_recvfrom_async',
  '_maybe_sendto_async',
  '_maybe_poll_async',
]

function descriptors(original: Original, gate: Gate): Record<string, ImportFunction> {
  const memory = (): DataView => new DataView(gate.memory!.buffer)
  const isStandard = (fd: number): boolean => fd >= 0 && fd <= LAST_STANDARD_FD
  return {
    // Sockets that could wait for JavaScript: there are none, and C goes on to the plain system call.
    ...Object.fromEntries(SOCKET_PROMISES.map((name) => [name, () => null])),
    _munmap_js: () => 0,
    _try_fcntl64: () => 0,
    _try_shutdown: () => 0,
    // Not the original: that one keeps functions whose table slots were emptied.
    __call_sighandler: (handler: number, signal: number) =>
      (gate.table!.get(handler >>> 0) as (signal: number) => void)(signal),
    fd_write(fd: number, vectors: number, count: number, written: number) {
      if (count >>> 0 > MAX_VECTORS) return ERRNO.invalid
      const parts = readVectors(gate.memory!, vectors, count)
      if (fd === gate.channel?.fd) gate.channel.write(Buffer.concat(parts))
      else if (fd === 1 || fd === 2) parts.forEach(gate.output)
      else return ERRNO.badDescriptor
      memory().setUint32(
        written >>> 0,
        parts.reduce((sum, part) => sum + part.length, 0),
        true,
      )
      return 0
    },
    fd_read(fd: number, vectors: number, count: number, read: number) {
      if (fd === gate.channel?.fd) {
        const [target] = readVectors(gate.memory!, vectors, 1)
        if (!target) return ERRNO.badDescriptor
        const data = gate.channel.read(target.length)
        target.set(data)
        memory().setUint32(read >>> 0, data.length, true)
        return 0
      }
      if (!isStandard(fd)) return original('fd_read')(fd, vectors, count, read)
      memory().setUint32(read >>> 0, 0, true)
      return 0
    },
    fd_close: (fd: number) => (isStandard(fd) ? 0 : original('fd_close')(fd)),
    fd_pread: (fd: number, ...rest: unknown[]) =>
      isStandard(fd) ? ERRNO.seekPipe : original('fd_pread')(fd, ...rest),
    fd_seek: (fd: number, ...rest: unknown[]) =>
      isStandard(fd) ? ERRNO.seekPipe : original('fd_seek')(fd, ...rest),
    __syscall_openat(folder: number, path: number, flags: number, rest: number) {
      if (flags & (OPEN.accessMode | OPEN.create | OPEN.truncate | OPEN.append)) {
        gate.denied = '__syscall_openat'
        return -ERRNO.readOnly
      }
      return original('__syscall_openat')(folder, path, flags, rest)
    },
    __syscall_fcntl64(fd: number, command: number, rest: number) {
      if (!FCNTL_READS.has(command)) return refuse('__syscall_fcntl64', gate)
      if (command === FCNTL_DUPLICATE) {
        if (isStandard(fd)) return refuse('__syscall_fcntl64', gate)
        // The original puts no limit on the number, and every reset walks through all numbers in use.
        if (memory().getUint32(rest >>> 0, true) > MAX_FD) return -ERRNO.invalid
      }
      return original('__syscall_fcntl64')(fd, command, rest)
    },
    __syscall_dup: (fd: number) =>
      isStandard(fd) ? refuse('__syscall_dup', gate) : original('__syscall_dup')(fd),
    __syscall_ioctl: () => -ERRNO.notATerminal,
  }
}

function readVectors(memory: WebAssembly.Memory, vectors: number, count: number): Uint8Array[] {
  const view = new DataView(memory.buffer)
  return Array.from({ length: count >>> 0 }, (_, i) => {
    const at = (vectors >>> 0) + i * 8
    return new Uint8Array(memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true))
  })
}

// struct tm: seconds at 0 ... day of the year at 28, daylight saving at 32, offset from UTC at 36.
function localTimeIsUtc(original: Original, gate: Gate): Record<string, ImportFunction> {
  const clearZone = (tm: number): void => {
    const view = new DataView(gate.memory!.buffer)
    view.setInt32((tm >>> 0) + 32, 0, true)
    view.setInt32((tm >>> 0) + 36, 0, true)
  }
  return {
    _localtime_js(time: bigint, tm: number) {
      original('_gmtime_js')(time, tm)
      clearZone(tm)
    },
    _mktime_js(tm: number) {
      clearZone(tm)
      return original('_timegm_js')(tm)
    },
    _tzset_js(zoneSeconds: number, hasDaylight: number, standardName: number, daylightName: number) {
      const view = new DataView(gate.memory!.buffer)
      view.setUint32(zoneSeconds >>> 0, 0, true)
      view.setUint32(hasDaylight >>> 0, 0, true)
      for (const at of [standardName, daylightName]) {
        new Uint8Array(gate.memory!.buffer).set([0x55, 0x54, 0x43, 0], at >>> 0) // UTC
      }
    },
  }
}
