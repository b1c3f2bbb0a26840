// Documents of very unequal length with a measure each, drawn from a known truth: what intervals over documents must
// cover. Not a test itself.
import { random } from '../../src/stats/index.ts'

export interface Drawn {
  numerator: number
  /** Tokens. */
  denominator: number
}

/** Mean of a document and spread of a token, given the document's length as a standard normal number. */
type Model = (gauss: () => number, length: number) => { mean: number; tokenSd: number }

const logNormal = (spread: number, z: number): number => Math.exp(spread * z - (spread * spread) / 2)

/** Of a divergence (never negative, skewed), a signed change, and a share; `alike`: tokens alone make the spread. */
export const DOCUMENT_MODELS: Record<string, Model> = {
  'divergence, documents alike (spread 0.3)': (gauss) => {
    const mean = logNormal(0.3, gauss())
    return { mean, tokenSd: 2 * mean }
  },
  'divergence, documents unlike (spread 0.8)': (gauss) => {
    const mean = logNormal(0.8, gauss())
    return { mean, tokenSd: 2 * mean }
  },
  'divergence, larger in short documents': (gauss, length) => {
    const mean = logNormal(0.8, Math.sqrt(0.75) * gauss() - 0.5 * length)
    return { mean, tokenSd: 2 * mean }
  },
  'signed change': (gauss) => ({ mean: 1 + 1.5 * gauss(), tokenSd: 10 }),
  'tokens alone': () => ({ mean: 1, tokenSd: 10 }),
  share: (gauss) => {
    const mean = Math.min(0.999, Math.max(0.5, 0.93 + 0.04 * gauss()))
    return { mean, tokenSd: 1.3 * Math.sqrt(mean * (1 - mean)) }
  },
}

/** Draws documents: lengths log-normal with spread 1.3 about 400 tokens, 20 to 20,000; neighbouring tokens correlated. */
export function documentDraws(model: Model, seed: number): () => Drawn {
  const next = random(seed)
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return () => {
    const length = gauss()
    const denominator = Math.round(Math.min(20_000, Math.max(20, 400 * Math.exp(1.3 * length))))
    const { mean, tokenSd } = model(gauss, length)
    const drawn = mean + tokenSd * Math.sqrt(2 / denominator) * gauss()
    // A divergence and a share are not below 0.
    return { denominator, numerator: denominator * (tokenSd === 10 ? drawn : Math.max(0, drawn)) }
  }
}

/** What the ratio is in the whole population, from `count` documents. */
export function populationRatio(model: Model, count: number): number {
  const draw = documentDraws(model, 1)
  let [above, below] = [0, 0]
  for (let i = 0; i < count; i++) {
    const { numerator, denominator } = draw()
    above += numerator
    below += denominator
  }
  return above / below
}
