// Starts CPython inside a WebAssembly module, with pyodide's loader but without pyodide: only the C interpreter and
// its file system in memory are set up. The bridge to JavaScript and pyodide's own Python are never initialised.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Gate, guardImports, type Imports } from './firewall.ts'
import { PAGE_BYTES } from './memory.ts'
import type { PythonExports } from './python.ts'

/** What an image of memory depends on besides the Python that is loaded. Nothing in it is of the host. */
export const BOOT_CONFIG = {
  env: { HOME: '/', PATH: '/', LANG: 'C.UTF-8', _: '/python', PYTHONHASHSEED: '0' },
  executable: '/python',
}

/** Emscripten's file system, as far as it is used here. */
export interface FileSystem {
  readonly streams: (object | null)[]
  close(stream: object): void
  unlink(path: string): void
  stat(path: string): { size: number }
}

export interface Machine {
  exports: PythonExports
  fileSystem: FileSystem
  /** Table slots that dynamic libraries would find functions by. */
  functionSlots: WebAssembly.Global[]
  /** Whether emscripten sees the memory as it is; not if it was stopped between growing it and looking again. */
  seesMemory(): boolean
}

/** What emscripten's own functions see the memory through, in the order in which they are renewed. */
const VIEWS = [
  'HEAP8',
  'HEAP16',
  'HEAPU8',
  'HEAPU16',
  'HEAP32',
  'HEAPU32',
  'HEAPF32',
  'HEAPF64',
  'HEAP64',
  'HEAPU64',
]

type Settings = Record<string, unknown>
type Done = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void
type Loader = (config: Record<string, unknown>) => Promise<unknown>
type Factory = (settings: Settings) => Promise<{ FS: FileSystem }>

export interface MachineOptions {
  /** Folder of the pyodide package. */
  pyodideFolder: string
  /** The compiled interpreter with its memory maximum patched. */
  module: WebAssembly.Module
  /** Do not initialise Python: an image of this size is going to be restored. */
  imageBytes?: number
}

/** Starts an interpreter behind `gate`. */
export async function startMachine(options: MachineOptions, gate: Gate): Promise<Machine> {
  const url = (name: string): string => pathToFileURL(join(options.pyodideFolder, name)).href
  const { loadPyodide } = (await import(url('pyodide.mjs'))) as { loadPyodide: Loader }
  const { default: createModule } = (await import(url('pyodide.asm.mjs'))) as { default: Factory }
  return new Promise((resolve, reject) => {
    const loading = loadPyodide({
      indexURL: options.pyodideFolder,
      env: { ...BOOT_CONFIG.env },
      _sysExecutable: BOOT_CONFIG.executable,
      args: [],
      jsglobals: Object.create(null),
      stdin: () => null,
      stdout: () => {},
      stderr: () => {},
      lockFileContents: new Promise(() => {}), // packages are never looked for
      async createPyodideModule(settings: Settings) {
        const parts = instantiateBehind(options, gate, settings, reject)
        if (options.imageBytes !== undefined) settings.noInitialRun = true
        const { FS } = await createModule(settings)
        checkLibrary(FS)
        resolve({ ...parts(), fileSystem: FS })
        throw new Error('enough') // what the loader would do next is not wanted
      },
    })
    loading.catch(reject) // does nothing after resolve
  })
}

/** Size of the pinned version's standard library. */
const LIBRARY_BYTES = 2_545_637

/** Pyodide's loader only prints a message when it cannot read the standard library, and goes on without it. */
function checkLibrary(fileSystem: FileSystem): void {
  let bytes = 0
  try {
    bytes = fileSystem.stat('/lib/python314.zip').size
  } catch {} // absent
  if (bytes === LIBRARY_BYTES) return
  throw new Error(
    `pyodide's python_stdlib.zip gave ${bytes} of ${LIBRARY_BYTES} bytes: install pyodide again`,
  )
}

/** Makes emscripten take our module and guarded imports; the returned function gives what came of it. */
function instantiateBehind(
  { module, imageBytes = 0 }: MachineOptions,
  gate: Gate,
  settings: Settings,
  fail: (error: unknown) => void,
): () => Omit<Machine, 'fileSystem'> {
  let exports: PythonExports
  let functionSlots: Machine['functionSlots']
  const seesMemory = (): boolean =>
    VIEWS.every((name) => (settings[name] as Uint8Array | undefined)?.buffer === exports.memory.buffer)
  settings.instantiateWasm = (imports: Imports, done: Done) => {
    addErrorMarker(imports.env!)
    WebAssembly.instantiate(module, guardImports(module, imports, gate)).then((instance) => {
      exports = instance.exports as unknown as PythonExports
      functionSlots = slotsOf(module, imports)
      gate.memory = exports.memory
      gate.table = exports.__indirect_function_table
      // Before emscripten takes its views of the memory, which growing would cut off.
      const missing = imageBytes - exports.memory.buffer.byteLength
      if (missing > 0) exports.memory.grow(missing / PAGE_BYTES)
      done(instance, module)
    }, fail)
    return {}
  }
  return () => ({ exports, functionSlots, seesMemory })
}

/** The group of imports is a proxy without keys of its own: the module says which names there are. */
function slotsOf(module: WebAssembly.Module, imports: Imports): WebAssembly.Global[] {
  const names = WebAssembly.Module.imports(module).filter((wanted) => wanted.module === 'GOT.func')
  return names.map(({ name }) => imports['GOT.func']![name] as WebAssembly.Global)
}

/** Pyodide's marker for a JavaScript error; its loader brings a module for it, which is bypassed here. */
function addErrorMarker(env: Imports[string]): void {
  const marker = Symbol('error')
  env.Jsv_GetError_import = () => marker
  env.JsvError_Check = (value: unknown) => value === marker
}
