// The finding of a study as it is read: the headline, its variants as a table, sentences on each and on the study, what to
// know before it is quoted, and what failed. Every number stands in results.json.
import type { PageBlock } from '../schema/blocks.ts'
import type { Results, Statement } from '../schema/results.ts'
import { plural } from '../util/text.ts'
import { findingTables } from './findingTables.ts'
import { seedTable } from './seedTable.ts'
import { cellName } from './studyPlan.ts'

const MAX_WARNINGS = 10

export function findingBlocks(results: Results): PageBlock[] {
  const { headline, variants, study } = results.findings
  return [
    { kind: 'finding', text: headline.text },
    ...findingTables(results),
    ...variants.map(({ side, sentences }): PageBlock => ({ kind: 'side', side, items: textsOf(sentences) })),
    ...studyBlocks(study),
    ...seedTable(results),
    ...warningBlocks(results),
    ...failedBlocks(results),
  ]
}

const textsOf = (statements: readonly Statement[]): string[] => statements.map(({ text }) => text)

function studyBlocks(statements: readonly Statement[]): PageBlock[] {
  if (statements.length === 0) return []
  return [
    { kind: 'heading', text: 'The study as a whole' },
    { kind: 'list', items: textsOf(statements) },
  ]
}

function warningBlocks({ warnings }: Results): PageBlock[] {
  if (warnings.length === 0) return []
  const items = warnings.slice(0, MAX_WARNINGS).map(({ message }) => message)
  const more = warnings.length - items.length
  return [
    { kind: 'heading', text: 'Know before you quote' },
    { kind: 'list', items: more > 0 ? [...items, `and ${more} more (results.json lists all)`] : items },
  ]
}

function failedBlocks({ asked: { cells } }: Results): PageBlock[] {
  const failed = cells.filter(({ state }) => state === 'failed')
  const missing = cells.filter(({ state }) => state === 'missing').length
  if (failed.length + missing === 0) return []
  const without = missing > 0 ? `${plural(missing, 'cell is', 'cells are')} missing` : ''
  const text = [...(failed.length > 0 ? [`${plural(failed.length, 'cell')} failed`] : []), without]
  return [
    {
      kind: 'paragraph',
      text: `${text.filter((part) => part !== '').join(', ')}: nothing above is of them.`,
    },
    {
      kind: 'list',
      items: failed.map(({ kind, task, uses, message }) => {
        const sides = uses.map(({ against, ...of }) => ({ ...of, against: against?.side ?? null }))
        return `${cellName({ kind, task, sides })}: ${message}`
      }),
    },
  ]
}
