// Where keys lead in a grid of tiles, and which of its rows are in the document.

interface Keyboard {
  active: number
  across: number
  length: number
  /** Rows that a page has. */
  page: number
}

export function keyTarget(
  { key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  at: Keyboard,
): number | undefined {
  if (altKey || metaKey) return undefined
  const { active, across, length, page } = at
  const start = active - (active % across)
  const inside = (to: number): number => (to < 0 || to >= length ? active : to)
  switch (key) {
    case 'ArrowLeft':
      return inside(active - 1)
    case 'ArrowRight':
      return inside(active + 1)
    case 'ArrowUp':
      return inside(active - across)
    case 'ArrowDown':
      return inside(active + across)
    case 'Home':
      return ctrlKey ? 0 : start
    case 'End':
      return Math.min(length - 1, ctrlKey ? length - 1 : start + across - 1)
    case 'PageUp':
      return Math.max(active % across, active - page * across)
    case 'PageDown':
      return Math.min(length - 1, active + page * across)
    default:
      return undefined
  }
}

/** Rows near the window, and the one that has the focus. */
export function rowsBetween(first: number, last: number, active: number, rows: number): number[] {
  const shown: number[] = []
  if (active < first && active < rows) shown.push(active)
  for (let row = first; row <= Math.min(last, rows - 1); row++) shown.push(row)
  if (active > last && active < rows) shown.push(active)
  return shown
}
