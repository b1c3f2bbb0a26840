// The stretches of text where two sides differ most, token by token, and what each side would have said at the tokens that
// stand out.
import type { Passage, PredictionsVariantReport, ShownToken } from '../schema/predictions.ts'
import { tokenText } from '../util/text.ts'
import type { Block } from './blocks.ts'
import { nats } from './predictionsNumbers.ts'
import type { MarkedToken } from './tokens.ts'

/** Shares of the stretch's largest divergence from which a token has a level. */
const LEVELS = [0.1, 0.25, 0.5] as const
const EXPLAINED = 3
/** Below this a token is not marked: colours would show rounding. */
const LEAST_NATS = 1e-4

const LEGEND =
  'Documents by their mean KL, each at its most different stretch. In colour: red is a token that diverges at least half as much as the one that diverges most here, yellow a quarter, yellow letters a tenth. Without colour the first two stand in [brackets] with their KL in nats. ⏎ is a line end, → a tab.'

export function passageBlocks({ mostDifferent }: PredictionsVariantReport): Block[] {
  const shown = mostDifferent.filter(({ tokens }) => largest(tokens) >= LEAST_NATS)
  if (shown.length === 0) return []
  return [
    { kind: 'heading', text: 'Where they differ most' },
    { kind: 'paragraph', text: LEGEND },
    ...shown.flatMap(passage),
  ]
}

const largest = (tokens: readonly ShownToken[]): number => Math.max(0, ...tokens.map(({ kl }) => kl ?? 0))

function passage({ document, kl, tokens }: Passage): Block[] {
  const most = largest(tokens)
  const marked = tokens.map(
    (token): MarkedToken => ({
      text: token.text,
      level: levelOf(token.kl ?? 0, most),
      value: nats(token.kl ?? 0),
    }),
  )
  return [
    {
      kind: 'paragraph',
      text: `${document}: ${nats(kl)} nats a token in the document, at most ${nats(most)} here`,
    },
    { kind: 'tokens', tokens: marked },
    { kind: 'list', items: explained(tokens) },
  ]
}

function levelOf(kl: number, most: number): MarkedToken['level'] {
  if (kl < LEAST_NATS) return 0
  return LEVELS.filter((from) => kl >= from * most).length as MarkedToken['level']
}

function explained(tokens: readonly ShownToken[]): string[] {
  return tokens
    .filter(({ kl }) => kl !== null && kl >= LEAST_NATS)
    .sort((a, b) => b.kl! - a.kl!)
    .slice(0, EXPLAINED)
    .map(({ text, kl, baseTop, variantTop }) => {
      const choices =
        baseTop === variantTop
          ? `both would say ${quoted(baseTop)}`
          : `base would say ${quoted(baseTop)}, variant ${quoted(variantTop)}`
      return `before ${quoted(text)} (${nats(kl!)} nats): ${choices}`
    })
}

const quoted = (text: string | null): string => (text === null ? 'nothing known' : `“${tokenText(text)}”`)
