// Two real models in GGUF, dequantised, against transformers in fp32 on the same file (goldens/realModels): 1,024 tokens
// under `npm run soak`, the first 128 positions of one window under `npm test`. Skipped, with a message, where the files
// cannot be had.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Engine, engineModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { realModel } from '../realModels.ts'
import { root } from '../support/cli.ts'
import { eachRow, floatsOf } from '../support/engine.ts'

const goldens = join(root, 'test/goldens/realModels')
const isWhole = process.env.TUNEDIFF_SOAK !== undefined
const SOME_ROWS = 128
afterAll(closeFiles)

interface Golden {
  windows: number[][]
  /** Token that follows the last one of each window. */
  after: number[]
  top: number[][]
  columns: number[]
}

interface Seen {
  rows: number
  /** Largest difference of a log-probability. */
  apart: number
  otherTop: number[]
}

async function against(engine: Engine, name: string, window: number): Promise<Seen> {
  const golden = JSON.parse(readFileSync(join(goldens, `${name}.json`), 'utf8')) as Golden
  const expected = floatsOf(join(goldens, `${name}.logprobs.f32`))
  const whole = golden.windows[window]!
  const ids = isWhole ? whole : whole.slice(0, SOME_ROWS)
  const following = [...whole.slice(1), golden.after[window]!]
  const size = golden.columns.length + 1
  const seen: Seen = { rows: 0, apart: 0, otherTop: [] }
  await eachRow(engine, 0, { ids, shape: { paddedTo: whole.length } }, (logProbs, i) => {
    const row = window * whole.length + i
    seen.rows++
    for (const [column, id] of [...golden.columns, following[i]!].entries()) {
      const apart = Math.abs(logProbs[id]! - expected[row * size + column]!)
      if (!(apart <= seen.apart)) seen.apart = apart
    }
    let best = 0
    for (let id = 1; id < logProbs.length; id++) if (logProbs[id]! > logProbs[best]!) best = id
    if (best !== golden.top[window]![i]) seen.otherTop.push(row)
  })
  return seen
}

for (const name of ['smollm2', 'gemma3'] as const) {
  const path = realModel(name)
  describe.skipIf(path === null)(name, () => {
    test('log-probabilities within 1e-3 of transformers, every first choice the same', async () => {
      const models = [engineModel(await openModel(path!))]
      await using engine = await openEngine({ models, threads: 2 })
      for (const window of isWhole ? [0, 1] : [0]) {
        const { rows, apart, otherTop } = await against(engine, name, window)
        expect(rows).toBe(isWhole ? 512 : SOME_ROWS)
        expect(apart).toBeLessThan(1e-3)
        expect(otherTop).toEqual([])
      }
    }, 240_000)
  })
}
