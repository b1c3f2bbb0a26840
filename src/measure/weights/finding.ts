// What kind of change the weights show, in one sentence with its evidence; fixed rules, no score. The words are those of
// docs/methods.md: "at least k directions above rounding", never "rank k".
import type { SettingChange, TensorRow } from '../../schema/weights.ts'
import { plural } from '../../util/text.ts'
import { isVectorKind, isVocabularyKind } from './kinds.ts'
import { groupRows, pooled } from './pooled.ts'
import { energyAbove } from './spectral.ts'

/** Above this times the expected rounding a change is called more than rounding, where no element moved further than one unit. */
const ROUNDING_FACTOR = 1.2

/** Kinds whose changes differ by less than this factor moved alike. */
const ALIKE = 1.1

export interface WeightsFinding {
  finding: string
  evidence: string[]
}

export interface FindingInput {
  base: string
  variant: string
  rows: readonly TensorRow[]
  settings: readonly SettingChange[]
  /** What of the settings could not be compared, in words. */
  notCompared: string | null
  /** Methods of the variant's live adapters, e.g. `lora`. */
  adapters: readonly string[]
}

export function weightsFinding(input: FindingInput): WeightsFinding {
  const compared = input.rows.filter((row) => row.sums !== null)
  const changed = compared.filter((row) => !row.isIdentical)
  return {
    finding: sentence(input, compared, changed),
    evidence: [
      ...whereEvidence(compared, changed),
      ...spectrumEvidence(changed),
      ...splitEvidence(input.rows),
      ...vocabularyEvidence(input.rows),
      ...missingEvidence(input.rows),
      ...settingsEvidence(input.settings),
      ...(input.notCompared === null ? [] : [input.notCompared]),
    ],
  }
}

function sentence(
  { base, variant, rows, settings, adapters }: FindingInput,
  compared: readonly TensorRow[],
  changed: readonly TensorRow[],
): string {
  if (compared.length === 0)
    return `Nothing of ${variant} can be compared with ${base}: no tensor is in both.`
  if (changed.length === 0) {
    const all = compared.length === rows.length ? `all ${compared.length}` : `the ${compared.length} shared`
    const how =
      adapters.length > 0 ? `; its adapter (${adapters.join(', ')}) changes nothing` : equality(compared)
    const but =
      settings.length > 0 ? `, but ${plural(settings.length, 'setting differs', 'settings differ')}` : ''
    return `${variant} is identical to ${base} in ${all} tensors${how}${but}.`
  }
  const size = `${sizeWords(compared)}, in ${changed.length} of ${plural(compared.length, 'tensor')}`
  if (isRounding(compared)) {
    const cast = formats(changed)
    return `${variant} holds nothing beyond rounding: its delta is ${size}${cast}, and no element moved by more than one unit in the last place.`
  }
  return `${notFinite(compared)}${variant} differs from ${base} by ${size}${kindOfChange(compared, changed, adapters)}.`
}

/** Equal values in other formats have no equal bits. */
function equality(compared: readonly TensorRow[]): string {
  const cast = formats(compared)
  return cast === '' ? ', bit for bit' : `, value for value${cast}`
}

/** Of the matrices; of vectors (norms and biases), which live on another scale, only where nothing else moved. */
function sizeWords(compared: readonly TensorRow[]): string {
  const vectors = compared.filter((row) => isVectorKind(row.kind))
  const matrices = compared.filter((row) => !isVectorKind(row.kind))
  const onlyVectors = matrices.every((row) => row.isIdentical) && vectors.some((row) => !row.isIdentical)
  const { relativeChange } = pooled(onlyVectors ? vectors : matrices)
  const whose = onlyVectors ? "the base's norms and biases" : "the base's matrices"
  if ('absent' in relativeChange) return `an amount without a ratio (${relativeChange.absent})`
  const { zero } = relativeChange
  const alone = zero && !('absent' in zero) ? ` (rounding alone gives ${percent(zero.value)})` : ''
  return `${percent(relativeChange.value)} of the norm of ${whose}${alone}`
}

function notFinite(compared: readonly TensorRow[]): string {
  const rows = compared.filter((row) => nonFiniteOf(row) > 0)
  if (rows.length === 0) return ''
  const elements = rows.reduce((sum, row) => sum + nonFiniteOf(row), 0)
  return `${plural(elements, 'element is', 'elements are')} NaN or infinite on either side, in ${plural(rows.length, 'tensor')} (${rows[0]!.name}), and left out of every number. `
}

/** Elements that are NaN or infinite on either side. */
export const nonFiniteOf = ({ elements }: TensorRow): number =>
  'absent' in elements ? 0 : elements.nonFinite

/**
 * A cast: every tensor that changed has another format, every element moved within one unit in the last place, no
 * direction stands above rounding, and the size is what rounding gives. Between equal formats rounding changes nothing.
 */
function isRounding(compared: readonly TensorRow[]): boolean {
  const within = compared.every(
    (row) =>
      !row.vocabularyRows &&
      !('absent' in row.elements) &&
      row.elements.aboveOneUlp === 0 &&
      row.elements.nonFinite === 0 &&
      (row.isIdentical || row.baseDtype !== row.variantDtype),
  )
  const directions = compared.some((row) => !('absent' in row.spectrum) && row.spectrum.directionsAbove > 0)
  const relative = pooled(compared).relativeChange
  if (!within || directions || 'absent' in relative || !relative.zero || 'absent' in relative.zero)
    return false
  return relative.value <= ROUNDING_FACTOR * relative.zero.value
}

function formats(changed: readonly TensorRow[]): string {
  const pairs = new Set(
    changed
      .filter((row) => row.baseDtype !== row.variantDtype)
      .map((row) => `${row.baseDtype} to ${row.variantDtype}`),
  )
  return pairs.size > 0 ? ` (${[...pairs].join(', ')})` : ''
}

function kindOfChange(
  compared: readonly TensorRow[],
  changed: readonly TensorRow[],
  adapters: readonly string[],
): string {
  const parts: string[] = []
  if (changed.every(({ elements }) => !('absent' in elements) && elements.aboveOneUlp === 0))
    parts.push('each element that moved did so by no more than one unit in the last place')
  const scheme = schemes(compared)
  if (scheme.length > 0) parts.push(`it is quantised (${scheme.join(', ')})`)
  if (adapters.length > 0) parts.push(`a live adapter (${adapters.join(', ')})`)
  const spectra = spectraOf(changed)
  if (spectra.length > 0) parts.push(rankWords(spectra))
  return parts.length > 0 ? `: ${parts.join(', ')}` : ''
}

interface MatrixSpectrum {
  directionsAbove: number
  isCut: boolean
  method: string
  energy: number
}

function spectraOf(rows: readonly TensorRow[]): MatrixSpectrum[] {
  return rows.flatMap((row) =>
    'absent' in row.spectrum ? [] : [{ ...row.spectrum, energy: energyAbove(row) ?? 0 }],
  )
}

function rankWords(spectra: readonly MatrixSpectrum[]): string {
  const above = spectra.filter(({ directionsAbove }) => directionsAbove > 0)
  const measured = plural(spectra.length, 'measured matrix', 'measured matrices')
  if (above.length === 0) return `no direction above rounding in ${measured}`
  const counts = above.map(({ directionsAbove }) => directionsAbove).sort((a, b) => a - b)
  const [least, most] = [counts[0]!, counts.at(-1)!]
  if (spectra.every(({ method }) => method === 'factors'))
    return `of rank ${range(least, most)} in ${plural(above.length, 'matrix', 'matrices')}`
  const cut = above.filter(({ isCut }) => isCut).length
  if (cut > spectra.length / 2)
    return `spread over many directions: ${most} or more above rounding in ${cut} of ${measured}`
  const where = above.length === spectra.length ? measured : `${above.length} of ${measured}`
  const directions = most === 1 ? 'direction' : 'directions'
  return `at least ${range(least, most)} ${directions} above rounding in ${where}, which hold ${percent(median(above.map(({ energy }) => energy)))} of the change there`
}

const range = (least: number, most: number): string =>
  least === most ? String(least) : `${least} to ${most}`

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function schemes(rows: readonly TensorRow[]): string[] {
  return [...new Set(rows.filter((row) => row.split !== undefined).map((row) => row.variantDtype!))]
}

/** Which kinds moved most and least; vectors and vocabulary apart. */
function whereEvidence(compared: readonly TensorRow[], changed: readonly TensorRow[]): string[] {
  if (changed.length === 0) return []
  const groups = groupRows(compared, (row) => row.kind)
  const sizes = [...groups].map(([kind, rows]) => ({ kind, ...valueIn(rows) }))
  const matrices = sizes.filter(({ kind }) => !isVectorKind(kind) && !isVocabularyKind(kind))
  const moved = matrices.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value)
  const still = [...groups].filter(([, rows]) => rows.every((row) => row.isIdentical)).map(([kind]) => kind)
  const lines: string[] = []
  if (moved.length > 0) {
    const [first, last] = [moved[0]!, moved.at(-1)!]
    lines.push(movedWords(moved.length, first, last))
  }
  for (const { kind, value, zero } of sizes.filter(
    ({ kind, value }) => (isVectorKind(kind) || isVocabularyKind(kind)) && value > 0,
  )) {
    lines.push(`${kind}: moved by ${percent(value)} (rounding alone ${percent(zero)}).`)
  }
  if (still.length > 0) lines.push(`Untouched, bit for bit: ${still.join(', ')}.`)
  return lines
}

interface Moved {
  kind: string
  value: number
}

function movedWords(kinds: number, first: Moved, last: Moved): string {
  if (kinds === 1) return `Of the matrices only ${first.kind} moved (${percent(first.value)}).`
  if (first.value < ALIKE * last.value)
    return `The ${kinds} kinds of matrices that moved did so alike (${percent(last.value)} to ${percent(first.value)}).`
  return `Among the matrices ${first.kind} moved most (${percent(first.value)}), ${last.kind} least (${percent(last.value)}).`
}

function valueIn(rows: readonly TensorRow[]): { value: number; zero: number } {
  const { relativeChange } = pooled(rows)
  if ('absent' in relativeChange) return { value: 0, zero: 0 }
  const { zero } = relativeChange
  return { value: relativeChange.value, zero: zero && !('absent' in zero) ? zero.value : 0 }
}

function spectrumEvidence(changed: readonly TensorRow[]): string[] {
  const below = spectraOf(changed).filter((spectrum) => spectrum.directionsAbove === 0).length
  return below > 0
    ? [`In ${plural(below, 'measured matrix', 'measured matrices')} no direction stands above rounding.`]
    : []
}

function splitEvidence(rows: readonly TensorRow[]): string[] {
  const { quantisationAlone, trainingAlone } = pooled(rows.filter((row) => !isVectorKind(row.kind)))
  if (!quantisationAlone || !trainingAlone) return []
  if ('absent' in quantisationAlone)
    return [`Training is not told from quantisation: ${quantisationAlone.absent}.`]
  if ('absent' in trainingAlone) return []
  return [
    `Quantisation alone moves the base by ${percent(quantisationAlone.value)}; from the quantised base the variant is ${percent(trainingAlone.value)} away, which is training alone.`,
  ]
}

function missingEvidence(rows: readonly TensorRow[]): string[] {
  const words = {
    'only-base': 'only in the base',
    'only-variant': 'only in the variant',
    'shape-differs': 'of another shape',
  }
  return Object.entries(words).flatMap(([status, what]) => {
    const names = rows.filter((row) => row.status === status).map((row) => row.name)
    if (names.length === 0) return []
    const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
    return [`${plural(names.length, 'tensor')} ${what}: ${names.slice(0, 3).join(', ')}${more}.`]
  })
}

/** Shared rows are compared by number: that they mean the same tokens is for the tokenizer's comparison to say. */
function vocabularyEvidence(rows: readonly TensorRow[]): string[] {
  return rows.flatMap(({ name, vocabularyRows }) => {
    if (!vocabularyRows) return []
    const { base, variant } = vocabularyRows
    const more = variant > base ? `${variant - base} rows more than` : `${base - variant} rows fewer than`
    return [
      `${name} has ${more} the base's ${base}: the ${Math.min(base, variant)} shared rows are compared by number, the others are not.`,
    ]
  })
}

function settingsEvidence(settings: readonly SettingChange[]): string[] {
  if (settings.length === 0) return []
  const high = settings.filter(({ danger }) => danger === 'high').map(({ subject }) => subject)
  const dangerous =
    high.length > 0 ? `; dangerous: ${[...new Set(high)].join(', ')}` : ', none of them dangerous'
  return [`Besides weights ${plural(settings.length, 'setting differs', 'settings differ')}${dangerous}.`]
}

/** A share as percent with two significant digits: 1.2 %, 0.30 %, 0.0031 %. */
export function percent(share: number): string {
  const value = share * 100
  if (value === 0) return '0 %'
  if (value >= 99.95) return `${value.toFixed(0)} %`
  if (value >= 10) return `${value.toFixed(1)} %`
  const digits = Math.max(1, 1 - Math.floor(Math.log10(value)))
  return digits > 6 ? `${value.toExponential(1)} %` : `${value.toFixed(digits)} %`
}
