// Draws continuations of several prompts together: each step feeds one token of each. What is finished leaves the batch,
// and what waits takes its place. Each request has its own random stream, so that what is beside it changes its logits by
// rounding alone (decoder.ts): a text differs only where two tokens are equally probable to about 1e-6.
import type { Decoder } from '../../model/engine/decoder.ts'
import { random } from '../../stats/index.ts'
import { chooseToken, type SamplingRule } from './sampling.ts'

export interface IdRequest extends SamplingRule {
  /** One token or more. */
  prompt: Int32Array
  maxTokens: number
  /** A whole number. */
  seed: number
}

/** A stop string came, the limit was reached, or the model ended its text. */
export type Finish = 'stop' | 'length' | 'end'

export interface DrawnIds {
  /** All that were chosen: an end token too, and those of a stop string. */
  ids: Int32Array
  /** Natural logarithms of the model's own probabilities of them. */
  logProbs: Float64Array
  finish: Finish
}

export interface DrawOptions {
  /** Without texts. */
  decoder: Decoder
  requests: readonly IdRequest[]
  /** Tokens that end a text. */
  ends: readonly number[]
  /** Texts in a batch at most. */
  maxRows: number
  onStart?: (request: number) => void
  /** A token of request number `request`; 'stop' ends its text. */
  onToken?: (request: number, id: number, logProb: number) => 'stop' | undefined
  onDone?: (request: number, drawn: DrawnIds) => void
}

interface Row {
  request: number
  draw: () => number
  next: number
  ids: number[]
  logProbs: number[]
}

/** In the order of the requests. */
export async function drawIds({
  decoder,
  requests,
  ends,
  maxRows,
  onStart,
  onToken,
  onDone,
}: DrawOptions): Promise<DrawnIds[]> {
  const drawn: DrawnIds[] = []
  const rows: Row[] = []
  let waiting = 0

  const finishOf = (row: Row, { id, logProb }: { id: number; logProb: number }): Finish | null => {
    const asked = onToken?.(row.request, id, logProb)
    if (ends.includes(id)) return 'end'
    if (asked === 'stop') return 'stop'
    return row.ids.length >= requests[row.request]!.maxTokens ? 'length' : null
  }

  const leave = (at: number, finish: Finish): void => {
    const { request, ids, logProbs } = rows[at]!
    drawn[request] = { ids: Int32Array.from(ids), logProbs: Float64Array.from(logProbs), finish }
    decoder.remove(at)
    const last = rows.pop()!
    if (at < rows.length) rows[at] = last
    onDone?.(request, drawn[request])
  }

  try {
    for (;;) {
      while (rows.length < maxRows && waiting < requests.length) {
        const { prompt, seed } = requests[waiting]!
        onStart?.(waiting)
        await decoder.add(prompt.subarray(0, -1))
        rows.push({ request: waiting++, draw: random(seed), next: prompt.at(-1)!, ids: [], logProbs: [] })
      }
      if (rows.length === 0) return drawn
      const logits = await decoder.step(Int32Array.from(rows, ({ next }) => next))
      // From the last on: the one that moves to the place of one that leaves has had its turn.
      for (const [at, row] of [...rows.entries()].reverse()) {
        const choice = chooseToken(logits[at]!, requests[row.request]!, row.draw)
        row.next = choice.id
        row.ids.push(choice.id)
        row.logProbs.push(choice.logProb)
        const finish = finishOf(row, choice)
        if (finish) leave(at, finish)
      }
    }
  } finally {
    while (decoder.texts > 0) decoder.remove(decoder.texts - 1)
  }
}
