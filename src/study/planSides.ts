// The sides that a study file names, found: models with their identities, recipes and data read, logs recognised. Nothing is
// computed but hashes.
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openLog } from '../logs/index.ts'
import { contentHash, identityOf } from '../model/identity.ts'
import { isAdapterFolder } from '../model/modelPath.ts'
import { openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'
import type { SideFile } from '../schema/study.ts'
import type { Recipe } from '../schema/training.ts'
import { runFoldersIn } from '../solve/openRuns.ts'
import { isRunFolder } from '../store/runFolder.ts'
import { hashRow, readRows, textOf } from '../train/data/rows.ts'
import { readRecipe } from '../train/recipe.ts'
import { exists } from '../util/files.ts'
import { sha256 } from '../util/hash.ts'
import type { StudyFile } from './planFile.ts'
import { modelFrom } from './planPaths.ts'
import { runningSpec } from './runningSpec.ts'

/** How the base is called where sides are named. */
export const BASE = 'base'

interface Named {
  name: string
  /** Side that it is compared with; null: it is the base. */
  against: string | null
}

export interface ModelSide extends Named {
  kind: 'model'
  /** With absolute paths. */
  spec: string
  model: Model
  identity: string
}

export interface TrainedSide extends Named {
  kind: 'trained'
  recipe: Recipe
  data: { path: string; identity: string; examples: number; bytes: number }
  seeds: readonly number[]
}

/** A log, or a run folder. */
export interface Recorded {
  path: string
  isRun: boolean
  /** SHA-256 of what it holds. */
  identity: string
  bytes: number
  /** Its answers are code, and it does not say of which task. */
  lacksTask: boolean
}

export interface RecordedSide extends Named {
  kind: 'recorded'
  logs: readonly Recorded[]
  model?: string
  solver?: string
  startFrom?: string
}

export type Side = ModelSide | TrainedSide | RecordedSide

export type OnReading = (what: string, done: number, total: number) => void

/** The base first, then the variants in the order of the file. */
export async function readSides(file: StudyFile, onReading?: OnReading): Promise<readonly Side[]> {
  const { study } = file
  const base = await sideOf(file, { name: BASE, side: study.base, base: null }, onReading)
  const spec = base.kind === 'model' ? base.spec : null
  const sides = [base]
  for (const [name, side] of Object.entries(study.variants))
    sides.push(await sideOf(file, { name, side, base: spec }, onReading))
  return sides
}

async function sideOf(
  file: StudyFile,
  { name, side, base }: { name: string; side: SideFile; base: string | null },
  onReading?: OnReading,
): Promise<Side> {
  const named = { name, against: name === BASE ? null : againstOf(side) }
  if (typeof side === 'string') {
    return side.startsWith('run:')
      ? recordedSide(file, named, { runs: [side.slice('run:'.length)] })
      : modelSide({ file, named, base }, side, onReading)
  }
  if ('runs' in side) return recordedSide(file, named, side)
  if ('recipe' in side) return trainedSide(file, named, side)
  return modelSide({ file, named, base }, side.model, onReading)
}

export const againstOf = (side: SideFile): string =>
  typeof side === 'string' ? BASE : (side.against ?? BASE)

async function modelSide(
  { file, named, base }: { file: StudyFile; named: Named; base: string | null },
  written: string,
  onReading?: OnReading,
): Promise<ModelSide> {
  const spec = await onBase(modelFrom(file.folder, written), base)
  const model = await openModel(spec, {
    onProgress: (what, done, total) => onReading?.(what, done, total ?? 0),
  })
  const identity = await identityOf(model, {
    onProgress: (done, total) => onReading?.(`reading ${model.name}`, done, total),
  })
  return { ...named, kind: 'model', spec, model, identity }
}

/** An adapter that is named alone belongs to the study's base. */
async function onBase(spec: string, base: string | null): Promise<string> {
  if (base === null || !isAdapterFolder(spec)) return spec
  return (await exists(join(spec, 'variant.json'))) ? (await runningSpec(spec, base)).spec : `${base}+${spec}`
}

async function trainedSide(
  { folder }: StudyFile,
  named: Named,
  side: Extract<SideFile, { recipe: unknown }>,
): Promise<TrainedSide> {
  const recipe =
    typeof side.recipe === 'string' ? await readRecipe({ path: resolve(folder, side.recipe) }) : side.recipe
  const path = resolve(folder, side.data)
  const rows = await readRows(path, recipe.limit)
  const data = {
    path,
    identity: sha256('training data', ...rows.map(hashRow)),
    examples: rows.length,
    bytes: rows.reduce((sum, row) => sum + Buffer.byteLength(textOf(row)), 0),
  }
  return { ...named, kind: 'trained', recipe, data, seeds: [...new Set(side.seeds)] }
}

async function recordedSide(
  { folder }: StudyFile,
  named: Named,
  { runs, model, solver, startFrom }: Omit<Extract<SideFile, { runs: unknown }>, 'against'>,
): Promise<RecordedSide> {
  const logs: Recorded[] = []
  for (const written of runs) logs.push(...(await recordedAt(resolve(folder, written))))
  return {
    ...named,
    kind: 'recorded',
    logs,
    ...(model === undefined ? {} : { model }),
    ...(solver === undefined ? {} : { solver }),
    ...(startFrom === undefined ? {} : { startFrom }),
  }
}

async function recordedAt(path: string): Promise<Recorded[]> {
  const folders = (await isRunFolder(path)) ? [path] : await runFoldersIn(path)
  if (folders.length > 0) {
    return Promise.all(
      folders.map(async (run) => {
        const samples = `${run}/samples.jsonl`
        const identity = sha256(await contentHash(`${run}/run.json`), await contentHash(samples))
        return { path: run, isRun: true, identity, bytes: (await stat(samples)).size, lacksTask: false }
      }),
    )
  }
  const readings = await openLog(path)
  const hashes: string[] = []
  let bytes = 0
  for (const reading of readings) {
    hashes.push(reading.format, reading.metric ?? '', await contentHash(reading.path))
    bytes += (await stat(reading.path)).size
  }
  const lacksTask = readings.some(({ scoring, task }) => scoring === 'execute' && task === null)
  return [{ path, isRun: false, identity: sha256(...hashes), bytes, lacksTask }]
}
