// Bad arguments throw a RangeError that names the argument and its value.
import { expect, test } from 'vitest'
import * as stats from '../src/stats/index.ts'

const grid = { base: [0, 1], variant: [0, 1], baseScaffold: [0, 1], variantScaffold: [0, 1] }
const paired = { omega2: 0, baseNoise: 0, baseRepeats: 1, variantNoise: 0, variantRepeats: 1 }
const counts = { both: 1, lost: 0, gained: 0, neither: 0 }

const cases: [name: string, call: () => unknown, message: RegExp][] = [
  ['n = 0', () => stats.wilson(0, 0), /^n must be .* got 0$/],
  ['negative successes', () => stats.rateEstimate(-1, 5), /^successes .* got -1$/],
  ['more successes than n', () => stats.wilson(6, 5), /^successes .* n = 5, got 6$/],
  ['half a success', () => stats.wilson(0.5, 5), /^successes .* got 0.5$/],
  ['level 1', () => stats.wilson(1, 5, 1), /^level .* got 1$/],
  ['one score', () => stats.meanEstimate([1]), /^scores .* at least 2 numbers, got 1$/],
  ['NaN score', () => stats.standardError([1, Number.NaN]), /^scores\[1\] .* got NaN$/],
  ['score above 1', () => stats.boundedMeanEstimate([0, 1.5]), /^scores .* got 1.5$/],
  ['one cluster', () => stats.clusteredSe([1, 2], ['a', 'a']), /^clusters .* got 1$/],
  ['clusters missing', () => stats.clusteredMean([1, 2], ['a']), /^scores and clusters .* got 2 and 1$/],
  ['unequal lengths', () => stats.pairedDifference([1, 2], [1, 2, 3]), /^base and variant .* got 2 and 3$/],
  ['infinite score', () => stats.pairedDifference([1, 2], [1, Infinity]), /^variant\[1\] .* got Infinity$/],
  ['negative flips', () => stats.mcnemarExact(-1, 2), /^lost .* got -1$/],
  ['alpha 0', () => stats.fewestFlips(0), /^alpha .* got 0$/],
  ['no problems', () => stats.newcombePaired({ ...counts, both: 0 }), /^counts .* got 0$/],
  ['negative count', () => stats.newcombeEstimate({ ...counts, gained: -2 }), /^gained .* got -2$/],
  ['no differences', () => stats.signFlip([], { seed: 1 }), /^differences .* got 0$/],
  ['no draws', () => stats.signFlip([1], { seed: 1, draws: 0 }), /^draws .* got 0$/],
  [
    'too few draws for the level',
    () => stats.pairedBootstrap([1, 2], { seed: 1, draws: 20 }),
    /^draws .* got 20$/,
  ],
  ['seed', () => stats.random(0.5), /^seed .* got 0.5$/],
  ['seed of the bootstrap', () => stats.pairedBootstrap([1, 2], { seed: Number.NaN }), /^seed .* got NaN$/],
  ['k above n', () => stats.passAtK(5, 2, 6), /^k must be at most n = 5, got 6/],
  ['k = 0', () => stats.passHatK(5, 2, 0), /^k .* got 0$/],
  [
    'c above n',
    () =>
      stats.passAtKEstimate(
        [
          { n: 2, c: 1 },
          { n: 2, c: 3 },
        ],
        1,
      ),
    /^c .* got 3$/,
  ],
  ['delta 0', () => stats.requiredN({ variance: 1, delta: 0 }), /^delta .* got 0$/],
  ['negative variance', () => stats.minimumDetectable({ variance: -1, n: 5 }), /^variance .* got -1$/],
  ['variance 0', () => stats.resolutionRatio({ n: 5, variance: 0, delta: 1 }), /^variance .* got 0$/],
  ['repeats 0', () => stats.pairedVariance({ ...paired, variantRepeats: 0 }), /^variantRepeats .* got 0$/],
  ['discordance 0', () => stats.mcnemarPower({ n: 5, discordance: 0, delta: 0 }), /^discordance .* got 0$/],
  [
    'delta beyond discordance',
    () => stats.mcnemarPower({ n: 5, discordance: 0.1, delta: -0.2 }),
    /^delta .* got -0.2$/,
  ],
  [
    'delta too small',
    () => stats.mcnemarRequiredN({ discordance: 0.5, delta: 1e-5 }),
    /^delta .* got 0.00001$/,
  ],
  ['negative margin', () => stats.nonInferior(0, -1), /^margin .* got -1$/],
  ['margin 0', () => stats.tost({ delta: 0, se: 1, n: 5, margin: 0 }), /^margin .* got 0$/],
  ['p above 1', () => stats.holm([0.5, 1.5]), /^p\[1\] .* got 1.5$/],
  ['p NaN', () => stats.benjaminiHochberg([Number.NaN]), /^p\[0\] .* got NaN$/],
  ['no answers', () => stats.flips([], []), /^n .* got 0$/],
  [
    'answers missing',
    () => stats.flips([true], [true], { base: [1], variant: [] }),
    /^base and answers.variant .* got 1 and 0$/,
  ],
  ['more flips than n', () => stats.excessFlips({ flips: 6, n: 5 }, { flips: 0, n: 5 }), /got 6$/],
  [
    'uneven grid',
    () => stats.interaction({ ...grid, variant: [0, 1, 1] }),
    /^base and variant .* got 2 and 3$/,
  ],
  ['no distribution', () => stats.klDivergence([0, 0], [0, 0]), /^baseLogProbs .* got a sum of 2$/],
  ['two vocabularies', () => stats.klDivergence([0], [0, 0]), /got 1 and 2$/],
]

test.each(cases)('%s', (_, call, message) => {
  expect(call).toThrow(RangeError)
  expect(call).toThrow(message)
})

test('an empty family is no error', () => {
  expect(stats.holm([])).toEqual([])
  expect(stats.benjaminiHochberg([])).toEqual([])
})
