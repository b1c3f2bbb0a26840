// Below the tiles: the picture of those that are shown as a file, and their numbers.
import { count } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import type { Flip, FlipColumn, FlipState } from '../../answers.ts'
import { usePage } from '../../context.ts'
import { PictureTools } from '../../parts/pictureTools.tsx'
import { FlipNumbers } from './numbers.tsx'
import { flipsPicture } from './picture.tsx'
import { flipsFinding, flipsNote } from './summary.tsx'
import { marksText, STATE_WORDS } from './words.ts'

interface ToolsProps {
  asked: { task: string; side: string; isPlain: boolean; states: readonly FlipState[] }
  all: readonly Flip[]
  shown: readonly Flip[]
  columns: readonly FlipColumn[]
  label: string
  linkTo: (flip: Flip) => string
}

export function FlipTools({ asked, all, shown, columns, label, linkTo }: ToolsProps) {
  const { study } = usePage()
  const { task, side, isPlain, states } = asked
  const finding = flipsFinding(study, asked)
  const order = isPlain ? ', in its order' : `: what ${side} broke first, then what it fixed, then the others`
  const notes = [
    flipsNote(study, asked),
    `Every tile is a problem of ${task}${order}.`,
    ...(columns.length > 1 ? [marksText(columns)] : []),
    ...(shown.length < all.length ? [partText(states, shown.length, all.length)] : []),
  ]
  return (
    <PictureTools
      title={finding}
      name={`flips-${task}-${side}`}
      picture={() => flipsPicture({ finding, notes: notes.map(printable), all, shown, columns })}
      numbers={() => <FlipNumbers flips={shown} columns={columns} label={label} linkTo={linkTo} />}
      rows={shown.length}
    />
  )
}

const partText = (states: readonly FlipState[], shown: number, all: number): string =>
  `Shown are ${count(shown)} of ${count(all)} problems: ${states.map((state) => STATE_WORDS[state]).join('; ')}.`
