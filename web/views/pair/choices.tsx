// What is compared: task, side, training, answer, and any problem by its name.
import type { TargetedEvent } from 'preact'
import { useState } from 'preact/hooks'
import { printable } from '../../../src/util/text.ts'
import { pairedTasks, variantsOn } from '../../answers.ts'
import { usePage, usePageLink } from '../../context.ts'
import { Choice } from '../../parts/shared.tsx'
import { replaceRoute } from '../../router.ts'
import { useFlipLink, useFlips } from './links.ts'
import type { Place } from './place.ts'

export function PairChoices({ place }: { place: Place }) {
  const { study } = usePage()
  const link = usePageLink()
  const linkTo = useFlipLink(place)
  const { task, flip, side, mark, columns } = place
  const { variant, repeat } = columns[mark]!
  const seeds = [...new Set(columns.map((column) => column.variant.seed))]
  const repeats = columns
    .filter((column) => column.variant.seed === variant.seed)
    .map((column) => column.repeat)
  const goTo = (seed: number | null, wanted: number) => {
    const found = columns.findIndex((one) => one.variant.seed === seed && one.repeat === wanted)
    replaceRoute(linkTo(flip, Math.max(found, 0)))
  }
  return (
    <div class="choices">
      <Choice
        label="Task"
        value={task.name}
        options={pairedTasks(study).map(({ name }) => ({ value: name, text: printable(name) }))}
        onChange={(name) => replaceRoute(link('pair', [name], { variant: side }))}
      />
      <Choice
        label="Variant"
        value={side}
        options={variantsOn(study, task.name).map((name) => ({ value: name, text: name }))}
        onChange={(name) => replaceRoute(link('pair', [task.name, flip.problem], { variant: name }))}
      />
      <Choice
        label="Seed of the training"
        value={String(variant.seed)}
        options={seeds.map((seed) => ({ value: String(seed), text: String(seed) }))}
        onChange={(seed) => goTo(Number(seed), repeat)}
      />
      <Choice
        label="Answer"
        value={String(repeat)}
        options={repeats.map((at) => ({ value: String(at), text: `${at + 1} of ${repeats.length}` }))}
        onChange={(at) => goTo(variant.seed, Number(at))}
      />
      <ProblemSearch key={`${task.name}/${flip.problem}`} place={place} />
    </div>
  )
}

/** Problems that are offered while one types. */
const OFFERED = 60

function ProblemSearch({ place }: { place: Place }) {
  const linkTo = useFlipLink(place)
  const flips = useFlips(place)
  const { problems } = place.task
  const [typed, setTyped] = useState('')
  const wanted = typed.trim().toLowerCase()
  const found = wanted === '' ? problems : problems.filter((id) => id.toLowerCase().includes(wanted))
  const go = (id: string | undefined) => {
    const flip = flips.find(({ problem }) => problem === id)
    if (flip) location.hash = linkTo(flip)
  }
  const onInput = (event: TargetedEvent<HTMLInputElement, Event>) => {
    const { value } = event.currentTarget
    setTyped(value)
    // Taken from the list rather than typed.
    const isTyped = event instanceof InputEvent && event.inputType !== 'insertReplacementText'
    if (!isTyped && problems.includes(value)) go(value)
  }
  return (
    <form
      class="choice"
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted !== '') go(found.find((id) => id === typed.trim()) ?? found[0])
      }}
    >
      <label for="pair-problem">Problem ({problems.length})</label>
      <input
        id="pair-problem"
        type="search"
        list="pair-problems"
        placeholder={printable(place.flip.problem)}
        value={typed}
        onInput={onInput}
        autocomplete="off"
      />
      <datalist id="pair-problems">
        {found.slice(0, OFFERED).map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </form>
  )
}
