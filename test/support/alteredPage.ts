// A report's page with something in it changed: its summary, a shard, its text. Not a test itself.
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Report } from '../../src/schema/report.ts'
import { element } from './handReport.ts'

const ELEMENT = /<script type="application\/octet-stream" id="([a-z0-9-]+)">([^<]*)<\/script>\n?/g

/** What a page carries, by id, decompressed. */
export type Contents = Map<string, Buffer>

/** The page with its contents changed. */
export function alterPage(page: string, change: (contents: Contents) => void): string {
  const contents: Contents = new Map()
  for (const [, id, base64] of page.matchAll(ELEMENT))
    contents.set(id!, gunzipSync(Buffer.from(base64!, 'base64')))
  change(contents)
  return page.replace(ELEMENT, (_: string, id: string) => {
    const bytes = contents.get(id)
    return bytes ? `${element(id, gzipSync(bytes))}\n` : ''
  })
}

/** The summary changed, as JSON. */
export const inSummary =
  (change: (report: Report) => void) =>
  (contents: Contents): void => {
    const before = contents.get('summary')!.toString()
    const summary = JSON.parse(before) as Report
    change(summary)
    const after = JSON.stringify(summary)
    if (after === before) throw new Error('the summary is as it was')
    contents.set('summary', Buffer.from(after))
  }

/** One shard of JSON changed; its size is told as it then is. */
export const inView =
  <T>(name: string, change: (view: T) => void) =>
  (contents: Contents): void => {
    const view = JSON.parse(contents.get(name)!.toString()) as T
    change(view)
    setShard(contents, name, Buffer.from(JSON.stringify(view)))
  }

export function setShard(contents: Contents, name: string, bytes: Buffer): void {
  contents.set(name, bytes)
  const summary = JSON.parse(contents.get('summary')!.toString()) as Report
  summary.shards[name] = { bytes: bytes.length }
  contents.set('summary', Buffer.from(JSON.stringify(summary)))
}
