// Which rows of a long list are near the window, while the page scrolls and changes its size.
import { useLayoutEffect, useState } from 'preact/hooks'

/** Rows above and below the window that are there already. */
const BEYOND = 2
/** Before anything is known. */
const FIRST_ROWS = 16
/** On paper there is no window; more rows than this stay unprinted. */
const PRINTED_ROWS = 120

interface Element {
  current: HTMLElement | null
}

/** How many tiles of a width stand beside each other. */
export function useAcross(box: Element, pitch: number): number {
  const [across, setAcross] = useState(1)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setAcross(Math.max(1, Math.floor((element.clientWidth + 4) / pitch)))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [pitch])
  return across
}

export function useWindow(box: Element, rows: number, pitch: number): { first: number; last: number } {
  const [range, setRange] = useState({ first: 0, last: Math.min(rows, FIRST_ROWS) })
  useLayoutEffect(() => {
    const set = (first: number, last: number) =>
      setRange((now) => (now.first === first && now.last === last ? now : { first, last }))
    const measure = () => {
      const top = box.current?.getBoundingClientRect().top ?? 0
      const first = Math.max(0, Math.floor(-top / pitch) - BEYOND)
      set(first, Math.max(first, Math.ceil((innerHeight - top) / pitch) + BEYOND))
    }
    const print = () => set(0, PRINTED_ROWS)
    measure()
    // What stands above it may become longer.
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    addEventListener('scroll', measure, { passive: true })
    addEventListener('resize', measure)
    addEventListener('beforeprint', print)
    addEventListener('afterprint', measure)
    return () => {
      observer.disconnect()
      removeEventListener('scroll', measure)
      removeEventListener('resize', measure)
      removeEventListener('beforeprint', print)
      removeEventListener('afterprint', measure)
    }
  }, [rows, pitch])
  return range
}
