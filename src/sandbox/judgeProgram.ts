// Judging one program, in the two ways that there are. Both run under the caller's watchdog and end with the reset
// that the caller makes; neither lets anything that the program prints, returns or raises stand for the verdict.
import type { CodeProblem } from '../schema/problem.ts'
import { asMessage, type Failure, failureOf, type Raised } from './classify.ts'
import { type Channel, Refusal } from './firewall.ts'
import type { Interpreter } from './interpreter.ts'
import type { Pointer } from './python.ts'
import { CHANNEL_FD } from './testsSource.ts'
import {
  type AnswerFunctions,
  BAD_REPLY,
  compileProgram,
  Ended,
  guarded,
  PythonError,
  request,
  runCode,
} from './untrusted.ts'

export type JudgedProblem = Pick<CodeProblem, 'prompt' | 'entryPoint' | 'test'>

export interface Box {
  interpreter: Interpreter
  functions: AnswerFunctions
}

const PASS = { class: 'pass' } as const
type Result = typeof PASS | Failure

/** Program, tests and the call of `check` in one namespace of one interpreter: the official harness's way. */
export function judgeSingle(answer: Box, program: string, problem: JudgedProblem): Result {
  const whole = `${program}\n${problem.test}\ncheck(${problem.entryPoint})`
  const started = startProgram(answer, whole)
  if (!('failure' in started)) return PASS
  const { failure, raised } = started
  const isTests = raised?.base === 'AssertionError' && (raised.line ?? 0) > lineCount(program)
  return isTests && failure.class === 'exception' ? { ...failure, class: 'wrong' } : failure
}

/** Lines as Python counts them. */
const lineCount = (source: string): number => source.split(/\r\n|\r|\n/).length

/** Program in one interpreter, tests in the other, plain data between them. */
export function judgeTwo(
  answer: Box,
  tests: { interpreter: Interpreter; judge: Pointer },
  program: string,
  problem: JudgedProblem,
): Result {
  const started = startProgram(answer, program)
  if ('failure' in started) return started.failure
  const link = openLink(answer, started.namespace)
  const { python, gate } = tests.interpreter
  gate.channel = link.channel
  const asked = Buffer.from(JSON.stringify([problem.prompt, problem.test, problem.entryPoint]))
  let reply: Buffer | undefined
  try {
    reply = python.takeBytes(python.call(tests.judge, [python.bytes(asked)]))
  } catch (error) {
    return link.ended ?? testsEnded(error)
  }
  if (link.ended) return link.ended
  return reply
    ? resultOf(JSON.parse(reply.toString()), link, gate.denied !== undefined)
    : testsEnded('no report')
}

/** A fault of ours if the tests need what is refused; else blamed on the answer, whose replies can be huge. */
function testsEnded(error: unknown): Failure {
  if (error instanceof Refusal)
    return { class: 'unjudged', ...asMessage(`the tests called ${error.importName}`) }
  return { class: 'limit', exception: 'InterpreterCrash', ...asMessage(`while testing: ${String(error)}`) }
}

interface Report {
  kind: 'pass' | 'fault' | 'bad' | 'candidate' | 'error'
  name: string
  base: string
  message: string
  system: boolean
}

function resultOf(report: Report, link: Link, testsDenied: boolean): Result {
  if (report.kind === 'pass') return PASS
  if (report.kind === 'fault') return { class: 'unjudged', ...asMessage(report.message) }
  if (report.kind === 'bad') return { ...BAD_REPLY, ...asMessage(`${BAD_REPLY.message}: ${report.message}`) }
  if (report.kind === 'candidate' && link.lastFailure) return link.lastFailure
  if (report.system && testsDenied) {
    return { class: 'unjudged', ...asMessage(`the tests need what the sandbox refuses: ${report.message}`) }
  }
  const failure = failureOf(report, false)
  if (failure.class === 'exception' && report.base === 'AssertionError') return { ...failure, class: 'wrong' }
  return failure
}

type Started = { namespace: Pointer } | { failure: Failure; raised?: Raised }

function startProgram(answer: Box, source: string): Started {
  const { interpreter, functions } = answer
  let compiled = false
  try {
    return guarded(() => {
      const code = compileProgram(interpreter, functions, source)
      compiled = true
      const namespace = interpreter.python.namespace()
      runCode(interpreter, functions, code, namespace)
      return { namespace }
    })
  } catch (error) {
    if (error instanceof Ended) return { failure: error.failure }
    if (!(error instanceof PythonError)) throw error
    const { raised } = error
    const failure = failureOf(raised, interpreter.gate.denied !== undefined)
    return {
      raised,
      failure: compiled || failure.class === 'limit' ? failure : { ...failure, class: 'syntax' },
    }
  }
}

interface Link {
  channel: Channel
  /** Why the answer's interpreter is gone: the outcome, whatever the tests say. */
  ended: Failure | undefined
  /** The last exception that a call of the answer raised. */
  lastFailure: Failure | undefined
}

const DATA = Buffer.from('=')
const RAISED = Buffer.from('!')
const GONE = Buffer.from('.')

/** The trusted interpreter's way to the answer: it writes a request to a descriptor and reads the reply. */
function openLink(answer: Box, namespace: Pointer): Link {
  let unread: Buffer = Buffer.alloc(0)
  const link: Link = {
    ended: undefined,
    lastFailure: undefined,
    channel: {
      fd: CHANNEL_FD,
      write(data) {
        const reply = link.ended ? GONE : answerTo(data)
        const size = Buffer.alloc(8)
        size.writeUInt32LE(reply.length)
        unread = Buffer.concat([size, reply])
      },
      read(maxBytes) {
        const part = unread.subarray(0, maxBytes)
        unread = unread.subarray(part.length)
        return part
      },
    },
  }
  const answerTo = (data: Buffer): Buffer => {
    const [kind, ...parts] = splitAt(data, 0, data.subarray(0, 5).equals(Buffer.from('call\0')) ? 3 : 2)
    try {
      const reply = guarded(() =>
        request(answer.interpreter, answer.functions, String(kind) === 'call' ? 'call' : 'lookUp', {
          namespace,
          parts,
        }),
      )
      return Buffer.concat([DATA, reply])
    } catch (error) {
      if (error instanceof Ended) {
        link.ended = error.failure
        return GONE
      }
      if (!(error instanceof PythonError)) throw error
      const { raised } = error
      link.lastFailure = failureOf(raised, answer.interpreter.gate.denied !== undefined)
      return Buffer.concat([
        RAISED,
        Buffer.from(JSON.stringify([raised.base, raised.message, raised.args ?? null])),
      ])
    }
  }
  return link
}

/** Splits at the first `parts - 1` bytes that equal `byte`. */
function splitAt(data: Buffer, byte: number, parts: number): Buffer[] {
  const result: Buffer[] = []
  let rest = data
  while (result.length < parts - 1) {
    const at = rest.indexOf(byte)
    if (at < 0) break
    result.push(rest.subarray(0, at))
    rest = rest.subarray(at + 1)
  }
  return [...result, rest]
}
