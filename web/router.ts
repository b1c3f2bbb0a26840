// Deep links: `#/flips/HumanEval?variant=lora` names a view, its parts, and what is chosen in it. The address is the state, so
// a link that is sent shows what the sender saw, and Back goes back.
import { useEffect, useState } from 'preact/hooks'

export interface Route {
  /** The first part; empty: the first view. */
  view: string
  parts: readonly string[]
  query: Readonly<Record<string, string>>
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?')
  const [view = '', ...parts] = path.split('/').map(decoded)
  return { view, parts, query: Object.fromEntries(new URLSearchParams(search)) }
}

/** A part that somebody wrote by hand need not be well-formed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Half a character, which an id in JSON may be, has no place in an address. */
const encoded = (part: string): string => encodeURIComponent(part.replace(/\p{Surrogate}/gu, '\ufffd'))

export function href(
  view: string,
  parts: readonly string[] = [],
  query: Record<string, string> = {},
): string {
  const search = new URLSearchParams(query).toString()
  return `#/${[view, ...parts].map(encoded).join('/')}${search === '' ? '' : `?${search}`}`
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash))
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}

/** Goes to another place without an entry of its own in the history: for what is chosen within a view. */
export function replaceRoute(to: string): void {
  history.replaceState(null, '', to)
  dispatchEvent(new HashChangeEvent('hashchange'))
}
