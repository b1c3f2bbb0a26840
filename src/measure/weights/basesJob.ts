// Singular vectors of a pair's delta, for the overlap of what several variants write to.
import { randomisedSvd } from '../../tensor/svd.ts'
import { factorsOf, spectrumOfFactors } from './factorsJob.ts'
import type { Bases, BasesJob } from './jobs.ts'
import { deltaOf, threadMatmul } from './spectrumJob.ts'

export async function basesJob({ pair, count }: BasesJob): Promise<Bases> {
  const { singularValues, left, right } = pair.factors
    ? await spectrumOfFactors(factorsOf(pair), count)
    : await randomisedSvd(deltaOf(pair), {
        k: count,
        seed: pair.name,
        matmul: await threadMatmul(),
        vectors: true,
      })
  return { k: Math.min(count, singularValues.length), left: left!, right: right! }
}
