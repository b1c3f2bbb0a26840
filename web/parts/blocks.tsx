// Blocks of a finding as the terminal and Markdown have them, drawn for the page.
import type { PageBlock } from '../../src/schema/blocks.ts'
import { printable } from '../../src/util/text.ts'
import { usePage } from '../context.ts'
import { Side } from './side.tsx'
import { Table } from './table.tsx'

/** What is said of one side each stands side by side, where there is room. */
export function Blocks({ blocks }: { blocks: readonly PageBlock[] }) {
  const { study } = usePage()
  const sideOf = (block: PageBlock | undefined): string | undefined =>
    block?.kind === 'paragraph'
      ? study.results.asked.sides.find(({ name }) => block.text.startsWith(`${name}: `))?.name
      : undefined
  return (
    <>
      {blocks.map((block, at) => {
        const side = sideOf(block)
        if (side === undefined) return <BlockOf key={at} block={block} />
        if (sideOf(blocks[at - 1]) !== undefined) return null
        const end = blocks.findIndex((other, i) => i > at && sideOf(other) === undefined)
        return <OfSides key={at} blocks={blocks.slice(at, end < 0 ? undefined : end)} sideOf={sideOf} />
      })}
    </>
  )
}

interface OfSidesProps {
  blocks: readonly PageBlock[]
  sideOf: (block: PageBlock) => string | undefined
}

function OfSides({ blocks, sideOf }: OfSidesProps) {
  return (
    <div class="of-sides">
      {blocks.map((block) => {
        const side = sideOf(block)!
        const text = block.kind === 'paragraph' ? block.text.slice(side.length + 2) : ''
        return (
          <section key={side} class="of-side">
            <h2>
              <Side side={side} />
            </h2>
            <p class="prose">{printable(text)}</p>
          </section>
        )
      })}
    </div>
  )
}

function BlockOf({ block }: { block: PageBlock }) {
  switch (block.kind) {
    case 'heading':
      return <h2>{printable(block.text)}</h2>
    case 'finding':
      return <h1>{printable(block.text)}</h1>
    case 'paragraph':
      return <p class="prose">{printable(block.text)}</p>
    case 'list':
      return (
        <ul class="prose">
          {block.items.map((item) => (
            <li key={item}>{printable(item)}</li>
          ))}
        </ul>
      )
    case 'verbatim':
      return <pre>{block.lines.map(printable).join('\n')}</pre>
    case 'table':
      return <Table table={block} label={`Table: ${block.columns.map(({ title }) => title).join(', ')}`} />
  }
}
