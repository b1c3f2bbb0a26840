// The frame: which study, which view, light or dark. Views are one file each, and know nothing of each other but links.
import type { ComponentType } from 'preact'
import { useEffect, useErrorBoundary, useRef, useState } from 'preact/hooks'
import { PageContext } from './context.ts'
import { Absent, Choice } from './parts/shared.tsx'
import { href, useRoute } from './router.ts'
import type { Source } from './source.ts'
import { FindingView } from './views/finding.tsx'
import { FlipsView, prepareFlips } from './views/flips.tsx'
import { LeaderboardView } from './views/leaderboard.tsx'
import { PairView } from './views/pair.tsx'
import { TasksView } from './views/tasks.tsx'
import { TokensView } from './views/tokens.tsx'
import { TrainingView } from './views/training.tsx'
import { WeightsView } from './views/weights.tsx'

const VIEWS: readonly { id: string; title: string; view: ComponentType }[] = [
  { id: 'finding', title: 'Finding', view: FindingView },
  { id: 'leaderboard', title: 'Leaderboard', view: LeaderboardView },
  { id: 'tasks', title: 'Tasks', view: TasksView },
  { id: 'flips', title: 'Flips', view: FlipsView },
  { id: 'pair', title: 'Pair', view: PairView },
  { id: 'weights', title: 'Weights', view: WeightsView },
  { id: 'tokens', title: 'Tokens', view: TokensView },
  { id: 'training', title: 'Training', view: TrainingView },
]

/** After what was opened is drawn; not every browser tells when it has nothing to do. */
const whenIdle = (work: () => void): void => {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work)
  else setTimeout(work, 250)
}

export function App({ source }: { source: Source }) {
  const route = useRoute()
  const { report } = source
  const asked = Number(route.query.study ?? 0)
  const index = report.studies[asked] ? asked : 0
  const study = report.studies[index]!
  const shown = VIEWS.find(({ id }) => id === route.view) ?? VIEWS[0]!
  const main = useRef<HTMLElement>(null)
  useViewChange(shown.id, main)
  useEffect(() => {
    whenIdle(() => prepareFlips(study))
  }, [study])
  const query: Record<string, string> = index === 0 ? {} : { study: String(index) }
  return (
    <PageContext.Provider value={{ source, study, index, route }}>
      <header class="bar">
        <div class="bar-inner">
          <a class="brand" href={href('finding', [], query)}>
            <Logo />
            tunediff <span class="brand-study">{study.results.asked.name}</span>
          </a>
          <nav aria-label="Views">
            {VIEWS.map(({ id, title }) => (
              <a key={id} href={href(id, [], query)} aria-current={id === shown.id ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
          <Tone />
        </div>
      </header>
      <main ref={main} tabIndex={-1} data-view={shown.id}>
        <Choice
          label="Study"
          value={String(index)}
          options={report.studies.map(({ results }, at) => ({ value: String(at), text: results.asked.name }))}
          onChange={(at) => {
            location.hash = href(shown.id, [], at === '0' ? {} : { study: at })
          }}
        />
        <Shown key={`${shown.id} ${index}`} view={shown.view} />
      </main>
      <footer>
        Made by tunediff {report.tunediff} from recorded rows, which come with it:{' '}
        <code>tunediff verify</code> computes every number in it again.
      </footer>
    </PageContext.Provider>
  )
}

/** Others are shown still where one cannot be: a report may come from anywhere. */
function Shown({ view: View }: { view: ComponentType }) {
  const [error] = useErrorBoundary()
  if (error === undefined) return <View />
  return (
    <>
      <h1>This view cannot be drawn</h1>
      <Absent command="tunediff verify report.html">
        The data of this report are not as they should be.
      </Absent>
    </>
  )
}

/** Another view begins at its top, and is what keys and readers go on from; the first one is left as it was opened. */
function useViewChange(view: string, main: { current: HTMLElement | null }): void {
  const before = useRef(view)
  useEffect(() => {
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
    if (before.current === view) return
    before.current = view
    scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [view])
}

function Logo() {
  return (
    <svg class="brand-mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M2 14.5C5 14.5 5.5 6 8.2 6S11.4 14.5 14 14.5"
        fill="none"
        stroke="var(--line-strong)"
        stroke-width="2.2"
      />
      <path
        d="M6 14.5C9 14.5 9.5 4 12.2 4S15.4 14.5 18 14.5"
        fill="none"
        stroke="var(--accent)"
        stroke-width="2.2"
      />
    </svg>
  )
}

const TONE_KEY = 'tunediff-tone'

/** Light or dark: as the system has it, until it is chosen here. */
function Tone() {
  const [tone, setTone] = useState(firstTone)
  useEffect(() => {
    document.documentElement.dataset.tone = tone
  }, [tone])
  const other = tone === 'dark' ? 'light' : 'dark'
  const change = () => {
    setTone(other)
    remember(other)
  }
  return (
    <button
      type="button"
      class="tone"
      onClick={change}
      aria-label={`Show in ${other} colours`}
      title={`Show in ${other} colours`}
    >
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor" />
      </svg>
    </button>
  )
}

function firstTone(): 'light' | 'dark' {
  const kept = remembered()
  if (kept === 'light' || kept === 'dark') return kept
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** A page that is opened from disk may have no storage. */
function remembered(): string | null {
  try {
    return localStorage.getItem(TONE_KEY)
  } catch {
    return null
  }
}

function remember(tone: string): void {
  try {
    localStorage.setItem(TONE_KEY, tone)
  } catch {
    // It is chosen again the next time.
  }
}
