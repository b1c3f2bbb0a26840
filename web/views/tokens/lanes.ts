// Labels of lines in a picture, one above the other where they would overlap.

export interface Label {
  /** Of its line, in pixels. */
  x: number
  text: string
}

export type Placed<T extends Label> = T & {
  /** 0: the lowest. */
  lane: number
  /** Middle of the text in pixels: not that of the line at the edges of the picture. */
  middle: number
}

const CHARACTER = 6.3
const GAP = 10

export function inLanes<T extends Label>(labels: readonly T[], from: number, to: number): Placed<T>[] {
  const ends: number[] = []
  return [...labels]
    .sort((a, b) => a.x - b.x)
    .map((label) => {
      const half = (label.text.length * CHARACTER) / 2
      const middle = Math.min(Math.max(label.x, from + half), to - half)
      const free = ends.findIndex((end) => end + GAP <= middle - half)
      const lane = free >= 0 ? free : ends.length
      ends[lane] = middle + half
      return { ...label, lane, middle }
    })
}
