// One interpreter, restored from the boot image and sealed behind the import firewall, and put back to the state it
// was sealed in after every use. What comes before sealing is trusted; whatever runs after it is not.
import { type FileSystem, type MachineOptions, startMachine } from './boot.ts'
import { type Gate, openGate } from './firewall.ts'
import { type MemoryImage, putBack } from './memory.ts'
import { type Python, type PythonExports, pythonApi } from './python.ts'

export interface InterpreterOptions extends Omit<MachineOptions, 'imageBytes'> {
  image: MemoryImage
}

export interface Interpreter {
  readonly python: Python
  readonly exports: PythonExports
  readonly gate: Gate
  /** Bytes of linear memory above what it was sealed with. */
  grownBytes(): number
  /** Puts everything back to what it was when sealed; false if that cannot be done and it must not be used again. */
  reset(): boolean
}

// Devices that would read the host's own input.
const HOST_DEVICES = ['/dev/tty', '/dev/tty1', '/dev/stdin', '/dev/stdout', '/dev/stderr']

/** Restores an interpreter and seals it. */
export async function openInterpreter({
  pyodideFolder,
  module,
  image,
}: InterpreterOptions): Promise<Interpreter> {
  const gate = openGate()
  const machine = await startMachine({ pyodideFolder, module, imageBytes: image.bytes.length }, gate)
  const { exports, fileSystem } = machine
  for (const device of HOST_DEVICES) fileSystem.unlink(device)
  clearSlots(exports.__indirect_function_table, machine.functionSlots)
  putBack(exports.memory, image)
  const stackPointer = exports.__stack_pointer.value
  const openStreams = new Set(fileSystem.streams)
  gate.sealed = true
  return {
    python: pythonApi(exports),
    exports,
    gate,
    grownBytes: () => exports.memory.buffer.byteLength - image.bytes.length,
    reset() {
      putBack(exports.memory, image)
      exports.__stack_pointer.value = stackPointer
      closeOthers(fileSystem, openStreams)
      gate.denied = undefined
      return machine.seesMemory()
    },
  }
}

function closeOthers(fileSystem: FileSystem, openStreams: ReadonlySet<object | null>): void {
  for (const stream of fileSystem.streams) {
    if (stream && !openStreams.has(stream)) fileSystem.close(stream)
  }
}

/**
 * The side door to imports: table slots that hold JavaScript functions for use by dynamic libraries. None are
 * loaded, so the slots are emptied.
 */
function clearSlots(table: WebAssembly.Table, slots: readonly WebAssembly.Global[]): void {
  for (const slot of slots) {
    if (slot.value > 0) table.set(slot.value, null)
  }
}
