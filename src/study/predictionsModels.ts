// The models of a predictions comparison: base, variants and the base in 4 bits, opened, named and told apart.
import { identityOf } from '../model/identity.ts'
import { noteOf } from '../model/note.ts'
import { openModel } from '../model/open.ts'
import { shapeOf } from '../model/shape.ts'
import type { Model, TensorSource } from '../model/tensor.ts'
import type { Absent } from '../schema/estimate.ts'
import { type PredictedModel, ROLES } from '../schema/predictions.ts'
import { NF4_BLOCK } from '../tensor/nf4.ts'
import { UserError } from '../util/errors.ts'
import { refuseEqualNames } from './names.ts'

export interface Opened {
  model: Model
  predicted: PredictedModel
}

interface OpenOptions {
  /** As the user wrote it: adapters that are named alone are put on it. */
  base: string
  onProgress?: (what: string, done: number, total: number) => void
}

/** A model on its way into the thread, with its identity. */
export async function openPredicted(spec: string, { base, onProgress }: OpenOptions): Promise<Opened> {
  const model = await openModel(spec, {
    ...(spec === base ? {} : { base }),
    onProgress: (what, done, total) => onProgress?.(what, done, total ?? 0),
  })
  const odd = oddBlocks(model)
  if (odd !== undefined) {
    throw new UserError(`${spec}: ${odd}`, {
      hint: "run it as it is stored; 'tunediff weights' compares quantised weights one by one, and leaves some out with --tensors",
    })
  }
  const identity = await identityOf(model, {
    onProgress: (done, total) => onProgress?.(`reading ${model.name}`, done, total),
  })
  const { name, format } = model
  return { model, predicted: { spec, name, identity, format, note: noteOf(model) } }
}

/** Why a model cannot be quantised on load; undefined where it can, or is not asked to be. */
function oddBlocks({ tensors }: Model): string | undefined {
  const odd = [...tensors.values()].find(
    ({ source }) => isQuantised(source) && shapeOf(source).at(-1)! % NF4_BLOCK !== 0,
  )
  return odd && `rows of ${odd.name} are no whole blocks of ${NF4_BLOCK}`
}

/** Under its adapters. */
const isQuantised = (source: TensorSource): boolean =>
  source.kind === 'quantised' || ('of' in source && isQuantised(source.of))

/** Each variant is measured once, into a folder that belongs to it alone. */
export function refuseEqual(variants: readonly Opened[], output: string | undefined): void {
  if (output !== undefined) {
    refuseEqualNames(variants.map(({ model }) => model))
    const taken = variants.find(({ model }) =>
      ROLES.some((role) => role !== 'variant' && role === model.name),
    )
    if (taken) {
      throw new UserError(
        `${taken.predicted.spec} is called ${taken.model.name}, as the folder of a zero line is`,
        { hint: 'rename it, or measure without -o' },
      )
    }
    return
  }
  for (const [i, { predicted }] of variants.entries()) {
    const other = variants.slice(0, i).find((before) => before.predicted.identity === predicted.identity)
    if (other) {
      throw new UserError(
        `${other.predicted.spec} and ${predicted.spec} are one model: their files are equal`,
        {
          hint: 'name each variant once, or measure into folders that bear their names: -o DIR',
        },
      )
    }
  }
}

/** The base quantised in 4 bits, for a zero line. */
export async function openNf4(base: Opened, options: OpenOptions): Promise<Opened | Absent> {
  const { model } = base
  if (model.quantised) return { absent: 'the base is quantised on load already' }
  if (model.adapters.length > 0) return { absent: 'the base has an adapter' }
  const { base: spec } = options
  try {
    return await openPredicted(`nf4:${spec}`, options)
  } catch (error) {
    if (error instanceof UserError) return { absent: error.message }
    throw error
  }
}
