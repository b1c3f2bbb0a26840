// Log-probabilities of the choices of several problems, asked of an engine that scores one continuation at a time.
import type { Reply } from '../schema/call.ts'
import type { AnswerEngine, ContinuationRequest, ContinuationScore, Refused } from '../schema/engine.ts'

export interface ChoiceRequest {
  prompt: string
  isRendered: boolean
  continuations: readonly string[]
}

/** A problem's choices are one reply, made when the last of them is scored. */
export async function scoreChoices(
  engine: AnswerEngine,
  requests: readonly ChoiceRequest[],
  onReply: (at: number, reply: Reply | Refused) => void,
): Promise<void> {
  const flat: ContinuationRequest[] = []
  const places: { at: number; choice: number }[] = []
  for (const [at, { prompt, isRendered, continuations }] of requests.entries()) {
    for (const [choice, continuation] of continuations.entries()) {
      flat.push({ prompt, isRendered, continuation })
      places.push({ at, choice })
    }
  }
  const found: (ContinuationScore | Refused)[][] = requests.map(() => [])
  const left = requests.map(({ continuations }) => continuations.length)
  let beganMs = performance.now()
  await engine.scoreContinuations(flat, (index, score) => {
    const { at, choice } = places[index]!
    found[at]![choice] = score
    if (--left[at]! > 0) return
    const refused = found[at]!.find((one) => 'refused' in one)
    const ms = Math.round(performance.now() - beganMs)
    beganMs = performance.now()
    if (refused) return onReply(at, refused as Refused)
    const scores = found[at] as ContinuationScore[]
    const tokens = scores.reduce((sum, one) => sum + one.tokens, 0)
    onReply(at, { reply: { scores }, tokens, ms })
  })
}
