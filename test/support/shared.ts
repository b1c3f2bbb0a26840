// The recorded answers of others that tests may read: $TUNEDIFF_DATA/humaneval. Skipped, with a message, where absent.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const data = process.env.TUNEDIFF_DATA

/** Folder with HumanEval.jsonl.gz and logs/, or null. */
export const sharedHumanEval: string | null =
  data && existsSync(join(data, 'humaneval', 'HumanEval.jsonl.gz')) ? join(data, 'humaneval') : null

if (sharedHumanEval === null) {
  console.warn('skipping tests of recorded answers: $TUNEDIFF_DATA/humaneval/HumanEval.jsonl.gz is absent')
}

/** Path of a recorded log. Only for tests that are skipped where `sharedHumanEval` is null. */
export const sharedLog = (name: string): string => join(sharedHumanEval ?? '', 'logs', name)
