// What a variant is: trained here, another model, or the same model under another solver; and whether it is live at all.
import type { ChangeResult } from '../../schema/results.ts'
import { count, nats } from '../../util/numbers.ts'
import { type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import type { VariantView } from './view.ts'
import { counted, listed, span } from './words.ts'

export function changedSentences(view: VariantView): Sentence[] {
  return [trainedSentence(view), liveSentence(view), ...solverSentences(view)].filter((one) => one !== null)
}

const METHOD_WORDS = { full: 'full fine-tuning', lora: 'LoRA', dora: 'DoRA', qlora: '4-bit LoRA' }

function trainedSentence({ side, trainings }: VariantView): Sentence | null {
  const { value, at } = side.of('training')
  const [first] = trainings
  if (value === null || !first) return null
  const { method } = value.recipe
  const recipe = new Placed(value.recipe, `${at}/recipe`)
  const rank = method === 'full' ? '' : prose` of rank ${shown(recipe.of('rank'), count)}`
  const share = prose`${span(
    trainings.map((one) => one.of('trainedParameters')),
    count,
  )} of ${shown(first.of('parameters'), count)} weights`
  const seeds =
    trainings.length > 1
      ? prose`, ${shown(new Placed(value.seeds, `${at}/seeds`), (list) => count(list.length))} seeds`
      : ''
  const losses = (key: 'firstLoss' | 'lastLoss'): Part =>
    span(
      trainings.map((one) => one.of(key)),
      nats,
    )
  return prose`Trained here by ${METHOD_WORDS[method]}${rank} (${share}) on ${shown(first.of('examples'), count)} examples in ${span(
    trainings.map((one) => one.of('steps')),
    count,
  )} steps${seeds}; loss ${losses('firstLoss')} nats at first, ${losses('lastLoss')} at last.`
}

function liveSentence({ live, against }: VariantView): Sentence | null {
  const verdicts = live.flatMap(({ value }) => ('absent' in value.liveness ? [] : [value.liveness.verdict]))
  const those = (verdict: string, does: string, verb: string): string => {
    const number = verdicts.filter((one) => one === verdict).length
    return number === verdicts.length
      ? `It ${does}`
      : `Of its ${counted(verdicts.length, 'training')} ${countWord(number)} ${number === 1 ? does : verb}`
  }
  if (verdicts.includes('identical'))
    return prose`${those('identical', 'gives', 'give')} every log-probability of ${against}, to the bit: not live.`
  if (verdicts.includes('within-arithmetic'))
    return prose`${those('within-arithmetic', 'moved', 'moved')} no further than arithmetic moves ${against} itself: whether it is live cannot be told.`
  return null
}

/** Of answers that were recorded elsewhere; what is asked here differs in weights alone. */
function solverSentences({ side, changes }: VariantView): Sentence[] {
  if (side.value.kind !== 'recorded') return []
  const [change] = changes
  if (!change) return []
  return [whatChanged(change), ...budgetSentence(change)]
}

function whatChanged(change: Placed<ChangeResult>): Sentence {
  const { model, solver, modelChanged, solverChanged } = change.value
  const both = (of: ChangeResult['model']): string => `${of.base.name} to ${of.variant.name}`
  if (modelChanged === null || solverChanged === null) {
    const unknown = [
      ...(modelChanged === null ? ['model'] : []),
      ...(solverChanged === null ? ['solver'] : []),
    ]
    return prose`What differs cannot be told: the ${unknown.join(' and the ')} of one side ${unknown.length > 1 ? 'are' : 'is'} not recorded.`
  }
  if (modelChanged && solverChanged)
    return prose`Model and solver both changed (${both(model)}, ${both(solver)}): the difference cannot be given to either.`
  if (solverChanged)
    return prose`Only the solver changed (${both(solver)}); the model is ${model.base.name ?? ''} on both sides: no weight differs.`
  if (modelChanged)
    return prose`Only the model changed (${both(model)}); the solver is ${solver.base.name ?? ''} on both sides.`
  return prose`Model (${model.base.name ?? ''}) and solver (${solver.base.name ?? ''}) are the same on both sides.`
}

function budgetSentence(change: Placed<ChangeResult>): Sentence[] {
  const { equalBudget, solver } = change.value
  if (equalBudget === null) return []
  const calls = callsWords(change)
  if ('absent' in equalBudget)
    return [
      prose`No run at an equal budget exists${calls}: ${equalBudget.absent}. How much ${solver.variant.name ?? 'the solver'} adds to mere repetition cannot be told.`,
    ]
  return [prose`At an equal budget stands ${equalBudget.side}${calls}.`]
}

function callsWords(change: Placed<ChangeResult>): Part {
  const calls = change.of('calls')
  const { base, variant } = calls.value
  if (base === null || variant === null) return ''
  const one = (key: 'base' | 'variant'): Part =>
    shown(calls.of(key), (value) => count(Math.round(value! * 10) / 10))
  return prose` (${one('variant')} calls a problem against ${one('base')})`
}

/** Sides whose solver has no run beside it that calls the model as often. */
export const withoutEqualBudget = (variants: readonly VariantView[]): Sentence =>
  listed(
    variants
      .filter(({ changes }) =>
        changes.some(({ value }) => value.equalBudget !== null && 'absent' in value.equalBudget),
      )
      .map(({ name }) => prose`${name}`),
  )
