// The pages of the whole demo and of all published answers, judged here: minutes of work, so under `npm run soak`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/schema/report.ts'
import { launch, NARROW, openFile, WIDE } from '../support/browser.ts'
import { type CliResult, root, tunediffProcess } from '../support/cli.ts'
import { findingWords, flat } from '../support/findingWords.ts'
import { axeFindings, chartFaults, overflow, textOnScreen } from '../support/pageChecks.ts'
import { scaffoldStudy } from '../support/scaffolds.ts'
import { sharedHumanEval } from '../support/shared.ts'

const LONG_MS = 900_000
const VIEWS = ['finding', 'leaderboard', 'tasks', 'flips', 'pair', 'weights', 'tokens', 'training']

export function describeWhole(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-whole-'))
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function succeed(...args: string[]): Promise<CliResult> {
    const result = await tunediffProcess(args, { cache: join(folder, 'cache') })
    expect(result.code, result.stderr).toBe(0)
    return result
  }

  describe.each(sharedHumanEval === null ? ['study'] : ['study', 'logs'])('the page of %s', (name) => {
    const page = join(folder, `${name}.html`)
    let said = ''
    let report: Report

    beforeAll(async () => {
      const study = name === 'logs' ? join(folder, 'logs.yaml') : join(root, 'assets/demo', `${name}.yaml`)
      if (name === 'logs') writeFileSync(study, scaffoldStudy())
      const output = join(folder, name)
      const run = await succeed('run', study, '-o', output)
      said = run.stdout
      await succeed('report', output, '-o', page)
      await succeed('report', output, '--json', '-o', `${page}.json`)
      report = JSON.parse(readFileSync(`${page}.json`, 'utf8')) as Report
    }, LONG_MS)

    test('says what the terminal says, word for word, the finding on its first screen', async () => {
      await using open = await openFile(browser, page)
      const shown = flat((await open.tab.locator('main').textContent())!)
      const [study] = report.studies
      for (const words of findingWords(study!)) {
        expect(shown).toContain(words)
        expect(flat(said)).toContain(words)
      }
      for (const viewport of [WIDE, NARROW]) {
        await using narrow = await openFile(browser, page, { viewport })
        const text = flat(await textOnScreen(narrow.tab))
        const [figure] = study!.keyFigures
        for (const words of [figure!.delta, figure!.interval, figure!.basis, figure!.zero])
          expect(text).toContain(flat(words))
        expect(text).toContain(findingWords(study!)[0])
      }
    })

    test.each(['light', 'dark'] as const)(
      'every view in %s colours: fits, can be read, asks for nothing',
      async (colorScheme) => {
        await using open = await openFile(browser, page, { bypassCSP: true, colorScheme })
        for (const view of VIEWS) {
          for (const size of [NARROW, WIDE]) {
            await open.tab.setViewportSize(size)
            await open.go(`#/${view}`)
            const looks = {
              view,
              wider: await overflow(open.tab),
              faults: await chartFaults(open.tab),
              axe: await axeFindings(open.tab, false),
            }
            expect(looks).toEqual({ view, wider: 0, faults: [], axe: [] })
          }
        }
        expect(open.complaints).toEqual([])
      },
      LONG_MS,
    )

    test('is verified from its own rows', async () => {
      const { stdout } = await succeed('verify', page)
      expect(stdout).toMatch(/figures of \d+ files recomputed: all equal/)
    })
  })
}
