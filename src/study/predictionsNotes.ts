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
  /** Of each model, in a study, whose cells all say the same and know no flags; their own names where it is not given. */
  names?: readonly string[]
}

export function predictionsNotes({
  models,
  modes,
  context,
  maxTokens,
  names,
}: PredictionsNotesInput): readonly string[] {
  const nameOf = (i: number): string => names?.[i] ?? models[i]!.model.name
  const known = models[0]!.parameters.vocabulary
  const resized = [...models.entries()].filter(
    ([i, { parameters }]) => modes[i] === 'distributions' && parameters.vocabulary !== known,
  )
  return [
    ...(maxTokens === undefined
      ? []
      : [`at most ${maxTokens} tokens were scored (--max-tokens): the first ones of each body of texts`]),
    ...resized.map(
      ([
        i,
        {
          parameters: { vocabulary },
        },
      ]) => {
        const shared = Math.min(known, vocabulary)
        return `${nameOf(i)}: its output layer has ${vocabulary} rows, that of ${nameOf(0)} ${known}; distributions are over the first ${shared}`
      },
    ),
    ...positionNotes(models, { context, names }),
  ]
}

/** In a study a variant that has as many positions as its base is not named: it is said of the base, once. */
function positionNotes(
  models: PredictionsNotesInput['models'],
  { context, names }: { context: number; names: readonly string[] | undefined },
): string[] {
  const positionsOf = (i: number): unknown => models[i]!.model.config.max_position_embeddings
  const found = new Map<number, string[]>()
  for (const [i, { model }] of models.entries()) {
    const positions = positionsOf(i)
    if (typeof positions !== 'number' || positions >= context) continue
    if (names && i > 0 && positions === positionsOf(0)) continue
    found.set(positions, [...(found.get(positions) ?? []), names?.[i] ?? model.name])
  }
  const flag = names ? '' : ' (--context)'
  return [...found].map(
    ([positions, list]) =>
      `${idList(list)}: made for ${positions} positions by config, and windows are of up to ${context}${flag}: what is predicted beyond them may say little`,
  )
}
