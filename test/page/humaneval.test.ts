// The page of published answers on HumanEval: GPT-4 plain, in Reflexion, and Reflexion's programs debugged by LDB. A few
// problems of the logs, judged here.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserPath, launch, NARROW, openFile, type Watched, WIDE } from '../support/browser.ts'
import { chartFaults, overflow } from '../support/pageChecks.ts'
import { reportOf, succeed } from '../support/pages.ts'
import { scaffoldStudy } from '../support/scaffolds.ts'
import { sharedHumanEval, sharedLog } from '../support/shared.ts'
import { TinyStudy } from '../support/tinyStudy.ts'

const LONG_MS = 120_000
/** Reflexion broke 38 of these and fixed 41, 83, 91 and 133; LDB fixed 38 and 84. */
const PROBLEMS = [0, 1, 2, 38, 41, 83, 84, 91, 133].map((number) => `HumanEval/${number}`)

describe.skipIf(browserPath === null || sharedHumanEval === null)('published answers', () => {
  const tiny = new TinyStudy()
  let browser: Browser
  let page: Watched

  const log = (name: string): string => {
    const rows = readFileSync(sharedLog(name), 'utf8').split('\n')
    const chosen = rows.filter((row) => row !== '' && PROBLEMS.includes(JSON.parse(row).task_id as string))
    writeFileSync(tiny.path(name), `${chosen.join('\n')}\n`)
    return name
  }

  beforeAll(async () => {
    const study = tiny.path('logs.yaml')
    writeFileSync(study, scaffoldStudy(log))
    await succeed(tiny, 'run', study)
    browser = await launch()
    page = await openFile(browser, await reportOf(tiny, 'logs.html', study))
  }, LONG_MS)
  afterAll(async () => {
    await browser?.close()
    tiny[Symbol.dispose]()
  })

  const heading = async () => (await page.tab.locator('main h1').textContent())!
  const text = async () => (await page.tab.locator('main').textContent())!

  test('flips of each side come in their order, one after the other', async () => {
    const seen: string[] = []
    await page.go('#/pair/humaneval?variant=reflexion')
    for (let at = 1; at <= 5; at++) {
      // The address changes before the view does.
      await expect.poll(text, { timeout: 5000 }).toContain(`Flip ${at} of 5`)
      seen.push((await heading()).split(':')[0]!)
      if (at < 5) await page.tab.getByRole('link', { name: 'Next flip' }).click()
    }
    expect(seen).toEqual([38, 41, 83, 91, 133].map((number) => `HumanEval/${number}`))
    expect(await page.tab.getByRole('link', { name: 'Next flip' }).count()).toBe(0)
    await page.go('#/pair/humaneval/HumanEval%2F84?variant=ldb')
    expect(await heading()).toBe('HumanEval/84: ldb passes what reflexion fails')
    expect(await text()).toContain('Flip 2 of 2')
  })

  test('a failure says what it was, and where the log is of another mind', async () => {
    await page.go('#/pair/humaneval/HumanEval%2F133?variant=reflexion')
    const base = await page.tab.locator('.pair-answer.base').textContent()
    expect(base).toContain('missing-name: a name that is not defined')
    expect(base).toContain("NameError: name 'math' is not defined")
    expect(base).toContain('Its log says that this answer passed. Judged here, it did not.')
    const variant = await page.tab.locator('.pair-answer.variant').textContent()
    expect(variant).toContain('pass')
    expect(variant).not.toContain('Its log')
  })

  test('what a scaffold tried on its way stands there in order', async () => {
    await page.go('#/pair/humaneval/HumanEval%2F84?variant=ldb')
    const attempts = page.tab.locator('.pair-attempts details')
    const titles = await page.tab.locator('.pair-attempts summary').allTextContents()
    const row = readFileSync(sharedLog('gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl'), 'utf8')
      .split('\n')
      .find((line) => line.includes('"HumanEval/84"'))!
    const { implementations, token_nums } = JSON.parse(row) as {
      implementations: string[]
      token_nums: number
    }
    const own = titles.filter((title) => title.includes(` of ${implementations.length}: a`))
    expect(own).toHaveLength(implementations.length)
    expect(own.at(-1)).toContain(`${token_nums.toLocaleString('en')} tokens`)
    const last = attempts.last()
    await last.locator('summary').click()
    const last2 = await last.locator('.text').first().textContent()
    expect(last2).toBe(implementations.at(-1))
  })

  test('words that differ are marked in lines that stand for each other', async () => {
    await page.go('#/pair/humaneval/HumanEval%2F91?variant=reflexion')
    const marked = (of: string) => page.tab.locator(`.pair-answer.${of} mark`).allTextContents()
    expect(await marked('base')).toContain('boredoms')
    expect(await marked('variant')).toContain('count')
    // Code has the colours of code.
    expect(await page.tab.locator('.pair-answer.variant .code-keyword').allTextContents()).toContain('return')
  })

  test('every view fits into its window, and complains of nothing', async () => {
    for (const size of [NARROW, WIDE]) {
      await page.tab.setViewportSize(size)
      for (const view of [
        'finding',
        'leaderboard',
        'tasks',
        'flips',
        'pair',
        'weights',
        'tokens',
        'training',
      ]) {
        await page.go(`#/${view}`)
        expect((await text()).length, view).toBeGreaterThan(100)
        const looks = { view, wider: await overflow(page.tab), faults: await chartFaults(page.tab) }
        expect(looks).toEqual({ view, wider: 0, faults: [] })
      }
    }
    expect(page.complaints).toEqual([])
  })
})
