// What is known of an answer: what judging gave and why, what it cost, how probable it was, and what its log says of it.
import type { Call } from '../../../src/schema/call.ts'
import { count, nats } from '../../../src/util/numbers.ts'
import { oneLine, plural, printable } from '../../../src/util/text.ts'
import type { Answer } from './read.ts'
import { duration, judgedWords, outcomeWords } from './words.ts'

export function AnswerFacts({ answer }: { answer: Answer }) {
  const { place, sample, outcome, calls } = answer
  const words = outcomeWords(place.run, place.run.outcomes[place.at] ?? ' ')
  const score = sample?.recordedScore
  // Of a text the message is the part of it that was scored.
  const isRead = outcome?.rule === 'answer' && outcome.message !== undefined
  return (
    <>
      <p class="pair-outcome">
        <span class={words.tone}>
          <span aria-hidden="true">{words.mark}</span> {words.word}
        </span>
        {words.meaning && <span class="soft">: {words.meaning}</span>}
      </p>
      <ErrorWords answer={answer} />
      {outcome?.deniedImport !== undefined && (
        <p class="pair-exception">Refused: {printable(outcome.deniedImport)}</p>
      )}
      <ClaimedWords answer={answer} />
      <dl class="pair-facts">
        {score !== undefined && <Fact name="Recorded score">{nats(score)}</Fact>}
        {isRead && <Fact name={sample?.choices ? 'Taken' : 'Read as'}>{printable(outcome.message!)}</Fact>}
        {calls.length > 0 && <Fact name="Generated">{callsWords(calls)}</Fact>}
        <Fact name="Judged">
          {judgedWords(place.run)}
          {outcome && outcome.wallMs >= 1 ? `, in ${duration(outcome.wallMs)}` : ''}
        </Fact>
      </dl>
    </>
  )
}

/** How a program ended. */
function ErrorWords({ answer: { outcome } }: { answer: Answer }) {
  if (!outcome || outcome.rule === 'answer') return null
  const words = [outcome.exception, outcome.message].filter((word) => word !== undefined && word !== '')
  return words.length === 0 ? null : <p class="pair-exception">{oneLine(words.join(': '), 300)}</p>
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Said only where the log and the judging here are of two minds. */
function ClaimedWords({ answer: { sample, outcome } }: { answer: Answer }) {
  if (sample?.claimed === undefined || !outcome || outcome.class === 'unjudged') return null
  if (sample.claimed === (outcome.class === 'pass')) return null
  return (
    <p class="pair-claimed">
      {sample.claimed
        ? 'Its log says that this answer passed. Judged here, it did not.'
        : 'Its log says that this answer failed. Judged here, it passed.'}
    </p>
  )
}

function callsWords(calls: readonly Call[]): string {
  const sum = (of: (call: Call) => number): number => calls.reduce((total, call) => total + of(call), 0)
  const tokens = sum((call) => call.tokens)
  const made = `${count(tokens)} ${tokens === 1 ? 'token' : 'tokens'} in ${duration(sum(({ ms }) => ms))}`
  const many = calls.length > 1 ? `${plural(calls.length, 'call')}, ` : ''
  const cached = calls.some(({ isCached }) => isCached)
    ? ', measured at an earlier request that was the same'
    : ''
  return `${many}${made}${cached}${calls.length === 1 ? replyWords(calls[0]!) : ''}`
}

function replyWords({ reply, request }: Call): string {
  if (!('text' in reply)) return ''
  const probable = reply.logProb === null ? '' : `; its log-probability is ${nats(reply.logProb)} nats`
  const cut =
    reply.finish === 'length' && 'maxTokens' in request
      ? `; cut off at its limit of ${request.maxTokens} tokens`
      : ''
  return probable + cut
}
