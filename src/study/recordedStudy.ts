// The study that is meant where runs and logs are named alone: recorded answers side by side, the first of them the base. Run
// folders of one model and solver are one side, whatever their task; what is of one model, solver and task is not.
import { join } from 'node:path'
import type { Run } from '../schema/run.ts'
import { runFoldersIn } from '../solve/openRuns.ts'
import type { StoredRun } from '../solve/recorded.ts'
import { isRunFolder, readRun } from '../store/runFolder.ts'
import { exists } from '../util/files.ts'
import { sha256File } from '../util/hash.ts'
import { shortName } from './diffNames.ts'
import type { DiffStudy } from './diffStudy.ts'
import { taskKey } from './pairRuns.ts'
import { BASE } from './planSides.ts'

/** Logs, or run folders, of which `runs` are read. */
interface RecordedGroup {
  paths: string[]
  runs: StoredRun[]
  /** A path that the user named for this side alone. */
  named: string | null
}

export interface RecordedStudy {
  study: DiffStudy
  /** Which side became the base, where the user did not say. */
  note: string | null
  /** Hashes of the outcomes that run folders hold: a run that is scored later is another one. */
  outcomes: string[]
}

/** `paths`: absolute; run folders, folders of them, logs. */
export async function recordedStudy(paths: readonly string[]): Promise<RecordedStudy> {
  const groups: RecordedGroup[] = []
  for (const path of paths) {
    const isRun = await isRunFolder(path)
    const folders = isRun ? [path] : await runFoldersIn(path)
    if (folders.length === 0) groups.push({ paths: [path], runs: [], named: path })
    else addRuns(groups, await inOrderOfTime(folders), isRun ? path : null)
  }
  const [base, ...variants] = groups as [RecordedGroup, ...RecordedGroup[]]
  const names = sideNames(groups).slice(1)
  const first = shownName(base, groups)
  // Of run folders that are named one by one the first is meant to be.
  const isChosen = paths[0] === base.paths[0]
  return {
    study: {
      name: variants.length === 0 ? `answers of ${first}` : `variants of ${first}`,
      base: { runs: base.paths },
      variants: Object.fromEntries(variants.map(({ paths: runs }, i) => [names[i]!, { runs }])),
      measures: ['answers'],
    },
    note:
      variants.length > 0 && !isChosen
        ? `the base is ${first}, the first that was made; name another one first to compare with it`
        : null,
    outcomes: await outcomesOf(groups),
  }
}

async function outcomesOf(groups: readonly RecordedGroup[]): Promise<string[]> {
  const hashes: string[] = []
  for (const { folder } of groups.flatMap(({ runs }) => runs)) {
    const file = join(folder, 'outcomes.jsonl')
    if (await exists(file)) hashes.push(await sha256File(file))
  }
  return hashes
}

async function inOrderOfTime(folders: readonly string[]): Promise<StoredRun[]> {
  const runs = await Promise.all(folders.map(async (folder) => ({ folder, run: await readRun(folder) })))
  return runs.sort(({ run: a }, { run: b }) => Date.parse(a.createdAt) - Date.parse(b.createdAt))
}

/** To the first side of the same model and solver that lacks the task. */
function addRuns(groups: RecordedGroup[], runs: readonly StoredRun[], named: string | null): void {
  for (const one of runs) {
    const group = groups.find(
      ({ runs: [first, ...rest] }) =>
        first &&
        modelKey(first.run) === modelKey(one.run) &&
        ![first, ...rest].some((other) => taskKey(other) === taskKey(one)),
    )
    if (!group) groups.push({ paths: [one.folder], runs: [one], named })
    else {
      group.paths.push(one.folder)
      group.runs.push(one)
      group.named = null
    }
  }
}

/** Models that were asked here are told apart by their contents. */
const modelKey = ({ model, solver, asked }: Run): string =>
  JSON.stringify([model.name, solver.name, asked?.model.identity ?? null, asked?.model.note ?? null])

/** Those of the paths where each side has one, else what tells models and solvers apart. */
function sideNames(groups: readonly RecordedGroup[]): string[] {
  const names: string[] = []
  for (const group of groups) {
    const name = shownName(group, groups)
    let free = name
    for (let count = 2; free === BASE || names.includes(free); count++) free = `${name} (${count})`
    names.push(free)
  }
  return names
}

function shownName(group: RecordedGroup, groups: readonly RecordedGroup[]): string {
  const label = labelOf(group, groups)
  const isAlone = groups.every((other) => other === group || labelOf(other, groups) !== label)
  return group.named === null && label !== '' && isAlone ? label : pathName(group)
}

/** Run folders of the cache are called by their key, which tells nobody anything. */
const KEY = /^[0-9a-f]{32}$/

function pathName({ paths, runs: [first] }: RecordedGroup): string {
  const name = shortName(paths[0]!)
  return first && KEY.test(name) ? first.run.name : name
}

function labelOf({ runs: [first] }: RecordedGroup, groups: readonly RecordedGroup[]): string {
  if (!first) return ''
  const all = groups.flatMap(({ runs }) => runs.slice(0, 1).map(({ run }) => run))
  const differ = (key: 'model' | 'solver'): boolean => new Set(all.map((run) => run[key].name)).size > 1
  const { model, solver } = first.run
  const isSolverAlone = differ('solver') && !differ('model')
  const parts = [isSolverAlone ? null : model.name, differ('solver') ? solver.name : null]
  return parts.filter((part) => part !== null).join(', ')
}
