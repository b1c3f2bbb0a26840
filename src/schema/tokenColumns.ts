/**
 * Columns of tokens.f32: a row of little-endian fp32 numbers a scored position, documents in the order of
 * documents.jsonl, positions in the order of the text. Divergences and entropies in nats, log-probabilities natural.
 * - kl = KL(base || variant), klReverse = KL(variant || base), js <= ln 2, tv = total variation in [0, 1].
 * - rank: of the base's most probable token among the variant's, from 1 (1 also for a tie with the first).
 * - topShared: tokens that the TOP_K most probable of both sides have in common.
 * - baseTop, variantTop: ids of the most probable tokens; ...TopLogProb: their log-probabilities.
 * - baseLogProb, variantLogProb: of the token that follows in the text.
 */
export const TOKEN_COLUMNS = [
  'kl',
  'klReverse',
  'js',
  'tv',
  'rank',
  'topShared',
  'baseLogProb',
  'variantLogProb',
  'baseEntropy',
  'variantEntropy',
  'baseTop',
  'variantTop',
  'baseTopLogProb',
  'variantTopLogProb',
] as const
export type TokenColumn = (typeof TOKEN_COLUMNS)[number]

/** Of a scored position. */
export const TOKEN_ROW_BYTES = TOKEN_COLUMNS.length * Float32Array.BYTES_PER_ELEMENT
