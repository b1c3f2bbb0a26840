// Texts of the tokens that a report names, where the tokenizer of the base is at hand: beside what is computed, never part
// of it.
import { join } from 'node:path'
import { identityOf } from '../../model/identity.ts'
import { parseModel } from '../../model/modelPath.ts'
import { openModel } from '../../model/open.ts'
import { tokenizerFiles } from '../../model/tokenizer/files.ts'
import { openTokenizer, type Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { Absent } from '../../schema/estimate.ts'
import { UserError } from '../../util/errors.ts'
import { exists } from '../../util/files.ts'

/** A base as a measurement names it. */
export interface NamedBase {
  spec: string
  identity: string
}

export async function tokenTexts(
  base: NamedBase | null,
  ids: ReadonlySet<number>,
  cacheFolder: string,
): Promise<Record<string, string> | Absent> {
  if (base === null || ids.size === 0) return { absent: 'no tokens are named' }
  const tokenizer = await tokenizerOf(base, cacheFolder)
  if ('absent' in tokenizer) return tokenizer
  const decoder = new TextDecoder()
  const texts: Record<string, string> = {}
  for (const id of [...ids].sort((a, b) => a - b)) {
    if (id >= 0 && id < tokenizer.vocabularySize)
      texts[id] = decoder.decode(tokenizer.tokenBytes(id)) || tokenizer.decode([id])
  }
  return texts
}

async function tokenizerOf({ spec, identity }: NamedBase, cacheFolder: string): Promise<Tokenizer | Absent> {
  try {
    const { source } = parseModel(spec)
    // Nothing is downloaded for a report.
    if (source.kind === 'hub' && !(await exists(join(cacheFolder, 'hub', source.repo))))
      return { absent: `${spec} is not on this machine` }
    const model = await openModel(spec)
    if ((await identityOf(model)) !== identity) return { absent: `${spec} holds another model now` }
    return openTokenizer(await tokenizerFiles(model))
  } catch (error) {
    if (error instanceof UserError) return { absent: error.message }
    throw error
  }
}
