// How a raw answer becomes a program: the assembly rules. Pure text work: raw answers stay as they were recorded, and
// the same answer can be put together under every rule. Which rule is the default belongs to the log's format.
import type { CodeProblem } from '../schema/problem.ts'
import type { Rule } from '../schema/run.ts'
import { findCode } from './fenced.ts'
import { defines, leadingImports, outline } from './python.ts'

export { preparePython } from './python.ts'

export type Assembled = { program: string } | { none: 'empty' | 'no-code' }

const TYPING = 'from typing import *\n'

/** The lines that LDB puts in front of every program that it runs (FloridSleeves/LLMDebugger). */
export const LDB_HEADER = `from typing import *
import math
from heapq import *
import itertools
import re
import typing
import heapq
_str=str
import re
`

const RULES: Readonly<Record<Rule, (raw: string, problem: CodeProblem) => Assembled>> = {
  'prompt+body': (raw, problem) => ({ program: problem.prompt + raw }),
  program: (raw) => ({ program: raw }),
  'typing+program': (raw) => ({ program: inFront(TYPING, raw) }),
  'prelude+program': (raw, problem) => ({ program: inFront(preludeOf(problem), raw) }),
  'header+program': (raw) => ({ program: inFront(LDB_HEADER, raw) }),
  'body-or-program': (raw, problem) => ({
    program: defines(outline(raw), problem.entryPoint) ? raw : problem.prompt + raw,
  }),
  fenced: (raw, problem) => {
    const found = findCode(raw, problem.entryPoint)
    if (!found) return { none: 'no-code' }
    if (found.kind === 'body') return { program: problem.prompt + found.code }
    return { program: inFront(preludeOf(problem), found.code) }
  },
}

/** The program that `rule` makes of an answer, or why there is none. `preparePython` must have been awaited. */
export function assemble(rule: Rule, raw: string, problem: CodeProblem): Assembled {
  if (raw.trim() === '') return { none: 'empty' }
  return RULES[rule](raw, problem)
}

/** `added` in front of a program, but behind its `from __future__` imports, which must open it. */
function inFront(added: string, program: string): string {
  if (!program.includes('__future__')) return added + program
  const futures = outline(program).statements.filter((s) => s.type === 'future_import_statement')
  const hoisted = futures.map((s) => `${program.slice(s.start, s.end)}\n`).join('')
  const rest = futures.reduceRight((text, s) => text.slice(0, s.start) + text.slice(s.end), program)
  return hoisted + added + rest
}

const preludes = new WeakMap<CodeProblem, string>()

/** The prompt without the function to write: its imports (those that open that function too) and helpers. */
function preludeOf(problem: CodeProblem): string {
  let prelude = preludes.get(problem)
  if (prelude === undefined) {
    const { prompt, entryPoint } = problem
    const { statements } = outline(prompt)
    const entry = statements.findLast((s) => s.names.includes(entryPoint))
    const kept = statements.filter((s) => s !== entry).map((s) => prompt.slice(s.start, s.end))
    // An answer that writes the function anew tends to leave its inner imports out.
    prelude = [...kept, ...leadingImports(prompt, entryPoint)].map((part) => `${part}\n`).join('')
    preludes.set(problem, prelude)
  }
  return prelude
}
