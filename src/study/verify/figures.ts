// Every figure of results.json beside the recomputed one, and the changed files that it comes from.
import { posix } from 'node:path'
import type { Results, Rows } from '../../schema/results.ts'
import type { ChangedFigure, UnknownRecord } from '../../schema/verification.ts'
import { sha256Value } from '../../util/hash.ts'
import { pointer } from '../../util/prose.ts'
import { countNumbers, type Difference, differences } from './difference.ts'
import { figureWords, RECORDS, type RecordList, type ResultRecord, recordName } from './names.ts'
import { isOf } from './recompute.ts'

/** What takes all statements of a study together: another one may change it. */
const TOGETHER = new Set([
  'holmP',
  'finding',
  'sentence',
  'mde',
  'neededProblems',
  'plan',
  'resolution',
  'equalBudget',
])

export interface FiguresInput {
  stored: Results
  recomputed: Results
  /** Files that are not as they were. */
  changed: readonly string[]
  /** Why files cannot be computed from, by file. */
  missing: ReadonlyMap<string, string>
  /** Why cells were left out of what was recomputed, by key. */
  left: ReadonlyMap<string, string>
}

export interface ComparedFigures {
  /** Numbers that were compared. */
  count: number
  figures: ChangedFigure[]
  unknown: UnknownRecord[]
}

export function compareFigures(input: FiguresInput): ComparedFigures {
  const compared: ComparedFigures = { count: 0, figures: [], unknown: [] }
  for (const list of RECORDS) {
    const { count, figures, unknown } = compareList(list, input)
    compared.count += count
    compared.figures.push(...figures)
    compared.unknown.push(...unknown)
  }
  if (!isPartial(input)) compared.figures.push(...warnings(input))
  return compared
}

const isPartial = ({ missing, left }: FiguresInput): boolean => missing.size > 0 || left.size > 0

function compareList(list: RecordList, input: FiguresInput): ComparedFigures {
  const { stored, recomputed, changed } = input
  const base = stored.asked.sides[0]?.name
  const there: readonly ResultRecord[] = stored[list]
  const here: readonly ResultRecord[] = recomputed[list]
  const ofList = changed.filter((file) => there.some(({ from }) => changedOf(from, [file]).length > 0))
  const compared: ComparedFigures = { count: 0, figures: [], unknown: [] }
  const found = byIdentity(here)
  for (const [i, record] of there.entries()) {
    const place: Place = { path: [list, i], label: recordName(list, record, base), ofList }
    const other = found.get(identityOf(record))?.shift()
    const figures = countNumbers({ ...record, from: [] })
    const reason = reasonOf(record.from, input)
    if (reason === undefined) {
      compared.count += figures
      compared.figures.push(...changesOf(record, other, place, input))
      continue
    }
    const own = changedOf(record.from, changed)
    const files = [...new Set([...own, ...unreadable(record.from, input)])]
    compared.unknown.push({ at: pointer(place.path), label: place.label, figures, files, reason })
  }
  for (const record of [...found.values()].flat()) {
    compared.figures.push({
      at: pointer([list, here.indexOf(record)]),
      label: recordName(list, record, base),
      ...shown(undefined, record),
      files: changedOf(record.from, changed),
    })
  }
  return compared
}

interface Place {
  path: readonly (string | number)[]
  label: string
  /** Changed files that any record of the list comes from. */
  ofList: readonly string[]
}

/** `other`: the same record recomputed; undefined where there is none. */
function changesOf(
  record: ResultRecord,
  other: ResultRecord | undefined,
  { path: at, label, ofList }: Place,
  input: FiguresInput,
): ChangedFigure[] {
  const own = changedOf(record.from, input.changed)
  const found = other ? differences(record, other) : [whole(record, undefined)]
  return found.flatMap(({ path, stored, found }) => {
    const isTogether = path.some((step) => TOGETHER.has(step))
    if (isTogether && own.length === 0 && isPartial(input)) return []
    const figure = {
      at: pointer([...at, ...path]),
      label: [label, figureWords(record, path)].filter((part) => part !== '').join(': '),
      ...shown(stored, found),
    }
    return [{ ...figure, files: own.length === 0 && isTogether ? [...ofList] : own }]
  })
}

const whole = (stored: unknown, found: unknown): Difference => ({ path: [], stored, found })

const NOTHING = { absent: 'there is none' }

const shown = (stored: unknown, found: unknown): Pick<ChangedFigure, 'stored' | 'recomputed'> => ({
  stored: (stored === undefined ? NOTHING : stored) as ChangedFigure['stored'],
  recomputed: (found === undefined ? NOTHING : found) as ChangedFigure['recomputed'],
})

const namesFile = (from: readonly Rows[], file: string): boolean => from.some((rows) => rows.file === file)

/** Changed files that a record names, else those beside them: what a run was asked stands in its run.json. */
function changedOf(from: readonly Rows[], changed: readonly string[]): string[] {
  const named = changed.filter((file) => namesFile(from, file))
  if (named.length > 0) return named
  const folders = new Set(from.map(({ file }) => posix.dirname(file)))
  return changed.filter((file) => folders.has(posix.dirname(file)))
}

/** Why a record cannot be computed again; undefined where it can. */
function reasonOf(from: readonly Rows[], { missing, left }: FiguresInput): string | undefined {
  const files = from.map(({ file }) => file)
  const gone = files.find((file) => missing.has(file))
  if (gone !== undefined) return missing.get(gone)
  return [...left].find(([key]) => files.some((file) => isOf(file, key)))?.[1]
}

/** Changed files of cells that a record comes from and that could not be read. */
function unreadable(from: readonly Rows[], { changed, left }: FiguresInput): string[] {
  const cells = [...left.keys()].filter((key) => from.some(({ file }) => isOf(file, key)))
  return changed.filter((file) => cells.some((key) => isOf(file, key)))
}

function byIdentity(records: readonly ResultRecord[]): Map<string, ResultRecord[]> {
  const found = new Map<string, ResultRecord[]>()
  for (const record of records) {
    const identity = identityOf(record)
    found.set(identity, [...(found.get(identity) ?? []), record])
  }
  return found
}

/** What a record is about: by this it is found again, wherever it stands in its list. */
function identityOf(record: ResultRecord): string {
  const { side, seed, against, task } = record as Partial<Record<string, unknown>>
  return sha256Value([side ?? null, seed ?? null, against ?? null, task ?? null])
}

/** Warnings have no place of their own: those on one side alone are told, in their order. */
function warnings({ stored, recomputed, changed }: FiguresInput): ChangedFigure[] {
  const texts = (results: Results): string[] => results.warnings.map((warning) => sha256Value(warning))
  const [there, here] = [texts(stored), texts(recomputed)]
  const figure = (i: number, code: string): Pick<ChangedFigure, 'at' | 'label' | 'files'> => ({
    at: pointer(['warnings', i]),
    label: `warning ${code}`,
    files: [...changed],
  })
  return [
    ...stored.warnings.flatMap((warning, i) =>
      here.includes(there[i]!) ? [] : [{ ...figure(i, warning.code), ...shown(warning, undefined) }],
    ),
    ...recomputed.warnings.flatMap((warning, i) =>
      there.includes(here[i]!) ? [] : [{ ...figure(i, warning.code), ...shown(undefined, warning) }],
    ),
  ]
}
