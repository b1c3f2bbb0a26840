// Runs hostile programs in one worker, each followed by a good and a bad probe in the same worker, and says in words
// what went wrong; nothing wrong is an empty list.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Judge, Verdict } from '../../src/schema/judge.ts'
import type { Host } from './host.ts'
import { withPeak } from './memory.ts'
import { problemNamed } from './problems.ts'
import { type Attack, assemble } from './programs.ts'

/** Time beyond the two limits that a verdict may take: putting the interpreter back, or starting another worker. */
export const MARGIN_MS = 6000
const MAX_TEXT = 200
const PROBE_TRIES = 8
/** Of this process and its children: test runner, two interpreters, and memories of ended workers that wait to be freed. */
const MAX_RESIDENT_MB = 2500
// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const probe = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'probes', `${name}.py`), 'utf8')
const PROBE_PROBLEM = { ...problemNamed('add_one'), test: probe('tests') }

/** What the good probe printed in a fresh worker: the state that every later probe must find again. */
export async function cleanState(judge: Judge): Promise<string> {
  const { class: outcome, output, message } = await probed(judge, 'good')
  if (outcome !== 'pass' || !output)
    throw new Error(`the good probe gave ${outcome} in a fresh worker: ${message}`)
  return output
}

/** What a probe ends as. Out of time on a busy machine: asked again; what an attack left behind does not go by that. */
async function probed(judge: Judge, name: 'good' | 'bad'): Promise<Verdict> {
  for (let tries = 1; ; tries++) {
    const verdict = await withinLimit(judge.judge(probe(name), PROBE_PROBLEM), limitMsOf(judge))
    if (verdict.class !== 'timeout' || tries === PROBE_TRIES) return verdict
  }
}

const limitMsOf = ({ limits }: Judge): number => limits.wallMs + limits.retryWallMs + MARGIN_MS

export interface Suite {
  judge: Judge
  host: Host
  /** What `cleanState` gave. */
  state: string
}

/** Judges one attack and both probes; the findings, in words. */
export async function tryAttack(attack: Attack, { judge, host, state }: Suite, index = 0): Promise<string[]> {
  const { program, problem } = assemble(
    attack,
    { ...host.facts, WALL_MS: String(judge.limits.wallMs) },
    index,
  )
  const limitMs = limitMsOf(judge)
  const startMs = performance.now()
  const { result: verdict, peakMb } = await withPeak(() =>
    withinLimit(judge.judge(program, problem), limitMs),
  )
  const tookMs = performance.now() - startMs
  const findings = [...wrongVerdict(attack, verdict), ...told(verdict, host), ...host.traces()]
  if ((peakMb ?? 0) > MAX_RESIDENT_MB) findings.push(`the host held ${peakMb} MB`)
  record(attack, { judge, verdict, tookMs, peakMb, findings })
  return [...findings, ...(await wrongProbes(judge, state))]
}

function wrongVerdict({ kind, ends, role }: Attack, verdict: Verdict): string[] {
  const findings: string[] = []
  if (kind === 'forge' && verdict.class === 'pass') findings.push('a fake passed')
  // Our own fault is never a failure of the answer: an answer that could cause it would go uncounted.
  if (verdict.class === 'unjudged' && role === 'answer') findings.push(`unjudged: ${verdict.message}`)
  // On a machine that is busy enough anything can time out; that is no escape.
  if (ends && verdict.class !== 'timeout' && !ends.includes(verdict.class)) {
    findings.push(
      `ended as ${verdict.class} (${verdict.exception}: ${verdict.message}), not ${ends.join(' or ')}`,
    )
  }
  for (const text of [verdict.exception, verdict.message, verdict.deniedImport]) {
    if (text !== undefined && (text.length > MAX_TEXT || !text.isWellFormed()))
      findings.push('a long or broken text')
  }
  if (CONTROLS.test(verdict.exception ?? '')) findings.push('control characters in the exception’s name')
  return findings
}

function told(verdict: Verdict, host: Host): string[] {
  const texts = [verdict.message, verdict.exception, verdict.output]
  return texts.filter((text) => text && host.isTold(text)).map((text) => `told: ${text!.slice(0, 300)}`)
}

async function wrongProbes(judge: Judge, state: string): Promise<string[]> {
  const findings: string[] = []
  const good = await probed(judge, 'good')
  if (good.class !== 'pass') findings.push(`good probe: ${good.class} ${good.exception}: ${good.message}`)
  else if (good.output !== state)
    findings.push(`good probe found another state: ${difference(state, good.output ?? '')}`)
  const bad = await probed(judge, 'bad')
  if (bad.class !== 'wrong') findings.push(`bad probe: ${bad.class} ${bad.message}`)
  return findings
}

function difference(before: string, after: string): string {
  const known = new Set(before.split('\n'))
  return after
    .split('\n')
    .filter((line) => !known.has(line))
    .join('; ')
    .slice(0, 1000)
}

async function withinLimit(verdict: Promise<Verdict>, limitMs: number): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no verdict after ${limitMs} ms: a hang`)), limitMs)
  })
  try {
    return await Promise.race([verdict, late])
  } finally {
    clearTimeout(timer)
  }
}

// TUNEDIFF_ATTACK_REPORT names a file that gets one line a program.
function record(
  attack: Attack,
  facts: { judge: Judge; verdict: Verdict; tookMs: number; peakMb: number | undefined; findings: string[] },
): void {
  const path = process.env.TUNEDIFF_ATTACK_REPORT
  if (!path) return
  const { judge, verdict, tookMs, peakMb, findings } = facts
  const { output, ...rest } = verdict
  const line = {
    wall: judge.wall,
    mode: judge.mode,
    name: attack.name,
    kind: attack.kind,
    tookMs: Math.round(tookMs),
    peakMb,
    ...rest,
  }
  appendFileSync(path, `${JSON.stringify({ ...line, output: output?.slice(0, 100), findings })}\n`)
}
