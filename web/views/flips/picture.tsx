// The tiles as one picture to save: the finding, the states with their counts, then all tiles, in two paths a state, so that
// many problems stay a small file.
import { render } from 'preact'
import { count } from '../../../src/util/numbers.ts'
import { FLIP_STATES, type Flip, type FlipColumn, type FlipState } from '../../answers.ts'
import { textWidth, wrapped } from '../../parts/textWidth.ts'
import { countsOf } from './counts.tsx'
import { GAP, type TileShape, tileShape } from './shape.ts'
import { STATE_PAINT, STATE_WORDS, statePath } from './words.ts'

interface PictureOptions {
  /** Its first sentence. */
  finding: string
  /** What it means, and how to read it. */
  notes: readonly string[]
  /** Whose states are counted. */
  all: readonly Flip[]
  shown: readonly Flip[]
  columns: readonly FlipColumn[]
}

/** Pixels. */
const WIDTH = 1136
/** As many times the width the tiles may be high. */
const TALLEST = 2
/** Of lines of text; where it is shown the face may be wider than here. */
const TEXT_WIDTH = 860
const FINDING = { size: 16, weight: 600 }
const NOTE = { size: 13, weight: 400 }
/** Of the corners of a tile. */
const RADIUS = 6

const TILE_FILLS: Readonly<Partial<Record<FlipState, string>>> = {
  broken: 'var(--worse-soft)',
  fixed: 'var(--better-soft)',
}

export function flipsPicture({ finding, notes, all, shown, columns }: PictureOptions): SVGSVGElement {
  const shape = tileShape(columns)
  const { across, width } = fitted(shape, shown.length)
  const words = linesOf(finding, notes)
  const statesAt = words.reduce((sum, { height }) => sum + height, 0) + 28
  const top = statesAt + 28
  const height = top + Math.ceil(shown.length / across) * (shape.height + GAP) - GAP
  const box = document.createElement('div')
  render(
    <svg role="img" aria-label={finding} width={width} height={height}>
      <Words lines={words} />
      <States flips={all} y={statesAt} />
      <g transform={`translate(0 ${top})`}>
        <Tiles flips={shown} shape={shape} across={across} />
      </g>
    </svg>,
    box,
  )
  return box.querySelector('svg')!
}

/** About as wide as the page; wider where the tiles would make a tower. */
function fitted(shape: TileShape, tiles: number): { across: number; width: number } {
  const [pitchX, pitchY] = [shape.width + GAP, shape.height + GAP]
  const most = Math.max(WIDTH, Math.sqrt((tiles * pitchX * pitchY) / TALLEST))
  const across = Math.floor((most + GAP) / pitchX)
  return { across, width: across * pitchX - GAP }
}

function linesOf(finding: string, notes: readonly string[]): Line[] {
  const lines = wrapped(finding, TEXT_WIDTH, FINDING).map((text) => ({ text, font: FINDING, height: 24 }))
  const small = notes.flatMap((note) => wrapped(note, TEXT_WIDTH, NOTE))
  return [...lines, ...small.map((text, at) => ({ text, font: NOTE, height: at === 0 ? 26 : 20 }))]
}

interface Line {
  text: string
  font: typeof NOTE
  height: number
}

function Words({ lines }: { lines: readonly Line[] }) {
  let bottom = 0
  return lines.map(({ text, font, height }) => {
    bottom += height
    return (
      <text
        y={bottom - 7}
        font-size={font.size}
        font-weight={font.weight}
        fill={font === NOTE ? 'var(--ink-soft)' : 'var(--ink)'}
      >
        {text}
      </text>
    )
  })
}

/** Shapes of the states with their counts, one beside the other. */
function States({ flips, y }: { flips: readonly Flip[]; y: number }) {
  let left = 0
  return countsOf(flips).map(([state, n]) => {
    const text = `${count(n)} ${STATE_WORDS[state]}`
    const middle = left + 6
    left += 20 + textWidth(text, NOTE) * 1.05 + 24
    return (
      <g transform={`translate(${middle} ${y})`}>
        <path {...STATE_PAINT[state]} d={statePath(state, [[0, 0]])} />
        <text x={14} y={4.5} font-size={NOTE.size} fill="var(--ink)">
          {text}
        </text>
      </g>
    )
  })
}

type Places = Map<FlipState, [number, number][]>

function Tiles({ flips, shape, across }: { flips: readonly Flip[]; shape: TileShape; across: number }) {
  const tiles: Places = new Map(FLIP_STATES.map((state) => [state, []]))
  const marks: Places = new Map(FLIP_STATES.map((state) => [state, []]))
  flips.forEach((flip, at) => {
    const x = (at % across) * (shape.width + GAP)
    const y = Math.floor(at / across) * (shape.height + GAP)
    tiles.get(flip.state)!.push([x, y])
    flip.marks.forEach((state, mark) => {
      const [left, top] = shape.places[mark]!
      marks.get(state)!.push([x + left, y + top])
    })
  })
  const shown = (of: Places) => [...of].filter(([, places]) => places.length > 0)
  return (
    <>
      {shown(tiles).map(([state, places]) => (
        <Grounds fill={TILE_FILLS[state] ?? 'var(--sunk)'} places={places} shape={shape} />
      ))}
      {shown(marks).map(([state, places]) => (
        <path {...STATE_PAINT[state]} d={statePath(state, places)} />
      ))}
    </>
  )
}

/** Tiles without their marks; a thick line with round joins makes the corners, in fewer letters than arcs. */
function Grounds({
  fill,
  places,
  shape,
}: {
  fill: string
  places: readonly [number, number][]
  shape: TileShape
}) {
  const [width, height] = [shape.width - 2 * RADIUS, shape.height - 2 * RADIUS]
  const d = places.map(([x, y]) => `M${x + RADIUS} ${y + RADIUS}h${width}v${height}h${-width}z`).join('')
  return <path fill={fill} stroke={fill} stroke-width={2 * RADIUS} stroke-linejoin="round" d={d} />
}
