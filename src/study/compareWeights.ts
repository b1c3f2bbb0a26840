// From what the user named to a weights report: opens the models, finds their identities, measures what is not there yet
// and keeps a measurement folder for each variant.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { compareSettings, notRecordedSentence } from '../measure/settings/index.ts'
import { acrossVariants } from '../measure/weights/across.ts'
import { measureRows } from '../measure/weights/measure.ts'
import { WeightsPool } from '../measure/weights/pool.ts'
import { variantReport } from '../measure/weights/report.ts'
import { identityOf } from '../model/identity.ts'
import { openModel } from '../model/open.ts'
import { readSettings } from '../model/settings.ts'
import type { Model } from '../model/tensor.ts'
import { tokenNames } from '../model/tokens.ts'
import {
  type MeasuredModel,
  type Measurement,
  measurementSchema,
  type SettingsFile,
  type TensorRow,
  type VariantReport,
  WEIGHTS_SCHEMA,
  type WeightsReport,
} from '../schema/weights.ts'
import {
  hasSettingsFile,
  readMeasurement,
  startMeasurement,
  writeMeasurement,
  writeSettingsFile,
} from '../store/weightsFolder.ts'
import { cacheFolder } from '../util/cache.ts'
import { UserError } from '../util/errors.ts'
import { globPattern } from '../util/glob.ts'
import { sha256Value } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'
import { refuseEqualNames } from './names.ts'

export interface CompareWeightsOptions {
  base: string
  variants: readonly string[]
  quantisedBase?: string
  /** Folder for the measurements, or of each one; the cache, by key, where it is not given. */
  output?: string | ((variant: MeasuredModel) => string)
  isFull: boolean
  /** Glob on tensor names. */
  tensors?: string
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

interface Opened {
  model: Model
  measured: MeasuredModel
}

export async function compareWeights(options: CompareWeightsOptions): Promise<WeightsReport> {
  const base = await open(options.base, options)
  const quantisedBase =
    options.quantisedBase === undefined ? undefined : await open(options.quantisedBase, options)
  const variants: Opened[] = []
  for (const spec of options.variants) variants.push(await open(spec, options))
  if (typeof options.output === 'string') refuseEqualNames(variants.map(({ model }) => model))
  await using pool = new WeightsPool(options.threads ?? availableParallelism())
  const baseSettings = await readSettings(base.model)
  const tokenOf = await tokenNames(base.model)
  const reports: VariantReport[] = []
  const all: TensorRow[][] = []
  for (const variant of variants) {
    const compared = await compareSettings(baseSettings, await readSettings(variant.model))
    const settings = { changes: compared.changes, notCompared: notRecordedSentence(compared) ?? null }
    const { folder, rows } = await measured({ base, variant, quantisedBase, settings, pool }, options)
    all.push(rows)
    reports.push(
      variantReport({
        base: base.model,
        variant: variant.model,
        measured: variant.measured,
        folder,
        rows,
        settings: settings.changes,
        notCompared: settings.notCompared,
        tokenOf,
      }),
    )
  }
  const across =
    variants.length > 1
      ? await acrossVariants({
          base: base.model,
          variants: variants.map(({ model }) => model),
          rows: all,
          pool,
        })
      : null
  return { schema: WEIGHTS_SCHEMA, base: base.measured, variants: reports, across }
}

async function open(spec: string, { base, onProgress }: CompareWeightsOptions): Promise<Opened> {
  const model = await openModel(spec, {
    ...(spec === base ? {} : { base }),
    onProgress: (what, done, total) => onProgress?.(what, done, total ?? 0),
  })
  const identity = await identityOf(model, {
    onProgress: (done, total) => onProgress?.(`reading ${model.name}`, done, total),
  })
  return { model, measured: { spec, name: model.name, identity, format: model.format } }
}

interface Sides {
  base: Opened
  variant: Opened
  quantisedBase: Opened | undefined
  settings: SettingsFile
  pool: WeightsPool
}

/** Rows of one measurement: those that its folder has are not measured again. */
async function measured(
  { base, variant, quantisedBase, settings, pool }: Sides,
  options: CompareWeightsOptions,
): Promise<{ folder: string; rows: TensorRow[] }> {
  const asked: Asked = {
    schema: WEIGHTS_SCHEMA,
    kind: 'weights',
    base: base.measured,
    variant: variant.measured,
    quantisedBase: quantisedBase?.measured ?? null,
    settings: { fullSpectrum: options.isFull, tensors: options.tensors ?? null },
    versions: { tunediff: VERSION },
  }
  const key = keyOf(asked)
  const folder = folderFor(options.output, variant.measured) ?? join(cacheFolder(), 'measurements', key)
  const found = await readMeasurement(folder)
  if (found && keyOf(found) !== key) {
    throw new UserError(
      `${folder} holds another measurement: ${describe(found)}; asked for is ${describe(asked)}`,
      { hint: 'give another folder with -o, or delete that one' },
    )
  }
  const only = options.tensors === undefined ? undefined : globPattern(options.tensors)
  refuseNoTensors([base.model, variant.model], options.tensors, only)
  const begun = { ...asked, createdAt: new Date().toISOString(), finished: false }
  // Keys in the order in which one that goes on reads them: the file is the same then.
  const measurement: Measurement = found ?? measurementSchema.parse(begun)
  if (!found) await startMeasurement(folder, measurement)
  const rows = await measureRows({
    base: base.model,
    variant: variant.model,
    quantisedBase: quantisedBase?.model,
    folder,
    isFull: options.isFull,
    ...(only ? { only: (name) => only.test(name) } : {}),
    pool,
    onProgress: (phase, done, total) => options.onProgress?.(`${variant.model.name}: ${phase}`, done, total),
  })
  if (!(await hasSettingsFile(folder))) await writeSettingsFile(folder, settings)
  if (!measurement.finished) await writeMeasurement(folder, { ...measurement, finished: true })
  return { folder, rows }
}

function folderFor(output: CompareWeightsOptions['output'], variant: MeasuredModel): string | undefined {
  return typeof output === 'string' ? join(output, variant.name) : output?.(variant)
}

type Asked = Omit<Measurement, 'createdAt' | 'finished'>

/** `V against B (full spectrum, tensors *q_proj*)`; contents by their hash where names are the same. */
function describe({ base, variant, quantisedBase, settings }: Asked): string {
  const named = (side: MeasuredModel): string => `${side.spec} (${side.identity.slice(0, 8)})`
  const more = [
    ...(quantisedBase ? [`quantised base ${named(quantisedBase)}`] : []),
    ...(settings.fullSpectrum ? ['full spectrum'] : []),
    ...(settings.tensors === null ? [] : [`tensors ${settings.tensors}`]),
  ]
  return [`${named(variant)} against ${named(base)}`, ...more].join(', ')
}

function refuseNoTensors(models: readonly Model[], glob: string | undefined, only: RegExp | undefined): void {
  const names = models.flatMap(({ tensors }) => [...tensors.keys()])
  if (names.some((name) => only?.test(name) ?? true)) return
  if (names.length === 0) {
    throw new UserError(`${models.map(({ spec }) => spec).join(' and ')} hold no tensor that can be read`, {
      hint: "'tunediff inspect PATH' says what was left out, and why",
    })
  }
  throw new UserError(`no tensor's name fits '${glob}'`, {
    hint: `names are such as ${names[0]}; * is any text`,
  })
}

/** What a measurement is looked up by: identities, not paths. */
function keyOf({ base, variant, quantisedBase, settings, versions, schema }: Asked): string {
  const identities = [base.identity, variant.identity, quantisedBase?.identity ?? null]
  return sha256Value({ schema, identities, settings, versions }).slice(0, 16)
}
