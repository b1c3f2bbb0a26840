// What the pictures of weights show, in sentences.
import type { Absent, Estimate } from '../../../src/schema/estimate.ts'
import type { WeightsResult } from '../../../src/schema/results.ts'
import { percent } from '../../../src/util/numbers.ts'
import { countWord, printable } from '../../../src/util/text.ts'
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
  if (tensors.changed === 0) return `${name} has the weights of its base: all tensors are equal bit for bit`
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
