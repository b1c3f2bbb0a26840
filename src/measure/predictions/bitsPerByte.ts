// Bits per byte of both sides, each in its own tokens: the only unit in which models of different tokenizers compare.
import { type Engine, WINDOWS_TOGETHER } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { DocumentRow } from '../../schema/predictions.ts'
import { openDistributions } from '../../tensor/distributions.ts'
import { bytesOf, fedIds, identified, type Tokens, tokensOf } from './documents.ts'
import type { TextDocument } from './jobs.ts'
import { orRefuseNotFinite } from './rows.ts'
import { windowsOf } from './windows.ts'

export interface BitsPerByteOptions {
  engine: Engine
  /** Of each model. */
  tokenizers: readonly Tokenizer[]
  context: number
  document: TextDocument
  /** Index of the variant among the models. */
  model: number
  /** Positions of the base to score. */
  scored: number
}

/** Both sides in their own tokens; the variant scores the same share of its tokens as the base. */
export async function bitsPerByte(options: BitsPerByteOptions): Promise<DocumentRow> {
  const { document, model, scored, tokenizers } = options
  const base = tokensOf(tokenizers[0]!, document.text)
  const variant = tokensOf(tokenizers[model]!, document.text)
  const variantScored =
    scored === base.scored ? variant.scored : Math.round((scored / base.scored) * variant.scored)
  const side = async (index: number, tokens: Tokens, count: number): Promise<DocumentRow['base']> => ({
    tokens: count,
    bytes: bytesOf(tokenizers[index]!, tokens.ids, count),
    nats: await logLoss(options, { model: index, tokens, count }),
  })
  return {
    ...identified(document),
    base: await side(0, base, scored),
    variant: await side(model, variant, variantScored),
    ...(scored < base.scored ? { isCut: true } : {}),
  }
}

/** -sum of the natural log-probabilities of tokens [1, count] of one model. */
async function logLoss(
  { engine, context, document }: BitsPerByteOptions,
  { model, tokens, count }: { model: number; tokens: Tokens; count: number },
): Promise<number> {
  const {
    model: { spec },
    parameters: { vocabulary },
  } = engine.models[model]!
  const distributions = openDistributions(vocabulary)
  const step = engine.headRows(model)
  let nats = 0
  const windows = windowsOf(tokens.ids.length, context).filter(({ firstScored }) => firstScored <= count)
  for (let start = 0; start < windows.length; start += WINDOWS_TOGETHER) {
    const group = windows.slice(start, start + WINDOWS_TOGETHER)
    const states = await engine.hidden(
      model,
      group.map((window) => fedIds(tokens, window)),
    )
    for (const [w, window] of group.entries()) {
      const end = Math.min(window.end - 1, count)
      for (let first = window.firstScored - 1; first < end; first += step) {
        const rows = { first: first - window.start, count: Math.min(step, end - first) }
        const logits = await engine.logits(model, states[w]!, rows)
        for (let i = 0; i < rows.count; i++) {
          const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary)
          const next = first + i + 1
          const { maximum, logTotal } = orRefuseNotFinite(
            { name: `${document.id}, token ${next}`, spec },
            () => distributions.setBase(row),
          )
          nats += maximum + logTotal - row[tokens.ids[next]!]!
        }
      }
    }
  }
  return nats
}
