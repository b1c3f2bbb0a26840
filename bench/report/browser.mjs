// How long a report takes in Chromium: from navigation to the finding, each move between views, the answers to a problem opened.
// What is painted is taken to be painted two animation frames later.
import { chromium } from 'playwright-core'

const VIEWS = ['finding', 'leaderboard', 'tasks', 'flips', 'pair', 'weights', 'tokens', 'training']
const READ_MS = 1000
const ROUNDS = 5

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.TUNEDIFF_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
}

/**
 * Of the finding shown, of each move and of a pair opened: `ms` on the clock and `cpuMs` of the page's main thread, which other
 * work on the machine changes less. The first time reads what the view needs; `later` is the slowest of the later times.
 */
export async function measurePage(browser, url, { task, problems }) {
  const shown = []
  for (let round = 0; round < ROUNDS; round++) {
    const { page, cpuMs } = await openPage(browser, url)
    shown.push({ ms: await page.evaluate(() => window.shownMs), cpuMs: await cpuMs() })
    await page.context().close()
  }
  const { page, cpuMs } = await openPage(browser, url)
  // Whoever moves on has read something first.
  await page.waitForTimeout(READ_MS)
  const timed = async (act, argument) => {
    const before = await cpuMs()
    const ms = await page.evaluate(act, argument)
    return { ms, cpuMs: (await cpuMs()) - before }
  }
  const moves = new Map(VIEWS.map((view) => [view, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const view of [...VIEWS.slice(1), VIEWS[0]]) moves.get(view).push(await timed(move, `#/${view}`))
  const pairs = []
  for (let i = 0; i < ROUNDS; i++) {
    const problem = problems[Math.floor(((i + 0.5) / ROUNDS) * problems.length)]
    pairs.push(await timed(openPair, { task, problem }))
  }
  const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0)
  await page.context().close()
  const rows = [...moves].map(([view, times]) => [`to ${view}`, times])
  return { shown: of(shown, median), rows: [...rows, ['a pair opened', pairs]].map(summed), memory }
}

const of = (times, take) => ({
  ms: take(times.map(({ ms }) => ms)),
  cpuMs: take(times.map(({ cpuMs }) => cpuMs)),
})

const summed = ([name, [first, ...later]]) => ({
  name,
  first,
  later: of(later, (values) => Math.max(...values)),
})

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

async function openPage(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  page.on('pageerror', (error) => process.stderr.write(`${error}\n`))
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const cpuMs = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value
  }
  await page.addInitScript(() => {
    const look = () => {
      if (!document.querySelector('main[data-view="finding"] h1')) return
      observer.disconnect()
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          window.shownMs = performance.now()
        }),
      )
    }
    const observer = new MutationObserver(look)
    observer.observe(document, { childList: true, subtree: true })
  })
  await page.goto(url, { waitUntil: 'commit' })
  await page.waitForFunction(() => window.shownMs !== undefined, null, { timeout: 60_000 })
  return { page, cpuMs }
}

/** In the page: ms until the view is there, with what it reads. */
async function move(hash) {
  const view = /^#\/([a-z]+)/.exec(hash)[1]
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const start = performance.now()
  location.hash = hash
  for (;;) {
    await frame()
    const main = document.querySelector('main')
    const isReading = [...main.querySelectorAll('[aria-live]')].some((one) => one.textContent === 'Reading')
    if (main.dataset.view === view && !isReading) break
  }
  await frame()
  return performance.now() - start
}

/** In the page: ms until both answers to a problem are there. */
async function openPair({ task, problem }) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const start = performance.now()
  location.hash = `#/pair/${[task, problem].map(encodeURIComponent).join('/')}`
  for (;;) {
    await frame()
    const main = document.querySelector('main')
    const isReading = [...main.querySelectorAll('[aria-live]')].some((one) => one.textContent === 'Reading')
    if (main.querySelector('h1')?.textContent.includes(`${problem}:`) && !isReading) break
  }
  await frame()
  return performance.now() - start
}
