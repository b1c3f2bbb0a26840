// What a study file says of its sides that cannot be: told with its place, before anything is computed.
import { UserError } from '../util/errors.ts'
import type { StudyFile } from './planFile.ts'
import { againstOf, BASE, type Side } from './planSides.ts'

/** Names of sides that stand for no side, or lead back to where they began. */
export function refuseWrongNames({ study, placeOf }: StudyFile): void {
  const { variants } = study
  if (Object.hasOwn(variants, BASE)) {
    throw new UserError(`${placeOf('variants', BASE)} is how the base itself is called`, {
      hint: 'give this variant another name',
    })
  }
  for (const [name, side] of Object.entries(variants)) {
    if (typeof side === 'string') continue
    const { against, startFrom } = side as { against?: string; startFrom?: string }
    for (const [key, other] of Object.entries({ against, startFrom })) {
      if (other === undefined || other === BASE || Object.hasOwn(variants, other)) continue
      throw new UserError(`${placeOf('variants', name, key)} is ${other}, and there is no such side`, {
        hint: `sides are ${[BASE, ...Object.keys(variants)].join(', ')}`,
      })
    }
    refuseCircle(name, { study, placeOf })
  }
}

/** Two sides that stand against each other have no base. */
function refuseCircle(name: string, { study, placeOf }: Pick<StudyFile, 'study' | 'placeOf'>): void {
  const way = [name]
  for (let at = name; at !== BASE; ) {
    at = againstOf(study.variants[at]!)
    way.push(at)
    if (at !== name && way.indexOf(at) < way.length - 1) return // A circle that another side is on: told there.
    if (at === name) {
      throw new UserError(
        `${placeOf('variants', name, 'against')}: ${way.join(' against ')}, which is a circle`,
        {
          hint: 'the last side of a chain is compared with the base: leave its against out',
        },
      )
    }
  }
}

/** Sides that cannot be trained, compared or begun from as they stand. */
export function refuseUnfit({ placeOf }: StudyFile, sides: readonly Side[]): void {
  const [base] = sides
  const trained = sides.find(({ kind }) => kind === 'trained')
  if (trained && base!.kind === 'recorded') {
    throw new UserError(
      `${placeOf('variants', trained.name)} is trained on the base, and the base has no weights here`,
      {
        hint: 'give base: MODEL',
      },
    )
  }
  for (const side of sides) {
    const other = sides.find(({ name }) => name === side.against)
    if (side.kind === 'recorded' || other?.kind !== 'trained' || other.seeds.length === 1) continue
    if (side.kind === 'model') {
      throw new UserError(
        `${placeOf('variants', side.name, 'against')} is ${other.name}, which has ${other.seeds.length} seeds`,
        {
          hint: 'a model is compared with one other: give that side one seed',
        },
      )
    }
    const missing = side.seeds.find((seed) => !other.seeds.includes(seed))
    if (missing === undefined) continue
    throw new UserError(
      `${placeOf('variants', side.name, 'seeds')}: seed ${missing} has no partner in ${other.name}, which has ${other.seeds.join(', ')}`,
      { hint: 'sides of several seeds are compared seed by seed: give both the same ones' },
    )
  }
  for (const side of sides) {
    if (side.kind !== 'recorded' || side.startFrom === undefined) continue
    const from = sides.find(({ name }) => name === side.startFrom)
    if (from?.kind === 'recorded' && [1, side.logs.length].includes(from.logs.length)) continue
    const why =
      from?.kind === 'recorded'
        ? `has ${from.logs.length} runs, and this side ${side.logs.length}`
        : 'has no runs'
    throw new UserError(`${placeOf('variants', side.name, 'startFrom')} is ${side.startFrom}, which ${why}`, {
      hint: 'name a side with runs: one, or as many as here, in the same order',
    })
  }
}
