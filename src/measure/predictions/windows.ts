// A document's tokens cut into windows, and how many of each document are scored. As llama-perplexity does it, a window
// scores its second half, where each position has seen half a window or more; the first one scores all that anything
// predicts, so that every token but the first is scored exactly once.

export interface Window {
  /** Tokens [start, end) are fed. */
  start: number
  end: number
  /** Tokens [firstScored, end) are scored, each by the position before it. */
  firstScored: number
}

/** Windows of `context` tokens that start half of it apart. Fewer than two tokens have none. */
export function windowsOf(tokens: number, context: number): Window[] {
  if (tokens < 2) return []
  const stride = context / 2
  const windows: Window[] = [{ start: 0, end: Math.min(tokens, context), firstScored: 1 }]
  for (let start = stride; start + stride < tokens; start += stride) {
    windows.push({ start, end: Math.min(tokens, start + context), firstScored: start + stride })
  }
  return windows
}

/**
 * Positions that are scored of each document where at most `maxTokens` are scored in all: each corpus has an equal
 * share, and what a small one leaves goes to the others. Within a corpus the first documents are taken, the last of them cut.
 */
export function scoredShares(
  documents: readonly { corpus: string; tokens: number }[],
  maxTokens: number | null,
): number[] {
  if (maxTokens === null) return documents.map(({ tokens }) => tokens)
  const wanted = new Map<string, number>()
  for (const { corpus, tokens } of documents) wanted.set(corpus, (wanted.get(corpus) ?? 0) + tokens)
  const budgets = new Map<string, number>()
  let left = maxTokens
  const bySize = [...wanted].sort(([, a], [, b]) => a - b)
  for (const [i, [corpus, tokens]] of bySize.entries()) {
    const share = Math.min(tokens, Math.floor(left / (bySize.length - i)))
    budgets.set(corpus, share)
    left -= share
  }
  return documents.map(({ corpus, tokens }) => {
    const share = Math.min(tokens, budgets.get(corpus)!)
    budgets.set(corpus, budgets.get(corpus)! - share)
    return share
  })
}
