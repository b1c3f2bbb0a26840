// Wrong labels on purpose: a share of examples gets the completion of another one. Completions go round among the chosen, so
// that each is used once and none stays where it was; equal ones are kept apart where that is possible, as a wrong label that
// is right by chance is none. A larger share chooses the same examples and more.
import { UserError } from '../../util/errors.ts'
import { shuffled } from './order.ts'
import type { Row } from './rows.ts'

export interface LabelNoise {
  rows: readonly Row[]
  /** Rows that got the completion of another one. */
  swapped: number
  /** Of these, those whose completion is another text now. */
  changed: number
}

/** Rows in their order, `share` of them (rounded to whole rows) with completions of others. */
export function withLabelNoise(rows: readonly Row[], share: number, seed: number): LabelNoise {
  const wanted = Math.round(share * rows.length)
  if (wanted === 0) return { rows, swapped: 0, changed: 0 }
  const order = shuffled(
    rows.flatMap((row, i) => (completionOf(row) === undefined ? [] : [i])),
    `label noise ${seed}`,
  )
  if (order.length < Math.max(2, wanted)) throw tooFew(rows.length, wanted, order.length)
  const chosen = order.slice(0, wanted)
  const noisy = [...rows]
  let changed = 0
  for (const [to, from] of donors(rows, chosen, order)) {
    const completion = completionOf(rows[from]!)!
    if (completion !== completionOf(rows[to]!)) changed++
    noisy[to] = withCompletion(rows[to]!, completion)
  }
  return { rows: noisy, swapped: wanted, changed }
}

/** Row and the row whose completion it gets. Equal completions stand together, and all move on by the longest such run. */
function donors(
  rows: readonly Row[],
  chosen: readonly number[],
  order: readonly number[],
): [to: number, from: number][] {
  if (chosen.length === 1) return [[chosen[0]!, order[1]!]]
  const runs = new Map<string, number[]>()
  for (const i of chosen) {
    const completion = completionOf(rows[i]!)!
    const run = runs.get(completion)
    if (run) run.push(i)
    else runs.set(completion, [i])
  }
  const ring = [...runs.values()].flat()
  const longest = Math.max(...Array.from(runs.values(), (run) => run.length))
  const step = Math.min(longest, Math.floor(ring.length / 2))
  return ring.map((to, at) => [to, ring[(at + step) % ring.length]!])
}

/** What the model is to say: of a conversation its last assistant turn. */
function completionOf(row: Row): string | undefined {
  switch (row.kind) {
    case 'pair':
      return row.completion
    case 'chat':
      return row.messages.findLast(({ role }) => role === 'assistant')?.content
    case 'text':
      return undefined
  }
}

function withCompletion(row: Row, completion: string): Row {
  if (row.kind === 'pair') return { ...row, completion }
  if (row.kind === 'text') return row
  const last = row.messages.findLastIndex(({ role }) => role === 'assistant')
  return {
    ...row,
    messages: row.messages.map((message, i) => (i === last ? { ...message, content: completion } : message)),
  }
}

function tooFew(rows: number, wanted: number, usable: number): UserError {
  return new UserError(
    `label noise for ${wanted} of ${rows} examples, and ${usable} of them ${usable === 1 ? 'has' : 'have'} a completion to swap`,
    {
      hint: 'it needs rows of prompt and completion, or of messages, and two at least; else set labelNoise: 0',
    },
  )
}
