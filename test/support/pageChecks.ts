// What is looked at in every view, in the browser: texts on the screen, what is wider than it, charts whose texts lie on each
// other, rules of accessibility. Not a test itself.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Text that can be seen without scrolling, its white space as one blank. */
export const textOnScreen = (tab: Page): Promise<string> =>
  tab.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const seen: string[] = []
    const range = document.createRange()
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement!
      if (!parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
      range.selectNodeContents(node)
      const { top, bottom, left, right, width } = range.getBoundingClientRect()
      const isInside = top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth
      if (isInside && width > 1) seen.push(node.textContent ?? '')
      else if (width > 1) seen.push(' ')
    }
    return seen.join(' ').replace(/\s+/g, ' ')
  })

/** Pixels that the page is wider than its window. */
export const overflow = (tab: Page): Promise<number> =>
  tab.evaluate(() => document.documentElement.scrollWidth - innerWidth)

/** Pairs of texts that lie on each other, and texts that are cut, in the charts of a view. */
export const chartFaults = (tab: Page): Promise<string[]> =>
  tab.evaluate(() => {
    const faults: string[] = []
    for (const canvas of document.querySelectorAll('.chart-canvas')) {
      const frame = canvas.getBoundingClientRect()
      const [left, right] = [frame.left - canvas.scrollLeft, frame.left + canvas.scrollWidth]
      const texts = [...canvas.querySelectorAll('svg text')]
        .map((element) => ({ text: element.textContent ?? '', box: element.getBoundingClientRect() }))
        .filter(({ text, box }) => text.trim() !== '' && box.width > 0)
      for (const [at, { text, box }] of texts.entries()) {
        if (
          box.left < left - 1 ||
          box.right > right + 1 ||
          box.top < frame.top - 1 ||
          box.bottom > frame.bottom + 1
        ) {
          faults.push(`cut: ${text}`)
        }
        for (const other of texts.slice(at + 1)) {
          const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left)
          const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top)
          // Boxes of lines are higher than their letters; marks of several instances may be one and the same.
          if (across > 1 && down > 3 && text !== other.text) faults.push(`${text} on ${other.text}`)
        }
      }
    }
    return faults
  })

/** Serious and critical findings of axe-core, of contrast alone or of all. The context must bypass the page's policy. */
export async function axeFindings(tab: Page, isContrastAlone: boolean): Promise<string[]> {
  if (!(await tab.evaluate(() => 'axe' in globalThis))) await tab.addScriptTag({ content: axeSource })
  return tab.evaluate(async (contrastAlone) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run(document, {
      resultTypes: ['violations'],
      ...(contrastAlone ? { runOnly: { type: 'rule', values: ['color-contrast'] } } : {}),
    })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`),
      )
  }, isContrastAlone)
}
