// Training: how the loss fell, what was learnt against what was lost, and what it took.

import type { TrainRow } from '../../src/schema/training.ts'
import { printable } from '../../src/util/text.ts'
import { useLoaded, usePage } from '../context.ts'
import { useSetQuery } from '../parts/instance.tsx'
import { Absent, Choice, ViewHead, Wait } from '../parts/shared.tsx'
import { fileRows } from '../source.ts'
import { Cost } from './training/cost.tsx'
import { Curves } from './training/curves.tsx'
import { Forgetting } from './training/forgetting.tsx'
import { type Run, runOf } from './training/series.ts'

export function TrainingView() {
  const { study } = usePage()
  if (study.trainings.length === 0) {
    return (
      <>
        <ViewHead title="Training" />
        <Absent command="tunediff train BASE --data FILE.jsonl -o VARIANT">
          This study trained nothing: its variants were made elsewhere. A variant of a study that has a recipe
          is trained by the study itself, and shows here how; a single one is trained by
        </Absent>
      </>
    )
  }
  return <Trained />
}

const ALL = 'all'

function Trained() {
  const { study, source, route } = usePage()
  const setQuery = useSetQuery()
  const sides = [...new Set(study.trainings.map(({ side }) => side))]
  const asked = route.query.variant ?? ALL
  const chosen = sides.includes(asked) ? asked : ALL
  const trainings = study.trainings.filter(({ side }) => chosen === ALL || side === chosen)
  const loaded = useLoaded(`trainings ${chosen}`, () =>
    Promise.all(
      trainings.map(
        async (one): Promise<Run> => runOf(one, await fileRows<TrainRow>(source, study, one.rows)),
      ),
    ),
  )
  return (
    <>
      <ViewHead title="Training">
        What each training did step by step, what it learnt against what it lost, and what it took.
      </ViewHead>
      <section class="section">
        <h2>Step by step</h2>
        <div class="choices">
          <Choice
            label="Trainings"
            value={chosen}
            options={[ALL, ...sides].map((value) => ({ value, text: printable(value) }))}
            onChange={(value) => setQuery({ variant: value === ALL ? undefined : value })}
          />
        </div>
        <Wait loaded={loaded}>{(runs) => <Curves runs={runs} />}</Wait>
      </section>
      <Forgetting />
      <Cost />
    </>
  )
}
