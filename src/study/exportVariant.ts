// From what the user named to exported files: opens the variant as it runs, writes a merged model or its adapter, then
// checks the files against it. A merged model lies in model/ beside the variant.json that says where it comes from.
import { copyFile, readdir, rmdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { checkFidelity } from '../measure/fidelity.ts'
import { applyAdapter } from '../model/applied.ts'
import { identityOf } from '../model/identity.ts'
import { noteOf } from '../model/note.ts'
import { type OpenOptions, openAdapter, openModel } from '../model/open.ts'
import type { FloatType, Model } from '../model/tensor.ts'
import type { Absent } from '../schema/estimate.ts'
import { EXPORT_SCHEMA, type Fidelity, type MergedVariant } from '../schema/export.ts'
import { exportMerged, type MergedFolder } from '../train/export/merged.ts'
import { UserError } from '../util/errors.ts'
import { exists, refuseFile, writeFileWhole, writeFolderWhole } from '../util/files.ts'
import { VERSION } from '../util/version.ts'
import { baseText, openBare, plainSpec } from './bareModel.ts'
import { type Lineage, lineageBeside, runningSpec } from './runningSpec.ts'

export interface ExportOptions {
  /** A variant folder, or any MODEL. */
  variant: string
  output: string
  /** One model without adapters; else the adapter itself. */
  isMerged: boolean
  dtype?: FloatType
  /** Base of an adapter that is named alone. */
  base?: string
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

export interface ExportReport {
  variant: string
  /** Of the files. */
  folder: string
  /** Types that are in the files; those of a copied adapter are as they were. */
  dtypes: FloatType[]
  notes: string[]
  fidelity: Fidelity | Absent
}

export async function exportVariant(options: ExportOptions): Promise<ExportReport> {
  if (!options.isMerged && options.dtype !== undefined) {
    throw new UserError('an adapter is exported in the type that it has', { hint: 'a type is for --merged' })
  }
  await refuseTaken(options.output)
  const { spec, lineage } = await runningSpec(options.variant, options.base)
  const opened = await open(spec, options)
  const trained = lineage ?? (await lineageBeside(opened.variant))
  if (trained) await refuseOtherBase(opened, { spec, lineage: trained })
  return options.isMerged ? merged({ ...opened, spec, lineage }, options) : adapter(opened, options)
}

interface Opened {
  variant: Model
  /** Without its adapters. */
  base: Model
}

async function open(spec: string, { base, onProgress }: ExportOptions): Promise<Opened> {
  const how: OpenOptions = {
    ...(base === undefined ? {} : { base }),
    onProgress: (what, done, total) => onProgress?.(what, done, total ?? 0),
  }
  const variant = await openModel(spec, how)
  return { variant, base: await openBare(spec, how) }
}

async function refuseTaken(output: string): Promise<void> {
  await refuseFile(output, 'what is exported')
  if (!(await exists(output))) return
  const names = await readdir(output)
  // What is written comes by a rename, which some systems refuse onto an empty folder.
  if (names.length === 0) return rmdir(output)
  throw new UserError(`${output} holds ${names.slice(0, 3).join(', ')} already`, {
    hint: 'give another folder with -o, or delete that one',
  })
}

/** The adapter would be put on weights that it was not trained on. */
async function refuseOtherBase(
  { variant, base }: Opened,
  { spec, lineage }: { spec: string; lineage: Lineage },
): Promise<void> {
  const { base: trained, isWhole } = lineage
  if (isWhole) return
  // A base that was named nf4:BASE has the identity of that, one that a 4-bit LoRA quantised itself that of its files.
  const identity = await identityOf(plainSpec(trained.spec) === trained.spec ? unquantised(base) : base)
  if (identity === trained.identity) return
  throw new UserError(
    `the variant was trained on ${trained.spec} with contents ${trained.identity.slice(0, 8)}, and those of ${baseText(spec, variant)} are ${identity.slice(0, 8)}`,
    {
      hint: 'name the base that it was trained on with --base MODEL; if it is that one, its files have changed since (weights, config and tokenizer count): put them back',
    },
  )
}

/** As its files are. */
function unquantised({ quantised: _, ...base }: Model): Model {
  return base
}

/** A model that cannot be run here is exported all the same, and that it was not checked is said. */
async function checked(
  { variant, base }: Opened,
  exported: Model,
  { threads, onProgress }: ExportOptions,
): Promise<Fidelity | Absent> {
  try {
    return await checkFidelity({
      variant,
      exported,
      base,
      ...(threads === undefined ? {} : { threads }),
      ...(onProgress ? { onProgress } : {}),
    })
  } catch (error) {
    if (error instanceof UserError) return { absent: error.message }
    throw error
  }
}

async function merged(
  opened: Opened & { spec: string; lineage: Lineage | null },
  options: ExportOptions,
): Promise<ExportReport> {
  const { variant } = opened
  const { output, dtype, onProgress } = options
  const folder = join(output, 'model')
  const written = await exportMerged({
    model: variant,
    folder,
    ...(dtype === undefined ? {} : { dtype }),
    onProgress: (done, total) => onProgress?.('MB written', Math.round(done / 1e6), Math.ceil(total / 1e6)),
  })
  const record = await lineageOf(opened, written)
  const write = (fidelity: MergedVariant['fidelity']): Promise<void> =>
    writeFileWhole(join(output, 'variant.json'), `${JSON.stringify({ ...record, fidelity }, null, 2)}\n`)
  await write(null)
  const fidelity = await checked(opened, await openModel(folder), options)
  await write(fidelity)
  return { variant: variant.name, folder, ...written, fidelity }
}

async function lineageOf(
  { variant, base, spec, lineage }: Opened & { spec: string; lineage: Lineage | null },
  { dtypes, notes }: MergedFolder,
): Promise<Omit<MergedVariant, 'fidelity'>> {
  const plain = unquantised(base)
  return {
    schema: EXPORT_SCHEMA,
    createdAt: new Date().toISOString(),
    recipe: {
      method: 'merged',
      dtypes,
      quantised: variant.quantised ?? null,
      adapters: variant.adapters.map(({ folder }) => folder),
    },
    base: lineage?.isWhole
      ? lineage.base
      : {
          spec: plainSpec(lineage?.base.spec ?? baseText(spec, variant)),
          identity: await identityOf(plain),
          note: noteOf(plain),
        },
    variant: { spec, identity: await identityOf(variant), lineage: lineage?.raw ?? null },
    notes,
    versions: { tunediff: VERSION },
  }
}

/** The adapter's two files, and the tokenizer that may lie beside them. */
async function adapter({ variant, base }: Opened, options: ExportOptions): Promise<ExportReport> {
  const { output } = options
  const [only] = variant.adapters
  if (variant.adapters.length !== 1 || !only) {
    const count = variant.adapters.length === 0 ? 'no adapter' : `${variant.adapters.length} adapters`
    throw new UserError(`${variant.spec} has ${count}, and one is exported`, {
      hint: 'export a whole model: --merged',
    })
  }
  await writeFolderWhole(output, async (temporary) => {
    for (const { path, role } of only.files) {
      if (role !== 'other') await copyFile(path, join(temporary, basename(path)))
    }
  })
  const copy = await openAdapter(output)
  const tensors = applyAdapter(base.tensors, copy, { baseName: base.name, leftOut: base.leftOut })
  const fidelity = await checked({ variant, base }, { ...base, tensors, adapters: [copy] }, options)
  return { variant: variant.name, folder: output, dtypes: [], notes: [], fidelity }
}
