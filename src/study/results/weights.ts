// How far the weights of a study's sides lie from what they are compared with: from the rows of tensors.jsonl alone.
import { nonFiniteOf } from '../../measure/weights/finding.ts'
import { isVectorKind } from '../../measure/weights/kinds.ts'
import { groupRows, pooled } from '../../measure/weights/pooled.ts'
import { spectralOf } from '../../measure/weights/spectral.ts'
import type { AskedResults, WeightsResult } from '../../schema/results.ts'
import type { TensorRow } from '../../schema/weights.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { readSettingsFile, readTensorRows } from '../../store/weightsFolder.ts'
import { comparedCells, rowsOf } from './cells.ts'

export async function weightsResults(folder: string, asked: AskedResults): Promise<WeightsResult[]> {
  const results: WeightsResult[] = []
  for (const { key, of, against } of comparedCells(asked, 'weights')) {
    const place = cellFolder(folder, key)
    const rows = [...(await readTensorRows(place)).values()]
    const { changes } = await readSettingsFile(place)
    const from = rowsOf(key, 'tensors.jsonl', 'settings.json')
    results.push({ ...of, against, from, ...weightsOf(rows), settings: changes })
  }
  return results
}

type Numbers = Pick<WeightsResult, 'matrices' | 'whole' | 'kinds' | 'directions' | 'tensors'>

function weightsOf(rows: readonly TensorRow[]): Numbers {
  const compared = rows.filter(({ sums }) => sums !== null)
  const changed = compared.filter(({ isIdentical }) => !isIdentical)
  return {
    matrices: pooled(rows.filter(({ kind }) => !isVectorKind(kind))),
    whole: pooled(rows),
    kinds: [...groupRows(rows, ({ kind }) => kind)].map(([kind, group]) => ({ kind, ...pooled(group) })),
    directions: directionsOf(changed.filter(({ kind }) => !isVectorKind(kind))),
    tensors: {
      compared: compared.length,
      changed: changed.length,
      nonFinite: compared.reduce((sum, row) => sum + nonFiniteOf(row), 0),
    },
  }
}

/** Over matrices that changed and whose spectrum is measured: of large models that is a part of them. */
function directionsOf(changed: readonly TensorRow[]): WeightsResult['directions'] {
  if (changed.length === 0) return { absent: 'no matrix changed' }
  const spectra = changed.map(spectralOf).flatMap((spectral) => ('absent' in spectral ? [] : [spectral]))
  const counts = spectra.map(({ directionsAbove }) => directionsAbove)
  if (counts.length === 0) return { absent: 'of no matrix that changed is the spectrum measured' }
  return {
    least: Math.min(...counts),
    most: Math.max(...counts),
    matrices: counts.length,
    isCut: spectra.some(({ isCut }) => isCut),
  }
}
