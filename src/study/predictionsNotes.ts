// What a reader of a predictions report must know of how its models were run, in sentences.
import type { Mode } from '../measure/predictions/jobs.ts'
import type { LoadedModel } from '../model/engine/index.ts'
import { idList } from '../util/text.ts'

export interface PredictionsNotesInput {
  /** The base first, then the variants. */
  models: readonly Pick<LoadedModel, 'model' | 'parameters'>[]
  /** Of each model. */
  modes: readonly Mode[]
  context: number
  maxTokens?: number
}

export function predictionsNotes({
  models,
  modes,
  context,
  maxTokens,
}: PredictionsNotesInput): readonly string[] {
  const [base, ...variants] = models
  const known = base!.parameters.vocabulary
  const resized = variants.filter(
    ({ parameters }, i) => modes[i + 1] === 'distributions' && parameters.vocabulary !== known,
  )
  return [
    ...(maxTokens === undefined
      ? []
      : [`at most ${maxTokens} tokens were scored (--max-tokens): the first ones of each body of texts`]),
    ...resized.map(({ model, parameters: { vocabulary } }) => {
      const shared = Math.min(known, vocabulary)
      return `${model.name}: its output layer has ${vocabulary} rows, that of ${base!.model.name} ${known}; distributions are over the first ${shared}`
    }),
    ...positionNotes(models, context),
  ]
}

function positionNotes(models: PredictionsNotesInput['models'], context: number): string[] {
  const names = new Map<number, string[]>()
  for (const { model } of models) {
    const positions = model.config.max_position_embeddings
    if (typeof positions === 'number' && positions < context)
      names.set(positions, [...(names.get(positions) ?? []), model.name])
  }
  return [...names].map(
    ([positions, list]) =>
      `${idList(list)}: made for ${positions} positions by config, and windows are of up to ${context} (--context): what is predicted beyond them may say little`,
  )
}
