// Blocks of a finding as the terminal and Markdown have them, drawn for the page.
import type { PageBlock } from '../../src/schema/blocks.ts'
import { printable } from '../../src/util/text.ts'
import { Side } from './side.tsx'
import { Table } from './table.tsx'
import { Unbroken } from './unbroken.tsx'

type SideBlock = Extract<PageBlock, { kind: 'side' }>

/** What is found of one side each stands side by side, where there is room. */
export function Blocks({ blocks }: { blocks: readonly PageBlock[] }) {
  return (
    <>
      {blocks.map((block, at) => {
        if (block.kind !== 'side') return <BlockOf key={at} block={block} />
        return blocks[at - 1]?.kind === 'side' ? null : <OfSides key={at} blocks={sidesFrom(blocks, at)} />
      })}
    </>
  )
}

function sidesFrom(blocks: readonly PageBlock[], at: number): SideBlock[] {
  const block = blocks[at]
  return block?.kind === 'side' ? [block, ...sidesFrom(blocks, at + 1)] : []
}

function OfSides({ blocks }: { blocks: readonly SideBlock[] }) {
  return (
    <div class="of-sides">
      {blocks.map(({ side, items }) => (
        <section key={side} class="of-side">
          <h2>
            <Side side={side} />
          </h2>
          <Items items={items} />
        </section>
      ))}
    </div>
  )
}

function Items({ items }: { items: readonly string[] }) {
  return (
    <ul class="prose">
      {items.map((item) => (
        <li key={item}>
          <Unbroken text={printable(item)} />
        </li>
      ))}
    </ul>
  )
}

function BlockOf({ block }: { block: Exclude<PageBlock, SideBlock> }) {
  switch (block.kind) {
    case 'heading':
      return (
        <h2>
          <Unbroken text={printable(block.text)} />
        </h2>
      )
    case 'finding':
      return (
        <h1>
          <Unbroken text={printable(block.text)} />
        </h1>
      )
    case 'paragraph':
      return (
        <p class="prose">
          <Unbroken text={printable(block.text)} />
        </p>
      )
    case 'list':
      return <Items items={block.items} />
    case 'verbatim':
      return <pre>{block.lines.map(printable).join('\n')}</pre>
    case 'table':
      return <Table table={block} label={`Table: ${block.columns.map(({ title }) => title).join(', ')}`} />
  }
}
