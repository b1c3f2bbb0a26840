// What a finding says, block by block, to be looked for in the terminal's output and in the page. Not a test itself.
import type { PageBlock } from '../../src/schema/blocks.ts'
import type { StudyReport } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'

/** White space does not count: terminals break lines. */
export const flat = (text: string): string => text.replace(/\s+/g, '')

/** Every sentence, list item and table row; the name of a side in front of what is said of it apart, as the page has it. */
export function findingWords({ finding, results }: StudyReport): string[] {
  const prefixes = results.asked.sides.map(({ name }) => `${name}: `)
  return finding.flatMap((block) => wordsOf(block, prefixes)).map((text) => flat(printable(text)))
}

function wordsOf(block: PageBlock, prefixes: readonly string[]): string[] {
  switch (block.kind) {
    case 'table':
      return [block.columns.map(({ title }) => title).join(''), ...block.rows.map((row) => row.join(''))]
    case 'list':
      return [...block.items]
    case 'verbatim':
      return [...block.lines]
    default: {
      const prefix = prefixes.find((one) => block.text.startsWith(one))
      return prefix ? [prefix.slice(0, -2), block.text.slice(prefix.length)] : [block.text]
    }
  }
}
