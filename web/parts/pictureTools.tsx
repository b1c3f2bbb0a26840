// What stands below a picture: itself as a file, and its numbers.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { saveImage } from './saveImage.ts'

interface PictureToolsProps {
  /** What the picture shows; stands in its file, for those who cannot see it. */
  title: string
  /** Stem of the file. */
  name: string
  /** The picture to save; nothing while it is not drawn. */
  picture: () => SVGSVGElement | null | undefined
  /** The table of its numbers. */
  numbers: () => ComponentChildren
  /** Rows of that table. */
  rows: number
  /** Whether the numbers are shown from the start. */
  isOpen?: boolean
}

/** A longer table is made when it is asked for. */
const FEW_ROWS = 100

export function PictureTools({ title, name, picture, numbers, rows, isOpen = false }: PictureToolsProps) {
  const [wasOpen, setWasOpen] = useState(isOpen)
  const save = (kind: 'svg' | 'png') => {
    const drawn = picture()
    if (drawn) void saveImage(drawn, { name, kind, title })
  }
  return (
    <>
      <div class="tools">
        <button type="button" onClick={() => save('svg')}>
          SVG
        </button>
        <button type="button" onClick={() => save('png')}>
          PNG
        </button>
      </div>
      <details
        class="numbers"
        open={isOpen}
        onToggle={(event) => setWasOpen(wasOpen || event.currentTarget.open)}
      >
        <summary>Numbers</summary>
        {(wasOpen || rows <= FEW_ROWS) && numbers()}
      </details>
    </>
  )
}
