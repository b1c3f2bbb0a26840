// What every view gets, and how it waits for a shard.
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { StudyReport } from '../src/schema/report.ts'
import type { Route } from './router.ts'
import { href } from './router.ts'
import type { Source } from './source.ts'

export interface Page {
  source: Source
  study: StudyReport
  /** Index of the study in the report. */
  index: number
  route: Route
}

export const PageContext = createContext<Page | null>(null)

export function usePage(): Page {
  return useContext(PageContext)!
}

/** A link to a view of the study that is shown. */
export function usePageLink(): (
  view: string,
  parts?: readonly string[],
  query?: Record<string, string>,
) => string {
  const { index } = usePage()
  return (view, parts, query = {}) =>
    href(view, parts, index === 0 ? query : { ...query, study: String(index) })
}

export type Loaded<T> =
  | { state: 'loading' }
  | { state: 'failed'; message: string }
  | { state: 'done'; value: T }

/** Reads again whenever the key changes; what an earlier key gave is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<{ key: string; is: Loaded<T> }>({ key, is: { state: 'loading' } })
  useEffect(() => {
    let isCurrent = true
    const set = (is: Loaded<T>) => {
      if (isCurrent) setLoaded({ key, is })
    }
    load().then(
      (value) => set({ state: 'done', value }),
      (error: unknown) =>
        set({ state: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      isCurrent = false
    }
  }, [key])
  return loaded.key === key ? loaded.is : { state: 'loading' }
}
