// The few figures that the first screen shows, the most telling first: effects on tasks by how sure they are, gains and losses
// in turn, then the furthest predictions and the furthest weights.
import type { Estimate } from '../../schema/estimate.ts'
import type { KeyFigure } from '../../schema/report.ts'
import type { EffectResult, Results, ScoreResult } from '../../schema/results.ts'
import { ofTrainingsAlone, shownName, withAgainst } from '../../schema/sideNames.ts'
import { count, interval, nats, percent, points, pText, signedPoints } from '../../util/numbers.ts'
import { plural } from '../../util/text.ts'

const MOST = 8

export function keyFigures(results: Results): KeyFigure[] {
  const others = [...predictionsFigure(results), ...weightsFigure(results)]
  const effects = inTurn(results.effects).slice(0, MOST - others.length)
  const scores = results.asked.sides.length === 1 ? results.scores.slice(0, MOST).map(scoreFigure) : []
  return [...scores, ...effects.map((effect) => effectFigure(effect, results)), ...others]
}

/** Of answers that nothing stands beside. */
function scoreFigure({ side, task, metric, report: { rate, n } }: ScoreResult): KeyFigure {
  return {
    title: `${side} on ${task}`,
    delta: `${points(rate.value)} %`,
    interval: interval(rate, points),
    basis: `${metric}, ${plural(n, 'problem')}`,
    zero: 'nothing to compare it with',
    finding: null,
    effect: null,
  }
}

/** By how sure they are; a gain and a loss in turn, and of each of them the most telling of each side before its second. */
function inTurn(effects: readonly EffectResult[]): EffectResult[] {
  const sorted = [...effects].sort(
    (a, b) => groupOf(a) - groupOf(b) || Math.abs(b.delta.value) - Math.abs(a.delta.value),
  )
  const bySide = turnsOf(sorted, ({ side, delta }) => `${Math.sign(delta.value)} ${side}`)
  return turnsOf(bySide, ({ delta }) => String(Math.sign(delta.value)))
}

/** Within what is as sure, the first with each key, then the second with each, and so on. */
function turnsOf(effects: readonly EffectResult[], keyOf: (effect: EffectResult) => string): EffectResult[] {
  const taken = new Map<string, number>()
  const turns = new Map<EffectResult, number>()
  for (const effect of effects) {
    const key = `${groupOf(effect)} ${keyOf(effect)}`
    const turn = taken.get(key) ?? 0
    turns.set(effect, turn)
    taken.set(key, turn + 1)
  }
  return [...effects].sort((a, b) => groupOf(a) - groupOf(b) || turns.get(a)! - turns.get(b)!)
}

/** Better and worse, then what is shown of these very trainings, then the rest. */
function groupOf(effect: EffectResult): number {
  if (effect.finding === 'better' || effect.finding === 'worse') return 0
  return ofTrainingsAlone(effect) === null ? 2 : 1
}

function effectFigure(effect: EffectResult, results: Results): KeyFigure {
  const { side, against, task, delta, problems, holmP, finding } = effect
  const base = results.asked.sides[0]!.name
  const seeds = 'absent' in effect.seeds ? [] : effect.seeds.seeds
  const ofTrainings = ofTrainingsAlone(effect) !== null
  const basis = [
    plural(problems, 'problem'),
    ...(seeds.length > 1 ? [plural(seeds.length, 'seed')] : []),
    `${pText(holmP)}${ofTrainings ? ' of the recipe' : ''} after Holm${ofTrainings ? '; shown of these trainings alone' : ''}`,
  ]
  return {
    title: `${withAgainst(side, against, base)} on ${task}`,
    delta: `${signedPoints(delta.value)} points`,
    interval: interval(delta),
    basis: basis.join(', '),
    zero: zeroOf(effect, results),
    finding,
    effect: delta,
  }
}

/** What flips where nothing changed: the base asked again, and another random seed of the same recipe. */
function zeroOf(effect: EffectResult, { pairs }: Results): string {
  const pair = pairs.find(
    ({ side, against, task }) =>
      side === effect.side && against.side === effect.against && task === effect.task,
  )
  const line = pair?.report.zeroLine
  const twins = 'absent' in effect.seeds || 'absent' in effect.seeds.twins ? null : effect.seeds.twins.pairs
  const parts = [
    ...(line && !('absent' in line)
      ? [`${effect.against} against itself flips ${line.flips} of ${line.n}`]
      : []),
    ...(twins ? [`another seed flips ${flipRange(twins)}`] : []),
  ]
  if (parts.length > 0) return parts.join('; ')
  return `no zero line: ${effect.against} has one answer a problem`
}

function flipRange(twins: readonly { flips: number; n: number }[]): string {
  const range = (counts: readonly number[]): string => {
    const [least, most] = [Math.min(...counts), Math.max(...counts)]
    return least === most ? String(least) : `${least} to ${most}`
  }
  return `${range(twins.map(({ flips }) => flips))} of ${range(twins.map(({ n }) => n))}`
}

function predictionsFigure({ predictions, asked }: Results): KeyFigure[] {
  const found = predictions.flatMap((one) => ('absent' in one.whole.kl ? [] : [{ one, kl: one.whole.kl }]))
  if (found.length === 0) return []
  const { one, kl } = found.reduce((most, other) => (other.kl.value > most.kl.value ? other : most))
  const of = shownName(asked.sides, one)
  return [
    {
      title: `${of}, predictions`,
      delta: `${nats(kl.value)} nats a token`,
      interval: interval(kl, nats),
      basis: `KL over ${plural(one.whole.documents, 'text')}, ${count(one.whole.tokens)} ${one.whole.tokens === 1 ? 'token' : 'tokens'}`,
      zero: zeroText(kl, (value) => `${one.against.side} in another batch shape: ${nats(value)}`),
      finding: null,
      effect: null,
    },
  ]
}

function weightsFigure({ weights, asked }: Results): KeyFigure[] {
  const found = weights.flatMap((one) => {
    const change = one.matrices.relativeChange
    return 'absent' in change ? [] : [{ one, change }]
  })
  if (found.length === 0) return []
  const { one, change } = found.reduce((most, other) =>
    other.change.value > most.change.value ? other : most,
  )
  const of = shownName(asked.sides, one)
  const { trainingAlone: training, quantisationAlone: quantising } = one.matrices
  const alone = training && !('absent' in training) ? `${percent(training.value)} % by training alone, ` : ''
  return [
    {
      title: `${of}, weights`,
      delta: `${percent(change.value)} %`,
      interval: '',
      basis: `norm of the change over that of the matrices, ${alone}${one.tensors.changed} of ${plural(one.tensors.compared, 'tensor')} changed`,
      zero:
        quantising && !('absent' in quantising)
          ? `quantising alone: ${percent(quantising.value)} %`
          : zeroText(change, (value) => `rounding alone: ${percent(value)} %`),
      finding: null,
      effect: null,
    },
  ]
}

function zeroText({ zero }: Estimate, shown: (value: number) => string): string {
  if (zero === undefined) return 'no zero line'
  return 'absent' in zero ? `no zero line: ${zero.absent}` : shown(zero.value)
}
