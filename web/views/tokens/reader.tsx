// A document's text, each token in the shade of its divergence. Arrow keys go from token to token, and the exact values of
// the one that is pointed at stand in a panel beside it, which never moves the text.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { type TokenTexts, tokenName, useTokenTexts } from '../../tokenTexts.ts'
import { Panel } from './panel.tsx'
import type { DocumentPage, PageToken } from './rows.ts'

/** Least KL of a shade, in nats. The same for all variants, so that they can be held against each other. */
const SHADES = [1e-4, 1e-3, 1e-2, 1e-1, 1] as const

export function Reader({ page: { tokens, isCut } }: { page: DocumentPage }) {
  const { study } = usePage()
  const texts = useTokenTexts()
  const list = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState(() => mostChanged(tokens))
  const spans = useMemo(
    () => tokens.map((token, at) => <Token key={at} token={token} texts={texts} />),
    [tokens, texts],
  )
  useEffect(() => {
    const span = list.current?.children[active]
    span?.setAttribute('aria-selected', 'true')
    return () => span?.setAttribute('aria-selected', 'false')
  }, [active, spans])
  const onKey = (event: KeyboardEvent) => {
    const next = step(list.current!, active, event.key)
    if (next === null) return
    event.preventDefault()
    setActive(next)
    list.current!.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  const onPoint = (event: Event) => {
    const at = placeIn(list.current!, event.target)
    if (at !== null) setActive(at)
  }
  return (
    <>
      <Shades />
      <div class="reader">
        <div
          class="token-text"
          role="listbox"
          aria-label="Tokens of the document: arrow keys go from one to the next"
          tabIndex={0}
          aria-activedescendant={idOf(tokens[active])}
          ref={list}
          onKeyDown={onKey}
          onMouseOver={onPoint}
          onFocus={onPoint}
          onClick={onPoint}
        >
          {spans}
        </div>
        <Panel token={tokens[active]} texts={texts} />
      </div>
      {'absent' in study.tokens && (
        <p class="small soft">
          Tokens are named by their numbers, since their texts are not in this report:{' '}
          {printable(study.tokens.absent)}.
        </p>
      )}
      {isCut && <p class="small soft">The document goes on: only its first tokens were scored.</p>}
    </>
  )
}

const idOf = (token: PageToken | undefined): string => `token-${token?.position ?? 0}`

function Token({ token, texts }: { token: PageToken; texts: TokenTexts }) {
  const { id, row } = token
  const text = texts[id] || ` token ${id} `
  const isChanged = row !== null && row.baseTop !== row.variantTop
  return (
    <span
      role="option"
      tabIndex={-1}
      id={idOf(token)}
      aria-selected="false"
      aria-label={text.trim() === '' ? tokenName(texts, id) : undefined}
      class={`token ${row === null ? 'unscored' : `shade-${shadeOf(row.kl)}`} ${isChanged ? 'changed' : ''}`}
    >
      {printable(text.replaceAll('\n', '⏎\n').replaceAll('\t', '→\t').replaceAll('\r', '␍'))}
    </span>
  )
}

/** 0: none. */
const shadeOf = (kl: number): number => SHADES.filter((least) => kl >= least).length

function mostChanged(tokens: readonly PageToken[]): number {
  let most = 0
  for (const [at, { row }] of tokens.entries()) if ((row?.kl ?? -1) > (tokens[most]?.row?.kl ?? -1)) most = at
  return most
}

function placeIn(list: HTMLElement, target: EventTarget | null): number | null {
  if (!(target instanceof Element) || target.parentElement !== list) return null
  return Array.prototype.indexOf.call(list.children, target)
}

/** Place of the token that a key leads to; null: the key leads nowhere. */
function step(list: HTMLElement, active: number, key: string): number | null {
  const last = list.children.length - 1
  switch (key) {
    case 'ArrowRight':
      return Math.min(active + 1, last)
    case 'ArrowLeft':
      return Math.max(active - 1, 0)
    case 'ArrowDown':
      return onLine(list, active, 1)
    case 'ArrowUp':
      return onLine(list, active, -1)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

/** The token of the line below or above that begins nearest to this one. */
function onLine(list: HTMLElement, active: number, direction: 1 | -1): number {
  const tokens = list.children as HTMLCollectionOf<HTMLElement>
  const { offsetTop: top, offsetLeft: left } = tokens[active]!
  let best = active
  let line: number | null = null
  for (let at = active + direction; at >= 0 && at < tokens.length; at += direction) {
    const token = tokens[at]!
    if (token.offsetTop === top) continue
    if (line !== null && token.offsetTop !== line) break
    if (line === null || Math.abs(token.offsetLeft - left) < Math.abs(tokens[best]!.offsetLeft - left))
      best = at
    line = token.offsetTop
  }
  return best
}

function Shades() {
  return (
    <ul class="legend">
      {SHADES.map((least, at) => (
        <li key={least}>
          <span class={`shade-sample shade-${at + 1}`} />
          {at === 0 ? `from ${least} nats` : String(least)}
        </li>
      ))}
      <li>
        <span class="changed">word</span> the first choice changed
      </li>
    </ul>
  )
}
