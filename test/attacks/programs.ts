// Reads attack programs and fake passes from their folders. The first line of a program says what it is:
// `# leak|hold|forge[ in tests][ of PROBLEM]: what it tries. Escape: what would prove one.` and may be followed by
// `# ends: CLASS ...` (the outcomes that are right), `# with: PART` (a file of parts/ that is put in front) and
// `# indexes: N` (it is run N times, with another number in place of @INDEX@).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OUTCOME_CLASSES, type OutcomeClass } from '../../src/schema/outcomes.ts'
import { type AttackProblem, problemNamed } from './problems.ts'

export interface Attack {
  /** `group/name`. */
  name: string
  /** `leak`: must not reach the host. `hold`: must end in time and leave no trace. `forge`: must not pass. */
  kind: 'leak' | 'hold' | 'forge'
  problem: AttackProblem
  /** What is hostile: the answer or the tests. */
  role: 'answer' | 'tests'
  /** Outcomes that are right; undefined means any but `unjudged`. */
  ends: readonly OutcomeClass[] | undefined
  code: string
  /** How many numbers there are for @INDEX@; 1 where the program has none. */
  indexes: number
}

const HERE = import.meta.dirname
const FIRST_LINE = /^# (leak|hold|forge|fake)( in tests)?(?: of (\w+))?: (.{10,}) Escape: (.{4,})$/
const ENDS = /^# ends: (.+)$/m
const WITH = /^# with: (\w+)$/m
const INDEXES = /^# indexes: (\d+)$/m

/** All attack programs: python/GROUP/NAME.py. */
export function readAttacks(): Attack[] {
  return namesIn(join(HERE, 'python')).flatMap((group) =>
    namesIn(join(HERE, 'python', group)).map((file) =>
      readProgram(join('python', group, file), `${group}/${file}`),
    ),
  )
}

/** Program texts that no file here could hold: hostile to whatever carries or compiles the text. */
export function hostileTexts(): Attack[] {
  const texts: Record<string, string> = {
    nul: 'x = 1\0\n',
    'lone surrogates': '# \ud800\nx = "\udfff\ud800"\n',
    'byte order marks': '\ufeff\ufeffx = 1\n',
    'other line ends': 'x = 1\u2028y = 2\rz = 3\x0c\x0b\n',
    'coding lines': '# -*- coding: utf-7 -*-\n+AHgAPQAx-\n',
    'twenty megabytes of comment': `# ${'x'.repeat(20_000_000)}\n`,
    'a million lines': 'x = 1\n'.repeat(1_000_000),
    'brackets that never close': '('.repeat(2_000_000),
    'a string that never ends': `'''${'\\n'.repeat(1_000_000)}`,
    'deep indentation': Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}if 1:`).join('\n'),
    'a name without end': `${'n'.repeat(5_000_000)} = 1\n`,
    'a number without end': `x = ${'9'.repeat(5_000_000)}\n`,
    'an f-string of f-strings': `x = ${'f"{'.repeat(500)}1${'}"'.repeat(500)}\n`,
    nothing: '',
  }
  const problem = problemNamed('add_one')
  return Object.entries(texts).map(([name, code]) => ({
    name: `text/${name}`,
    kind: 'hold',
    problem,
    role: 'answer',
    ends: undefined,
    code,
    indexes: 1,
  }))
}

/** All fake passes: fakes/NAME.py. */
export function readFakes(): Attack[] {
  return namesIn(join(HERE, 'fakes')).map((file) => readProgram(join('fakes', file), file))
}

const namesIn = (folder: string): string[] => readdirSync(folder).sort()

function readProgram(path: string, name: string): Attack {
  const code = readFileSync(join(HERE, path), 'utf8')
  const [, kind, inTests, problem] = FIRST_LINE.exec(code.slice(0, code.indexOf('\n'))) ?? []
  if (!kind)
    throw new Error(`${path}: the first line does not say what it tries and what would prove an escape`)
  const part = WITH.exec(code)?.[1]
  return {
    name: name.replace(/\.py$/, ''),
    kind: kind === 'fake' ? 'forge' : (kind as Attack['kind']),
    problem: problemNamed(problem ?? 'add_one'),
    role: inTests ? 'tests' : 'answer',
    ends: ENDS.exec(code)?.[1]?.split(' ').map(outcomeClass),
    indexes: Number(INDEXES.exec(code)?.[1] ?? 1),
    code: part ? `${readFileSync(join(HERE, 'parts', `${part}.py`), 'utf8')}${code}` : code,
  }
}

function outcomeClass(word: string): OutcomeClass {
  const found = OUTCOME_CLASSES.find((each) => each === word)
  if (!found) throw new Error(`${word} is no outcome class`)
  return found
}

/** What is judged: the attack with the host's facts filled in, on its problem. */
export function assemble(attack: Attack, facts: Readonly<Record<string, string>>, index = 0) {
  const values: Record<string, string> = { ...facts, INDEX: String(index) }
  const code = attack.code.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole)
  const { problem } = attack
  if (attack.role === 'tests') return { program: problem.good, problem: { ...problem, test: code } }
  const definesEntry = new RegExp(`^((async )?def |class )?${problem.entryPoint}\\b`, 'm').test(code)
  return { program: definesEntry ? code : `${code}\n\n${problem.good}`, problem }
}
