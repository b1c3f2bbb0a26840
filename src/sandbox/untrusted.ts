// Calls into the interpreter that runs the answer. A call gives a value, raises a Python exception, or ends the
// interpreter: a refused import, a stack overflow or a trap leaves it half unwound, and only a reset mends it.
import { asMessage, type Failure, parseRaised, type Raised } from './classify.ts'
import { Refusal } from './firewall.ts'
import type { Interpreter } from './interpreter.ts'
import { OutOfMemory, type Pointer, TooLarge } from './python.ts'

/** Pointers to the functions of answerSource.ts; they are the same after every reset. */
export interface AnswerFunctions {
  compile: Pointer
  call: Pointer
  lookUp: Pointer
  describe: Pointer
}

export function answerFunctions({ python }: Interpreter): AnswerFunctions {
  return {
    compile: python.mainGlobal('compile_program'),
    call: python.mainGlobal('call'),
    lookUp: python.mainGlobal('look_up'),
    describe: python.mainGlobal('describe'),
  }
}

/** The interpreter is gone; `failure` is the outcome, whatever the tests make of it. */
export class Ended extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message ?? failure.class)
    this.failure = failure
  }
}

/** The program raised a Python exception. */
export class PythonError extends Error {
  readonly raised: Raised
  constructor(raised: Raised) {
    super(raised.message)
    this.raised = raised
  }
}

/** Runs `use`; whatever JavaScript error it throws that is not a PythonError becomes Ended. */
export function guarded<T>(use: () => T): T {
  try {
    return use()
  } catch (error) {
    if (error instanceof PythonError || error instanceof Ended) throw error
    throw new Ended(endingOf(error))
  }
}

function endingOf(error: unknown): Failure {
  if (error instanceof Refusal) return { class: 'violation', ...asMessage(`called ${error.importName}`) }
  if (error instanceof TooLarge) return { class: 'limit', ...asMessage(error.message) }
  if (error instanceof OutOfMemory) return { class: 'limit', exception: 'MemoryError' }
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack')) {
    return { class: 'limit', exception: 'RecursionError', message: 'stack overflow' }
  }
  return { class: 'exception', exception: 'InterpreterCrash', ...asMessage(String(error)) }
}

/** Compiles source text. */
export function compileProgram(box: Interpreter, functions: AnswerFunctions, source: string): Pointer {
  const code = box.python.call(functions.compile, [box.python.bytes(Buffer.from(source, 'utf16le'))])
  return code || raise(box, functions)
}

/** Runs compiled code in a namespace. */
export function runCode(
  box: Interpreter,
  functions: AnswerFunctions,
  code: Pointer,
  namespace: Pointer,
): void {
  const result = box.exports.PyEval_EvalCode(code, namespace, namespace)
  if (result === 0) raise(box, functions)
  box.exports.Py_DecRef(result)
}

/** Calls one of our functions with a namespace and bytes; its reply must be bytes. */
export function request(
  box: Interpreter,
  functions: AnswerFunctions,
  kind: 'call' | 'lookUp',
  args: { namespace: Pointer; parts: readonly Uint8Array[] },
): Buffer {
  const { python } = box
  const parts = args.parts.map((part) => python.bytes(part))
  const reply = python.call(functions[kind], [python.share(args.namespace), ...parts])
  if (reply === 0) raise(box, functions)
  const data = python.takeBytes(reply)
  if (!data) throw new Ended(BAD_REPLY)
  return data
}

export const BAD_REPLY: Failure = {
  class: 'violation',
  message: 'what the answer’s interpreter replied is not data',
}

/** Takes the current Python exception and throws it as a PythonError. */
function raise(box: Interpreter, functions: AnswerFunctions): never {
  const { exports, python } = box
  const error = exports.PyErr_GetRaisedException() >>> 0
  if (error === 0) throw new Ended(BAD_REPLY)
  const described = python.call(functions.describe, [error])
  if (described === 0) exports.PyErr_Clear()
  throw new PythonError(parseRaised(described === 0 ? undefined : python.takeBytes(described)))
}
