// Rows and documents of a predictions measurement for tests, without a model.
import { COLUMN, ROW_LENGTH } from '../../src/measure/predictions/rows.ts'
import type { DocumentRow } from '../../src/schema/predictions.ts'
import type { TokenColumn } from '../../src/schema/tokenColumns.ts'

/** Numbers in [0, 1): as the scripts in test/goldens/predictions make them. */
export function uniforms(seed: number, count: number): number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) / 2 ** 24
  })
}

const PLAIN: Record<TokenColumn, number> = {
  kl: 0,
  klReverse: 0,
  js: 0,
  tv: 0,
  rank: 1,
  topShared: 10,
  baseLogProb: -1,
  variantLogProb: -1,
  baseEntropy: 2,
  variantEntropy: 2,
  baseTop: 0,
  variantTop: 0,
  baseTopLogProb: -0.5,
  variantTopLogProb: -0.5,
}

/** Rows of tokens.f32; columns that are not given are those of equal sides. */
export function rowsOf(given: readonly Partial<Record<TokenColumn, number>>[]): Float32Array {
  const tokens = new Float32Array(given.length * ROW_LENGTH)
  given.forEach((row, i) => {
    for (const [name, value] of Object.entries({ ...PLAIN, ...row }))
      tokens[i * ROW_LENGTH + COLUMN[name as TokenColumn]] = value
  })
  return tokens
}

/** The document of those rows: 4 bytes a token. */
export function documentOf(tokens: Float32Array, { id = 'prose/a', ids = [] as number[] } = {}): DocumentRow {
  const rows = tokens.length / ROW_LENGTH
  const nats = (column: number): number => {
    let sum = 0
    for (let at = column; at < tokens.length; at += ROW_LENGTH) sum -= tokens[at]!
    return sum
  }
  return {
    id,
    corpus: id.slice(0, id.indexOf('/')),
    hash: '0'.repeat(64),
    bytes: rows * 4,
    base: { tokens: rows, bytes: rows * 4, nats: nats(COLUMN.baseLogProb) },
    variant: { tokens: rows, bytes: rows * 4, nats: nats(COLUMN.variantLogProb) },
    ids: ids.length > 0 ? ids : Array.from({ length: rows + 1 }, (_, i) => i),
  }
}
