// Which stretches of a conversation, as the chat template writes it, are the assistant's. Templates do not say so: the
// conversation is written up to the place where an answer begins, with the template's start of an answer, and up to its end;
// both have to begin the whole. Where a template writes a turn otherwise once more turns follow (reasoning that is taken out
// again), that fails, and is told.
import type { ChatMessage, Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import { rowError } from './rowCheck.ts'
import type { Span } from './spans.ts'

export interface Where {
  path: string
  place: string
}

/** The conversation as spans that give its whole text; assistant turns are trained. Faults are a UserError with the line. */
export function conversationSpans(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  where: Where,
): Span[] {
  const render = (count: number, addGenerationPrompt: boolean): string =>
    renderTurns(tokenizer, messages.slice(0, count), { addGenerationPrompt, where })
  const whole = render(messages.length, false)
  const spans: Span[] = []
  let done = 0
  for (const [i, { role }] of messages.entries()) {
    if (role !== 'assistant') continue
    const before = render(i, true)
    const through = i === messages.length - 1 ? whole : render(i + 1, false)
    for (const part of [before, through]) if (!whole.startsWith(part)) throw differs(where, i, part, whole)
    if (before.length < done || through.length < before.length) throw differs(where, i, before, through)
    spans.push(
      { text: whole.slice(done, before.length), isTrained: false },
      { text: whole.slice(before.length, through.length), isTrained: true },
    )
    done = through.length
  }
  return [...spans, { text: whole.slice(done), isTrained: false }].filter(({ text }) => text !== '')
}

/** The whole conversation as the template writes it. */
export function renderConversation(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  where: Where,
): string {
  return renderTurns(tokenizer, messages, { addGenerationPrompt: false, where })
}

function renderTurns(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  { addGenerationPrompt, where }: { addGenerationPrompt: boolean; where: Where },
): string {
  try {
    return tokenizer.chat(messages, { addGenerationPrompt })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const part = messages.length === 0 ? ', asked for an answer to no turn,' : ''
    throw rowError(
      where.path,
      where.place,
      `of its messages${part} no text is made: ${error.message}`,
      error.hint,
    )
  }
}

const SHOWN_CHARS = 40

function differs({ path, place }: Where, turn: number, part: string, whole: string): UserError {
  let at = 0
  while (at < part.length && part[at] === whole[at]) at++
  const seen = (text: string): string =>
    JSON.stringify(oneLine(text.slice(at, at + SHOWN_CHARS), SHOWN_CHARS))
  return rowError(
    path,
    place,
    `the chat template writes messages[${turn}] otherwise when more follows (${seen(part)}, then ${seen(whole)}), so that the tokens to train on cannot be told`,
    'make a conversation of each answer, ending with it, or rows of prompt and completion as the template should write them; or train on all tokens (trainOn: all)',
  )
}
