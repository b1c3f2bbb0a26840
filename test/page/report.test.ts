// The page as somebody opens it, from a file: every view, in light and dark, on a wide and on a narrow screen, by key, and with
// answers in it that mean harm.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'
import { browserPath, drawn, launch, NARROW, openFile, type Watched, WIDE } from '../support/browser.ts'
import { findingWords, flat } from '../support/findingWords.ts'
import { axeFindings, chartFaults, overflow, textOnScreen } from '../support/pageChecks.ts'
import { HOSTILE, recordedStudy, reportOf, succeed, trainedStudy } from '../support/pages.ts'
import { isSoak } from '../support/soak.ts'
import { TinyStudy } from '../support/tinyStudy.ts'
import { describeWhole } from './whole.ts'

const LONG_MS = 120_000
const VIEWS = ['finding', 'leaderboard', 'tasks', 'flips', 'pair', 'weights', 'tokens', 'training'] as const
/** Index of the study of recorded answers; the trained one is the first. */
const RECORDED = '?study=1'
const PLACES = VIEWS.flatMap((view) => [`#/${view}`, `#/${view}${RECORDED}`])

describe.skipIf(browserPath === null)('a report in a browser', () => {
  const tiny = new TinyStudy()
  let browser: Browser
  /** Both studies; the trained one alone. */
  let [both, one] = ['', '']
  /** Of both. */
  let report: Report
  let shown: Watched

  beforeAll(async () => {
    browser = await launch()
    const trained = trainedStudy(tiny)
    const recorded = recordedStudy(tiny)
    for (const study of [trained, recorded]) await succeed(tiny, 'run', study)
    both = await reportOf(tiny, 'both.html', trained, recorded)
    one = await reportOf(tiny, 'one.html', trained)
    report = JSON.parse((await tiny.run(['report', trained, recorded, '--json'])).stdout) as Report
    shown = await openFile(browser, both)
  }, LONG_MS)
  afterAll(async () => {
    await browser?.close()
    tiny[Symbol.dispose]()
  })

  test(
    'every view has something to show, in both studies, and complains of nothing',
    async () => {
      for (const place of PLACES) {
        await shown.go(place)
        const heading = await shown.tab.locator('main h1').first().textContent()
        expect(heading, place).toMatch(/\w{3}/)
        const text = (await shown.tab.locator('main').textContent())!
        expect(text.length, place).toBeGreaterThan(120)
      }
      expect(shown.complaints).toEqual([])
    },
    LONG_MS,
  )

  test.each([WIDE, NARROW])(
    'nothing is wider than a screen of $width, and no text in a chart lies on another',
    async (size) => {
      await shown.tab.setViewportSize(size)
      for (const place of PLACES) {
        await shown.go(place)
        expect({ place, wider: await overflow(shown.tab) }).toEqual({ place, wider: 0 })
        expect({ place, faults: await chartFaults(shown.tab) }).toEqual({ place, faults: [] })
      }
      await shown.tab.setViewportSize(WIDE)
    },
    LONG_MS,
  )

  test.each(['light', 'dark'] as const)(
    'no serious finding of axe-core in %s colours',
    async (colorScheme) => {
      await using open = await openFile(browser, both, { bypassCSP: true, colorScheme })
      expect(await open.tab.evaluate(() => document.documentElement.dataset.tone)).toBe(colorScheme)
      for (const place of PLACES) {
        await open.go(place)
        expect({ place, found: await axeFindings(open.tab, colorScheme === 'dark') }).toEqual({
          place,
          found: [],
        })
      }
    },
    LONG_MS,
  )

  test.each([WIDE, NARROW])(
    'the first screen of $width tells the finding, a figure, n and the zero line',
    async (viewport) => {
      await using open = await openFile(browser, one, { viewport })
      const text = await textOnScreen(open.tab)
      const [study] = report.studies
      const [first] = study!.finding
      const [figure] = study!.keyFigures
      expect(first).toMatchObject({ kind: 'finding' })
      const told = [
        (first as { text: string }).text,
        figure!.delta,
        figure!.interval,
        figure!.basis,
        figure!.zero,
      ]
      for (const words of told) expect(text).toContain(printable(words).replace(/\s+/g, ' ').trim())
      expect(figure!.interval).toMatch(/^\[.+, .+\]$/)
    },
  )

  test('the finding is that of the terminal, word for word', async () => {
    const { stdout } = await tiny.run(['run', tiny.path('trained.yaml')])
    await using open = await openFile(browser, one)
    const shown = flat((await open.tab.locator('main').textContent())!)
    const words = findingWords(report.studies[0]!)
    expect(words.length).toBeGreaterThan(5)
    for (const said of words) {
      expect(shown).toContain(said)
      expect(flat(stdout)).toContain(said)
    }
  })

  test('without scripts it still says what was found', async () => {
    await using open = await openFile(browser, one, { javaScriptEnabled: false })
    const { finding } = report.studies[0]!
    const { text } = finding[0] as { text: string }
    const said = open.tab.locator('noscript')
    expect(await said.textContent()).toContain(text)
    const ofSides = finding.flatMap((block) => (block.kind === 'side' ? [block.side, ...block.items] : []))
    expect(ofSides.length).toBeGreaterThan(3)
    const paragraphs = await said.locator('p, h2').allTextContents()
    expect(paragraphs.map(flat)).toEqual(expect.arrayContaining(ofSides.map(flat)))
    expect((await said.boundingBox())!.height).toBeGreaterThan(10)
  })

  test('a link shows what the sender saw, and Back goes back', async () => {
    const hash = '#/pair/problems/Demo%2F16?study=1&variant=variant'
    await using open = await openFile(browser, both, { hash })
    const heading = open.tab.locator('main h1')
    expect(await heading.textContent()).toBe('Demo/16: variant fails what base passes')
    await open.go(`#/tasks${RECORDED}`)
    await open.tab.goBack()
    await drawn(open.tab)
    expect(await heading.textContent()).toMatch(/^Demo\/16: /)
    await open.go('#/no-such-view/%E0%A4%A?study=77')
    expect(flat((await heading.first().textContent())!)).toBe(findingWords(report.studies[0]!)[0])
    expect(open.complaints).toEqual([])
  })

  test(
    'all of it is reached by key',
    async () => {
      await using open = await openFile(browser, both, { hash: `#/finding${RECORDED}` })
      const { tab } = open
      await tabTo(tab, 'nav a[href^="#/flips"]')
      await tab.keyboard.press('Enter')
      await drawn(tab)
      expect(await tab.locator('main').getAttribute('data-view')).toBe('flips')
      await tabTo(tab, '[role="grid"] *, [role="grid"]')
      await tab.keyboard.press('ArrowRight')
      await tab.keyboard.press('Enter')
      await drawn(tab)
      expect(await tab.locator('main').getAttribute('data-view')).toBe('pair')
      const position = tab.locator('.pair-steps [aria-live]')
      expect(await position.textContent()).toMatch(/^Flip 2 of \d+$/)
      await tab.keyboard.press(']')
      await drawn(tab)
      expect(await position.textContent()).toMatch(/^Flip 3 of \d+$/)
      await tab.keyboard.press('ArrowLeft')
      await drawn(tab)
      expect(await position.textContent()).toMatch(/^Flip 2 of \d+$/)
      await tabTo(tab, '#pair-problem')
      // Brackets are typed here, and go nowhere.
      await tab.keyboard.type('Demo/1[')
      expect(await position.textContent()).toMatch(/^Flip 2 of \d+$/)
      await tab.keyboard.press('Backspace')
      await tab.keyboard.press('Enter')
      await drawn(tab)
      expect(await tab.locator('main h1').textContent()).toMatch(/^Demo\/1: /)
      expect(open.complaints).toEqual([])
    },
    LONG_MS,
  )

  test('a table is sorted by key, by the numbers in its cells', async () => {
    await using open = await openFile(browser, both, { hash: '#/weights' })
    const { tab } = open
    await tab.locator('details summary').first().focus()
    await tab.keyboard.press('Enter')
    const table = tab.locator('details[open] table').first()
    const title = table.locator('thead th').nth(1)
    await title.locator('button').focus()
    await tab.keyboard.press('Enter')
    expect(await title.getAttribute('aria-sort')).toBe('descending')
    const numbers = (await table.locator('tbody tr > :nth-child(2)').allTextContents())
      .map((text) => Number(/[+-]?[\d.]+(e[+-]\d+)?/.exec(text.replaceAll(',', ''))?.[0]))
      .filter((value) => !Number.isNaN(value))
    expect(numbers.length).toBeGreaterThan(1)
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a))
  })

  test(
    'answers that mean harm are shown as text, and run nothing',
    async () => {
      await using open = await openFile(browser, both, { hash: `#/pair${RECORDED}` })
      const { tab } = open
      for (const [at, text] of HOSTILE.entries()) {
        await open.go(`#/pair/problems/Demo%2F${at}?study=1&variant=hostile`)
        const answer = tab.locator('.pair-answer.variant')
        const start = printable(text).slice(0, 150_000)
        expect((await answer.textContent())!.includes(start), text.slice(0, 60)).toBe(true)
        const all = answer.getByRole('button', { name: 'Show all' })
        expect(await all.count()).toBe(text.length > 200_000 ? 1 : 0)
        if (await all.count()) await all.click()
        expect((await answer.textContent())!.includes(printable(text))).toBe(true)
        expect(await overflow(tab)).toBe(0)
      }
      expect(await tab.evaluate(() => 'harmed' in window)).toBe(false)
      expect(open.complaints).toEqual([])
    },
    LONG_MS,
  )

  test('its policy lets no other script run and nothing be asked for', async () => {
    const path = tiny.path('changed.html')
    const more =
      '<script>window.harmed = 9</script><img src="https://harm.example/z.png" onerror="window.harmed = 10">'
    writeFileSync(
      path,
      readFileSync(one, 'utf8').replace('</body>', () => `${more}</body>`),
    )
    await using open = await openFile(browser, path)
    const { tab } = open
    expect(await tab.locator('main h1').first().textContent()).not.toBe('')
    const asked = await tab.evaluate(() => fetch('https://harm.example/').then(String, () => 'refused'))
    expect(asked).toBe('refused')
    expect(await tab.evaluate(() => 'harmed' in window)).toBe(false)
    expect(open.complaints).toContainEqual('refused, csp: https://harm.example/z.png')
  })

  /** The first picture of the view as a file. */
  async function saved(kind: 'SVG' | 'PNG'): Promise<{ name: string; bytes: Buffer }> {
    const button = shown.tab.getByRole('button', { name: kind, exact: true }).first()
    const [file] = await Promise.all([shown.tab.waitForEvent('download'), button.click()])
    return { name: file.suggestedFilename(), bytes: readFileSync((await file.path())!) }
  }

  test.each([
    ['#/weights', /^weights[\w.-]*$/],
    [`#/flips${RECORDED}&variant=variant`, /^flips-problems-variant\.\w+$/],
  ])('the picture of %s is saved as SVG and as PNG', async (place, name) => {
    await shown.go(place)
    const [svg, png] = [await saved('SVG'), await saved('PNG')]
    for (const file of [svg, png]) expect(file.name).toMatch(name)
    // Colours are written out: a file has no theme.
    expect(svg.bytes.toString('utf8')).toMatch(/^<svg /)
    expect(svg.bytes.toString('utf8')).not.toContain('var(--')
    expect(png.bytes.subarray(1, 4).toString('latin1')).toBe('PNG')
    expect(png.bytes.length).toBeGreaterThan(2000)
  })

  test('the picture and the table of flips have every problem once, and say what became of them', async () => {
    await shown.go(`#/flips${RECORDED}&variant=variant`)
    const study = report.studies[1]!
    const { lost, gained, sentence } = study.results.pairs.find(({ side }) => side === 'variant')!.report
    const problems = study.tasks[0]!.problems.length
    const svg = (await saved('SVG')).bytes.toString('utf8')
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text)
    expect(texts.join(' ')).toContain(sentence)
    expect(texts).toContain(`${lost.length} broken`)
    expect(texts).toContain(`${gained.length} fixed`)
    expect(shapes(svg, ['#a8480a'])).toBe(lost.length)
    expect(shapes(svg, ['#14609f'])).toBe(gained.length)
    expect(shapes(svg, GROUNDS)).toBe(problems)
    expect(shapes(svg, MARKS)).toBe(problems)
    const rows = shown.tab.locator('.numbers tbody tr')
    expect(await rows.count()).toBe(problems)
    expect(await rows.first().locator('td').allTextContents()).toEqual(['broken', 'pass', 'wrong'])
    const link = await rows.first().locator('a').getAttribute('href')
    expect(link).toBe(await shown.tab.locator('.flip-counts a').getAttribute('href'))
  })

  test('a tile of the picture has a mark for every answer of every training', async () => {
    const { runs, tasks } = report.studies[0]!
    const { name, problems } = tasks[0]!
    await shown.go(`#/flips/${name}?variant=lora`)
    const svg = (await saved('SVG')).bytes.toString('utf8')
    const answers = runs.filter(({ task, side }) => task === name && side === 'lora')
    expect(answers).toHaveLength(2)
    expect(shapes(svg, MARKS)).toBe(answers.reduce((sum, { outcomes }) => sum + outcomes.length, 0))
    expect(shapes(svg, GROUNDS)).toBe(problems.length)
  })

  test('a row of the picture of changes leads where that of its table does', async () => {
    await shown.go('#/tasks?by=variant')
    const band = shown.tab.locator('.chart svg [data-row]').last()
    const row = Number(await band.getAttribute('data-row'))
    const effect = report.studies[0]!.results.effects[row]!
    expect(await band.textContent()).toBe(`Flips of ${effect.side} on ${effect.task}`)
    const to = await shown.tab.locator('.numbers tbody tr a').nth(row).getAttribute('href')
    await band.click()
    await drawn(shown.tab)
    expect(await shown.tab.evaluate(() => location.hash)).toBe(to)
    expect(await shown.tab.locator('main h1').textContent()).toBe('Flips')
  })
})

if (isSoak && browserPath !== null) describe('whole studies', describeWhole)

/** Of tiles and of what stands in them, in light colours. */
const GROUNDS = ['#fbe6d6', '#dcebf7', '#f3f1ec']
const MARKS = ['#a8480a', '#14609f', 'none']

/** How many shapes in these fills stand below the words of a picture of flips. */
function shapes(svg: string, fills: readonly string[]): number {
  const tiles = svg.slice(svg.lastIndexOf('</text>'))
  const paths = [...tiles.matchAll(/<path fill="([^"]+)"[^>]* d="([^"]+)"/g)]
  return paths.reduce((sum, [, fill, d]) => sum + (fills.includes(fill!) ? d!.split('M').length - 1 : 0), 0)
}

/** Presses Tab until something that fits has the focus. */
async function tabTo(tab: Page, selector: string): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await tab.keyboard.press('Tab')
    if (await tab.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
  }
  throw new Error(`Tab does not reach ${selector}`)
}
