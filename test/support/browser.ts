// The system's Chromium, for tests of the page as somebody opens it: from a file, watched for everything that it says or asks
// for. Skipped, with a message, where there is none. Not a test itself.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Path of the browser; null where there is none. */
export const browserPath: string | null = process.env.TUNEDIFF_CHROMIUM || found()

if (browserPath === null) {
  console.warn('skipping tests in a browser: no Chromium in PATH, and TUNEDIFF_CHROMIUM names none')
}

function found(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(canRun) ?? null
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath!,
    // Its sandbox does not run for root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })

export const WIDE = { width: 1280, height: 800 }
export const NARROW = { width: 390, height: 844 }

export interface Watched extends AsyncDisposable {
  tab: Page
  /** Messages, errors, dialogs, and requests for anything but the file itself. */
  complaints: string[]
  /** Goes to another place in the page, and waits until it is drawn. */
  go(hash: string): Promise<void>
}

/** Opens a report in a context of its own. */
export async function openFile(
  browser: Browser,
  path: string,
  { hash = '', ...options }: BrowserContextOptions & { hash?: string } = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: WIDE, ...options })
  const tab = await context.newPage()
  const url = pathToFileURL(path).href
  const complaints = watch(tab, url)
  await tab.goto(url + hash)
  if (options.javaScriptEnabled !== false) await drawn(tab)
  return {
    tab,
    complaints,
    async go(to) {
      await tab.evaluate((next) => {
        location.hash = next
      }, to)
      await drawn(tab)
    },
    [Symbol.asyncDispose]: () => context.close(),
  }
}

function watch(tab: Page, url: string): string[] {
  const complaints: string[] = []
  tab.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  tab.on('pageerror', ({ message }) => complaints.push(`error: ${message}`))
  tab.on('dialog', async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    await dialog.dismiss()
  })
  tab.on('request', (request) => {
    const asked = request.url().split('#')[0]!
    if (asked !== url && !/^(blob|data):/.test(asked)) complaints.push(`request: ${asked}`)
  })
  tab.on('requestfailed', (request) => {
    complaints.push(`refused, ${request.failure()?.errorText}: ${request.url()}`)
  })
  return complaints
}

/** When nothing is read any more and what was read is drawn. */
export async function drawn(tab: Page): Promise<void> {
  await tab.waitForFunction(() => {
    const main = document.querySelector('main')
    return main !== null && ![...main.querySelectorAll('p.soft')].some((p) => p.textContent === 'Reading')
  })
  await tab.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))),
  )
}
