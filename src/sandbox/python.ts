// The few calls of CPython's C API that judging needs, on one interpreter's exports. Pointers are numbers, 0 is NULL.
// Nothing here trusts what the interpreter returns: lengths are checked against linear memory.

/** What this file uses of the module's exports; names are CPython's and musl's. */
export interface PythonExports {
  memory: WebAssembly.Memory
  __stack_pointer: WebAssembly.Global
  __indirect_function_table: WebAssembly.Table
  malloc(bytes: number): number
  free(pointer: number): void
  /** Address of the address where the heap ends. */
  emscripten_get_sbrk_ptr(): number
  PyBytes_FromStringAndSize(pointer: number, bytes: number): number
  PyBytes_AsString(object: number): number
  PyBytes_Size(object: number): number
  PyDict_New(): number
  PyDict_SetItemString(dict: number, key: number, value: number): number
  PyErr_GetRaisedException(): number
  PyErr_Clear(): void
  PyEval_EvalCode(code: number, globals: number, locals: number): number
  PyEval_GetBuiltins(): number
  PyRun_SimpleString(source: number): number
  PyImport_AddModule(name: number): number
  PyModule_GetDict(module: number): number
  PyDict_GetItemString(dict: number, key: number): number
  PyObject_Call(callable: number, args: number, kwargs: number): number
  PyTuple_New(size: number): number
  PyTuple_SetItem(tuple: number, index: number, item: number): number
  Py_IncRef(object: number): void
  Py_DecRef(object: number): void
}

/** A Python object, by its address. */
export type Pointer = number

/** Thrown where the interpreter has no memory left for what we ask. */
export class OutOfMemory extends Error {}

/** Thrown for a bytes object that is too large to be taken out of an interpreter. */
export class TooLarge extends Error {}

const MAX_TRANSFER_BYTES = 16 * 1024 * 1024

export type Python = ReturnType<typeof pythonApi>

export function pythonApi(exports: PythonExports) {
  const bytesOfMemory = (): Uint8Array => new Uint8Array(exports.memory.buffer)
  const must = (pointer: Pointer): Pointer => {
    if (pointer === 0) throw new OutOfMemory('the interpreter has no memory left')
    return pointer >>> 0
  }

  /** A C string that stays allocated until the memory image is put back. */
  const cString = (text: string): Pointer => {
    const encoded = Buffer.from(`${text}\0`)
    const pointer = must(exports.malloc(encoded.length))
    bytesOfMemory().set(encoded, pointer)
    return pointer
  }

  const bytes = (data: Uint8Array): Pointer => {
    const object = must(exports.PyBytes_FromStringAndSize(0, data.length))
    bytesOfMemory().set(data, must(exports.PyBytes_AsString(object)))
    return object
  }

  /** Calls with new references, which are given up; 0 means that an exception is set. */
  const call = (callable: Pointer, args: readonly Pointer[]): Pointer => {
    const tuple = must(exports.PyTuple_New(args.length))
    args.forEach((arg, i) => {
      exports.PyTuple_SetItem(tuple, i, arg)
    })
    const result = exports.PyObject_Call(callable, tuple, 0) >>> 0
    exports.Py_DecRef(tuple)
    return result
  }

  /** A copy of a bytes object's contents; undefined if it is none. Gives up the reference. */
  const takeBytes = (object: Pointer): Buffer | undefined => {
    if (object === 0) return undefined
    const start = exports.PyBytes_AsString(object) >>> 0
    if (start === 0) {
      exports.PyErr_Clear()
      return undefined
    }
    const size = exports.PyBytes_Size(object) >>> 0
    if (size > MAX_TRANSFER_BYTES)
      throw new TooLarge(`a value of ${size} bytes, more than ${MAX_TRANSFER_BYTES}`)
    const copy = Buffer.from(bytesOfMemory().subarray(start, start + size))
    exports.Py_DecRef(object)
    return copy
  }

  /** A fresh global namespace: nothing but `__builtins__`. */
  const namespace = (): Pointer => {
    const dict = must(exports.PyDict_New())
    const key = cString('__builtins__')
    exports.PyDict_SetItemString(dict, key, exports.PyEval_GetBuiltins())
    exports.free(key)
    return dict
  }

  /** Another reference to an object. */
  const share = (object: Pointer): Pointer => {
    exports.Py_IncRef(object)
    return object
  }

  /** A global of `__main__`; the reference is never given up. */
  const mainGlobal = (name: string): Pointer => {
    const main = exports.PyModule_GetDict(exports.PyImport_AddModule(cString('__main__')))
    const found = exports.PyDict_GetItemString(main, cString(name)) >>> 0
    if (found === 0) throw new Error(`__main__ has no ${name}`)
    return share(found)
  }

  /** Runs source text of ours in `__main__`. */
  const runMain = (source: string): void => {
    const text = cString(source)
    const failed = exports.PyRun_SimpleString(text) !== 0
    exports.free(text)
    if (failed) throw new Error('our own Python failed')
  }

  return { bytes, call, takeBytes, namespace, share, mainGlobal, runMain }
}
