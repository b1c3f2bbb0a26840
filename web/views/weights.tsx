// Weights: where a variant moved, against what rounding alone gives: by layer and kind, then one tensor's spectrum, the
// tensors that moved most, and all variants beside each other.

import type { WeightsView as View } from '../../src/schema/report.ts'
import type { WeightsResult } from '../../src/schema/results.ts'
import type { TensorReport } from '../../src/schema/weights.ts'
import { printable } from '../../src/util/text.ts'
import { useLoaded, usePage } from '../context.ts'
import { InstanceChoice, useInstance, useLinkTo, useSetQuery } from '../parts/instance.tsx'
import { Absent, Choice, ViewHead, Wait } from '../parts/shared.tsx'
import { nameOf } from '../sides.ts'
import { jsonShard } from '../source.ts'
import { AllVariants } from './weights/all.tsx'
import { changeOf, mapOf, shortName, type TensorMap } from './weights/layout.ts'
import { WeightsMap } from './weights/map.tsx'
import { MovedTokens } from './weights/moved.tsx'
import { Settings } from './weights/settings.tsx'
import { Spectrum } from './weights/spectrum.tsx'
import { MostChanged } from './weights/top.tsx'
import './weights.css'

export function WeightsView() {
  const { study } = usePage()
  if (study.results.weights.length === 0) {
    return (
      <>
        <ViewHead title="Weights" />
        <Absent command="tunediff weights BASE VARIANT">
          The weights were not compared in this study: its sides have none at hand, or the study does not ask
          for it.
        </Absent>
      </>
    )
  }
  return <Measured />
}

function Measured() {
  const { study, source } = usePage()
  const { weights } = study.results
  const at = useInstance(weights)
  const shard = study.weights[at]!
  const loaded = useLoaded(shard, () => jsonShard<View>(source, shard))
  return (
    <>
      <ViewHead title="Weights">
        How far each tensor moved from the base, as a share of its norm, beside what storing it in its number
        format moves it by.
      </ViewHead>
      <div class="choices">
        <InstanceChoice list={weights} />
      </div>
      <Wait loaded={loaded}>{({ tensors }) => <OfVariant result={weights[at]!} tensors={tensors} />}</Wait>
      <AllVariants />
    </>
  )
}

function OfVariant({ result, tensors }: { result: WeightsResult; tensors: readonly TensorReport[] }) {
  const { study, route } = usePage()
  const setQuery = useSetQuery()
  const linkTo = useLinkTo()
  const select = (tensor: string) => setQuery({ tensor })
  const name = printable(nameOf(study, result))
  const map = mapOf(tensors)
  const selected = tensors.find((tensor) => tensor.name === route.query.tensor) ?? firstSelected(tensors)
  return (
    <>
      <div class={map.layers > 10 ? 'weights-wide' : 'columns'}>
        <WeightsMap name={name} result={result} map={map} selected={selected?.name ?? null} select={select} />
        {selected && (
          <section class="weights-tensor">
            <h2>One tensor</h2>
            <div class="choices">
              <Choice
                label="Tensor"
                value={selected.name}
                options={optionsOf(map, selected)}
                onChange={select}
              />
            </div>
            <Spectrum tensor={selected} />
          </section>
        )}
      </div>
      <MostChanged name={name} tensors={tensors} linkTo={(tensor) => linkTo({ tensor })} />
      <MovedTokens name={name} tensors={tensors} />
      <Settings name={name} result={result} />
    </>
  )
}

/** Those of the map: of experts, of which a model has thousands, the one that stands for all. */
function optionsOf(map: TensorMap, selected: TensorReport): { value: string; text: string }[] {
  const names = [...map.inLayers, ...map.outside].flatMap(({ cells }) =>
    cells.map(({ tensor }) => tensor.name),
  )
  return [...new Set([...names, selected.name])].map((value) => ({ value, text: shortName(value) }))
}

/** The most changed of those whose spectrum is known; else the most changed. */
function firstSelected(tensors: readonly TensorReport[]): TensorReport | undefined {
  const byChange = [...tensors].sort((a, b) => (changeOf(b) ?? -1) - (changeOf(a) ?? -1))
  return byChange.find(({ spectrum }) => !('absent' in spectrum)) ?? byChange[0]
}
