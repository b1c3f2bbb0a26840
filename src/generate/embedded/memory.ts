// How many texts can be computed at once in the memory that is free, foreseen from the longest of them.
import type { LoadedModel } from '../../model/engine/index.ts'
import { cacheBytes } from '../../model/engine/keyCache.ts'
import { gigabytes, usableBytes, workBytes } from '../../model/engine/memory.ts'
import { UserError } from '../../util/errors.ts'
import type { IdRequest } from './batch.ts'

export interface Room {
  model: LoadedModel
  maxRows: number
  /** Of weights that are still to be read. */
  missingBytes: number
  usable?: number
}

/** At most `maxRows`; where not even one text fits, a UserError says what it needs. Texts do not depend on it. */
export function rowsThatFit(
  requests: readonly Pick<IdRequest, 'prompt' | 'maxTokens'>[],
  { model, maxRows, missingBytes, usable = usableBytes() }: Room,
): number {
  const prompt = Math.max(1, ...requests.map((request) => request.prompt.length))
  const positions = Math.max(1, ...requests.map((request) => request.prompt.length + request.maxTokens))
  // Buffers of two sizes are there while the batch changes.
  const needed = (rows: number): number =>
    missingBytes + workBytes(model, prompt) + 2 * cacheBytes(model.architecture, rows, positions)
  let rows = Math.max(1, Math.min(maxRows, requests.length))
  while (rows > 1 && needed(rows) > usable) rows = Math.ceil(rows / 2)
  if (needed(rows) <= usable) return rows
  throw new UserError(
    `a text of ${positions} tokens after a prompt of up to ${prompt} needs ${gigabytes(needed(1))} of memory with ${model.model.spec}, and ${gigabytes(usable)} may be used`,
    { hint: 'end other programs, shorten the prompt, or ask for fewer tokens' },
  )
}
