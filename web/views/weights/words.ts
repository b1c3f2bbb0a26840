// What the pictures of weights show, in sentences.
import type { Absent, Estimate } from '../../../src/schema/estimate.ts'
import type { WeightsResult } from '../../../src/schema/results.ts'
import type { Spectral } from '../../../src/schema/weights.ts'
import { percent, share } from '../../../src/util/numbers.ts'
import { countWord, plural, printable } from '../../../src/util/text.ts'
import { changeOf, type MapCell, stateOf } from './layout.ts'

export const shareOf = (measure: Estimate | Absent | undefined): number | null =>
  measure === undefined || 'absent' in measure ? null : measure.value

export const zeroOf = (measure: Estimate | Absent): number | null =>
  'absent' in measure || !measure.zero || 'absent' in measure.zero ? null : measure.zero.value

export function mapSentence(
  name: string,
  { matrices, tensors }: WeightsResult,
  cells: readonly MapCell[],
): string {
  if (tensors.compared === 0) return `No tensor of ${name} can be compared with the base`
  if (tensors.changed === 0) {
    const isSame = cells.every(({ tensor: { baseDtype, variantDtype } }) => baseDtype === variantDtype)
    const which =
      tensors.compared === cells.reduce((sum, cell) => sum + cell.tensors, 0) ? '' : ' that both have'
    return `${name} has the weights of its base: all tensors${which} are equal ${isSame ? 'bit for bit' : 'value for value'}`
  }
  const change = shareOf(matrices.relativeChange)
  const most = mostMoved(cells)
  const where = most ? `, most in ${placeText(most)} (${percent(changeOf(most.tensor)!)} %)` : ''
  if (change === null) return `${name} changed ${countWord(tensors.changed)} tensors${where}`
  return `${name} moved its matrices by ${percent(change)} % of their norm (${besideText(matrices)})${where}`
}

function besideText(matrices: WeightsResult['matrices']): string {
  const [quantising, training] = [shareOf(matrices.quantisationAlone), shareOf(matrices.trainingAlone)]
  if (quantising !== null && training !== null)
    return `quantising alone ${percent(quantising)} %, training alone ${percent(training)} %`
  const zero = zeroOf(matrices.relativeChange)
  return zero === null ? 'rounding alone is not known' : `rounding alone ${percent(zero)} %`
}

function mostMoved(cells: readonly MapCell[]): MapCell | undefined {
  return cells
    .filter(({ tensor }) => stateOf(tensor) === 'moved')
    .sort((a, b) => changeOf(b.tensor)! - changeOf(a.tensor)!)[0]
}

const placeText = ({ kind, layer }: MapCell): string =>
  layer === null ? printable(kind) : `layer ${layer} ${printable(kind)}`

export interface Moved {
  name: string
  change: number | null
}

/** Who moved furthest, and who least. */
export function allSentence(rows: readonly Moved[]): string {
  const known = rows.filter(({ change }) => change !== null).sort((a, b) => a.change! - b.change!)
  const [least, most] = [known[0], known.at(-1)]
  if (!least || !most) return 'No variant has a ratio to the base'
  const by = `${percent(most.change!)} % of the norm of its matrices`
  if (known.length === 1)
    return `${most.name} moved by ${by}; others have no ratio to what they are compared with`
  if (most.change === least.change)
    return most.change === 0 ? 'No matrix of any variant moved' : `All variants moved alike (${by})`
  return `${most.name} moved furthest (${by}), ${least.name} least (${percent(least.change!)} %)`
}

/** Directions are counted where rounding cannot make them, so there may be more. */
export function spectrumSentence(
  name: string,
  { directionsAbove, energy, method }: Spectral,
  change: number | null,
): string {
  const moved = change === null ? '' : `, by ${percent(change)} % of its norm`
  const first =
    energy['1'] === undefined ? '' : `; the first holds ${share(energy['1'])} % of the squared change`
  if (method === 'factors') return `${name} moved in ${plural(directionsAbove, 'direction')}${moved}${first}`
  if (directionsAbove === 0) return `${name} moved in no direction above rounding${moved}`
  return `${name} moved in at least ${plural(directionsAbove, 'direction')} above rounding${moved}${first}`
}
