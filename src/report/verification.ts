// What `verify` says: in one sentence, then each changed file with the figures that it alters, then sentences and outcomes.
import { instanceName } from '../schema/results.ts'
import type {
  ChangedCell,
  ChangedFigure,
  ChangedFile,
  ChangedOutcome,
  ChangedSentence,
  Rejudged,
  UnknownRecord,
  Verification,
} from '../schema/verification.ts'
import { oneLine, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

/** Figures under one file, and outcomes; more are counted. */
const SHOWN = 12
const VALUE_CHARACTERS = 60
/** Before what differs in two texts. */
const KEPT = 20

export function verificationBlocks(verification: Verification): Block[] {
  const { cells, figures, unknown, sentences, finding, left, rejudged, tunediff, isEqual } = verification
  return [
    { kind: 'finding', text: verificationSentence(verification) },
    ...(!isEqual && tunediff.stored !== tunediff.now ? [paragraph(versionText(tunediff))] : []),
    ...filesBlocks(verification),
    ...cells.flatMap(cellBlocks),
    ...alteredBlocks(figures, unknown),
    ...sentenceBlocks(sentences),
    ...(finding === 'as-rendered' ? [] : [paragraph(FINDING[finding])]),
    ...left.map(paragraph),
    ...(rejudged ? rejudgedBlocks(rejudged) : []),
  ]
}

export const paragraph = (text: string): Block => ({ kind: 'paragraph', text })
export const list = (items: readonly string[]): Block => ({ kind: 'list', items: shortened(items) })
const shortened = (items: readonly string[]): string[] =>
  items.length > SHOWN
    ? [...items.slice(0, SHOWN), `and ${items.length - SHOWN} more: --json has all`]
    : [...items]

/** All of it in one sentence. */
export function verificationSentence(verification: Verification): string {
  const { compared, rejudged, isEqual } = verification
  const what = `${plural(compared.figures, 'figure')} of ${plural(compared.files, 'file')} recomputed`
  const again = rejudged ? `, ${plural(rejudged.outcomes, 'outcome')} judged again` : ''
  if (!isEqual) return `${what}${again}: ${differing(verification).join(', ')}.`
  return `${what}${again}: all equal${butLeft([verification])}.`
}

/** `, but 2 runs could not be judged again`. */
export function butLeft(studies: readonly Pick<Verification, 'rejudged' | 'left'>[]): string {
  const runs = studies.reduce((sum, { rejudged }) => sum + (rejudged?.left.length ?? 0), 0)
  const lacking = studies.reduce((sum, { left }) => sum + left.length, 0)
  const parts = [
    ...(runs > 0 ? [`${plural(runs, 'run')} could not be judged again`] : []),
    ...(lacking > 0
      ? [`${lacking === 1 ? 'one thing' : plural(lacking, 'thing')} could not be looked at`]
      : []),
  ]
  return parts.length > 0 ? `, but ${parts.join(' and ')}` : ''
}

/** What differs, counted. */
export function differing({
  files,
  cells,
  figures,
  unknown,
  sentences,
  finding,
  rejudged,
}: Verification): string[] {
  const counts: [number, string, string][] = [
    [files.length, 'file is not as it was', 'files are not as they were'],
    [cells.length, 'cell is not as it was asked', 'cells are not as they were asked'],
    [figures.length, 'figure differs', 'figures differ'],
    [unknown.length, 'record cannot be recomputed', 'records cannot be recomputed'],
    [sentences.length, 'sentence would read otherwise', 'sentences would read otherwise'],
    [rejudged?.changed.length ?? 0, 'outcome differs', 'outcomes differ'],
  ]
  return [
    ...counts.flatMap(([count, one, many]) => (count > 0 ? [plural(count, one, many)] : [])),
    ...(finding === 'as-rendered' ? [] : [`finding.md is ${finding}`]),
  ]
}

export const versionText = ({ stored, now }: Verification['tunediff']): string =>
  `The results were computed by tunediff ${stored}, and this is ${now}: it may compute some figures otherwise.`

const FINDING: Readonly<Record<'changed' | 'missing', string>> = {
  changed: 'finding.md is not what results.json renders to.',
  missing: 'finding.md is missing.',
}

const NO_FIGURE =
  'Files that alter no figure of themselves (what was made of answers and weights before stands: --rejudge judges answers again):'

/** Each with what it alters; those that alter nothing together. Notes of cells are told with their cells. */
function filesBlocks({ files, cells, figures, unknown }: Verification): Block[] {
  const without: string[] = []
  const blocks = files.flatMap((file): Block[] => {
    if (cells.some((cell) => cell.file === file.file)) return []
    const lost = unknown.filter((record) => record.files.includes(file.file))
    const altered = figures.filter((figure) => figure.files.includes(file.file))
    const items = [...lost.map(unknownText), ...altered.map(figureText)]
    if (items.length > 0) return [paragraph(`${fileText(file)}. It alters:`), list(items)]
    without.push(fileText(file))
    return []
  })
  return without.length === 0 ? blocks : [...blocks, paragraph(NO_FIGURE), list(without)]
}

function fileText({ file, state, stored, found }: ChangedFile): string {
  if (state === 'unlisted') return `${file}: not in the list of files of results.json`
  const sums = state === 'changed' ? ` (SHA-256 ${short(stored)}, now ${short(found)})` : ''
  return `${file}: ${state}${sums}`
}

const short = (sum: ChangedFile['found']): string => sum?.sha256.slice(0, 12) ?? ''

function cellBlocks({ file, state, records }: ChangedCell): Block[] {
  const what =
    state === 'missing' ? 'missing' : 'changed: what was asked is not what the key of the cell is the hash of'
  if (records.length === 0) return [paragraph(`${file}: ${what}.`)]
  return [paragraph(`${file}: ${what}. From this cell come:`), list(records)]
}

/** Figures that differ, or that cannot be computed, though their files are as they were. */
function alteredBlocks(figures: readonly ChangedFigure[], unknown: readonly UnknownRecord[]): Block[] {
  const altered = figures.filter(({ files }) => files.length === 0)
  const lost = unknown.filter(({ files }) => files.length === 0)
  return [
    ...(altered.length === 0
      ? []
      : [
          paragraph('results.json: altered, since these differ and the files that they come from do not:'),
          list(altered.map(figureText)),
        ]),
    ...(lost.length === 0 ? [] : [paragraph('Not to be recomputed:'), list(lost.map(unknownText))]),
  ]
}

function figureText({ label, stored, recomputed }: ChangedFigure): string {
  const [there, here] = whereApart(stored, recomputed)
  return `${label}: ${valueText(there)}, recomputed ${valueText(here)}`
}

type Value = ChangedFigure['stored']

/** Of two lists the first items that differ; of two long texts what follows their common beginning. */
function whereApart(stored: Value, recomputed: Value): [Value, Value] {
  if (Array.isArray(stored) && Array.isArray(recomputed)) {
    const at = stored.findIndex((item, i) => JSON.stringify(item) !== JSON.stringify(recomputed[i]))
    if (at >= 0 && at < recomputed.length) return whereApart(stored[at] as Value, recomputed[at] as Value)
  }
  if (typeof stored !== 'string' || typeof recomputed !== 'string') return [stored, recomputed]
  const at = [...stored].findIndex((letter, i) => letter !== recomputed[i])
  if (at <= KEPT) return [stored, recomputed]
  return [`…${stored.slice(at - KEPT)}`, `…${recomputed.slice(at - KEPT)}`]
}

const unknownText = ({ label, figures, reason }: UnknownRecord): string =>
  `${label}: ${plural(figures, 'figure')} cannot be recomputed: ${reason}`

export function valueText(value: ChangedFigure['stored']): string {
  if (value === null || typeof value !== 'object') return oneLine(String(value), VALUE_CHARACTERS)
  if (Array.isArray(value)) {
    const isPlain = value.every((item) => item === null || typeof item !== 'object')
    return isPlain ? oneLine(`[${value.join(', ')}]`, VALUE_CHARACTERS) : plural(value.length, 'item')
  }
  const record = value as Record<string, unknown>
  if (typeof record.absent === 'string') return `absent (${oneLine(record.absent, VALUE_CHARACTERS)})`
  return typeof record.value === 'number' ? String(record.value) : 'present'
}

function sentenceBlocks(sentences: readonly ChangedSentence[]): Block[] {
  if (sentences.length === 0) return []
  return [paragraph('Sentences of the finding that would read otherwise:'), list(sentences.map(sentenceText))]
}

function sentenceText({ stored, recomputed }: ChangedSentence): string {
  if (stored === recomputed) return `"${stored}": what is recorded of its figures differs`
  if (recomputed === null) return `"${stored}" would not stand there`
  if (stored === null) return `"${recomputed}" is left out`
  return `"${stored}" would read "${recomputed}"`
}

function rejudgedBlocks({ changed, left, judges }: Rejudged): Block[] {
  return [
    ...judges.map(({ stored, now }) =>
      paragraph(
        `The judge is another one: the outcomes are of ${stored.slice(0, 12)}, now judged by ${now.slice(0, 12)}.`,
      ),
    ),
    ...(changed.length > 0
      ? [paragraph('Outcomes that differ when judged again:'), list(changed.map(outcomeText))]
      : []),
    ...(left.length > 0
      ? [
          paragraph('Runs that could not be judged again:'),
          list(left.map(({ run, side, reason }) => `${side} (${run}): ${reason}`)),
        ]
      : []),
  ]
}

function outcomeText({
  run,
  side,
  seed,
  task,
  sample,
  rule,
  stored,
  now,
  isSameProgram,
}: ChangedOutcome): string {
  const who = instanceName({ side, seed })
  const under = rule === 'answer' ? '' : ` under ${rule}`
  const notes = [
    ...(isSameProgram ? [] : ['the stored outcome is of another answer']),
    ...(stored === 'timeout' || now === 'timeout' ? ['a time-out can depend on the machine'] : []),
    ...(now === 'unjudged' ? ['it could not be judged this time'] : []),
  ]
  const note = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  return `${who} on ${task}, ${sample}${under}: ${stored ?? 'no outcome'}, now ${now}${note}; ${run}`
}
