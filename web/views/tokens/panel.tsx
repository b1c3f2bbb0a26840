// Exact values of one token.
import { share } from '../../../src/util/numbers.ts'
import { type TokenTexts, tokenName } from '../../tokenTexts.ts'
import type { PageToken, TokenRow } from './rows.ts'

export function Panel({ token, texts }: { token: PageToken | undefined; texts: TokenTexts }) {
  if (!token) return null
  const { id, position, row } = token
  return (
    <div class="token-panel" aria-live="polite">
      <p class="token-name">
        {tokenName(texts, id)} <span class="soft small">token {position}</span>
      </p>
      {row ? (
        <Values row={row} texts={texts} />
      ) : (
        <p class="soft small">Nothing stands before it, so nothing predicts it.</p>
      )}
    </div>
  )
}

/** Four digits: what is exact here is read beside other numbers. */
const exact = (value: number): string =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(4)))

const logProb = (value: number): string => `${exact(value)} (${share(Math.exp(value))} %)`

function Values({ row, texts }: { row: TokenRow; texts: TokenTexts }) {
  const values: readonly [term: string, value: string][] = [
    ['KL(base ‖ variant)', `${exact(row.kl)} nats`],
    ['KL(variant ‖ base)', `${exact(row.klReverse)} nats`],
    ['JS', `${exact(row.js)} nats`],
    ['TV', exact(row.tv)],
    ['log p, base', logProb(row.baseLogProb)],
    ['log p, variant', logProb(row.variantLogProb)],
    ['base would say', choice(texts, row.baseTop, row.baseTopLogProb)],
    ['variant would say', choice(texts, row.variantTop, row.variantTopLogProb)],
    ["base's choice in variant", `rank ${row.rank}`],
  ]
  return (
    <dl>
      {values.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const choice = (texts: TokenTexts, id: number, logProbability: number): string =>
  `${tokenName(texts, id)} ${share(Math.exp(logProbability))} %`
