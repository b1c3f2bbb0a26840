// What an export wrote, and whether the files are the variant, for people.
import type { Absent } from '../schema/estimate.ts'
import type { Fidelity } from '../schema/export.ts'
import type { Block } from './blocks.ts'

export interface ExportedFiles {
  variant: string
  folder: string
  dtypes: readonly string[]
  notes: readonly string[]
  fidelity: Fidelity | Absent
}

export function exportBlocks({ variant, folder, dtypes, notes, fidelity }: ExportedFiles): Block[] {
  const types = dtypes.length > 0 ? ` (${dtypes.join(', ')})` : ''
  return [
    { kind: 'paragraph', text: `${variant} was written to ${folder}${types}.` },
    ...(notes.length > 0 ? [{ kind: 'list' as const, items: notes }] : []),
    { kind: 'finding', text: fidelitySentence(fidelity) },
  ]
}

export function fidelitySentence(fidelity: Fidelity | Absent): string {
  if ('absent' in fidelity) return `Not checked against the running variant: ${fidelity.absent}`
  const { tokens, kl, zero, limit, moved, verdict } = fidelity
  const found = `KL ${kl === null ? 'is infinite' : `${digits(kl)} nats a token`} over ${tokens} tokens`
  const line = `rounding to the same types gives ${digits(zero)}, at most ${digits(limit)} is let through`
  if (verdict === 'broken') return `The files are not the variant: ${found}; ${line}.`
  if (verdict === 'faithful') return `The files are the variant: ${found}; ${line}.`
  return `Cannot tell whether the files hold the adapter: ${found}, and the adapter itself moves ${digits(moved!)}; ${line}.`
}

const digits = (value: number): string => (value === 0 ? '0' : value.toPrecision(2))
