// From one flip to the next, in the order of the view of flips: by link and by key.
import { useEffect } from 'preact/hooks'
import type { Flip } from '../../answers.ts'
import { useFlipLink, useFlips } from './links.ts'
import type { Place } from './place.ts'

export function Steps({ place }: { place: Place }) {
  const linkTo = useFlipLink(place)
  const flips = useFlips(place).filter(isFlip)
  const at = flips.indexOf(place.flip)
  const [before, after] = at < 0 ? [undefined, flips[0]] : [flips[at - 1], flips[at + 1]]
  const hrefs = { before: before && linkTo(before), after: after && linkTo(after) }
  useStepKeys(hrefs.before, hrefs.after)
  return (
    <nav class="pair-steps" aria-label="Flips">
      <StepLink to={hrefs.before} title="Previous flip" arrow="←" />
      <span class="soft small" aria-live="polite">
        {positionWords(at, flips.length)}
      </span>
      <StepLink to={hrefs.after} title="Next flip" arrow="→" />
      <span class="soft small pair-keys">
        Keys <kbd>[</kbd> and <kbd>]</kbd>
      </span>
    </nav>
  )
}

function positionWords(at: number, flips: number): string {
  if (flips === 0) return 'No problem flipped'
  return at < 0 ? `Not a flip; there are ${flips}` : `Flip ${at + 1} of ${flips}`
}

const isFlip = ({ state }: Flip): boolean => state === 'broken' || state === 'fixed'

function StepLink({ to, title, arrow }: { to: string | undefined; title: string; arrow: string }) {
  const text = arrow === '←' ? `${arrow} ${title}` : `${title} ${arrow}`
  return to === undefined ? (
    <button type="button" class="button" disabled>
      {text}
    </button>
  ) : (
    <a class="button" href={to}>
      {text}
    </a>
  )
}

/** Arrows and brackets, while no control has the focus that might want them itself. */
function useStepKeys(before: string | undefined, after: string | undefined): void {
  useEffect(() => {
    const step = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
      const focused = document.activeElement
      if (focused?.matches('input, select, textarea, summary, [tabindex="0"]')) return
      const isBack = event.key === '[' || event.key === 'ArrowLeft'
      if (!isBack && event.key !== ']' && event.key !== 'ArrowRight') return
      const to = isBack ? before : after
      if (to === undefined) return
      event.preventDefault()
      location.hash = to
    }
    addEventListener('keydown', step)
    return () => removeEventListener('keydown', step)
  }, [before, after])
}
