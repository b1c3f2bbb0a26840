// What a finding says, block by block, to be looked for in the terminal's output and in the page. Not a test itself.
import type { PageBlock } from '../../src/schema/blocks.ts'
import type { StudyReport } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'

/** White space does not count: terminals break lines. */
export const flat = (text: string): string => text.replace(/\s+/g, '')

/** Every sentence, name of a side, list item and table row. */
export function findingWords({ finding }: StudyReport): string[] {
  return finding.flatMap(wordsOf).map((text) => flat(printable(text)))
}

function wordsOf(block: PageBlock): string[] {
  switch (block.kind) {
    case 'table':
      return [block.columns.map(({ title }) => title).join(''), ...block.rows.map((row) => row.join(''))]
    case 'list':
      return [...block.items]
    case 'verbatim':
      return [...block.lines]
    case 'side':
      return [block.side, ...block.items]
    default:
      return [block.text]
  }
}
