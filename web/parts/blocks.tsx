// Blocks of a finding as the terminal and Markdown have them, drawn for the page.
import type { PageBlock } from '../../src/schema/blocks.ts'
import { printable } from '../../src/util/text.ts'
import { usePage } from '../context.ts'
import { Side } from './side.tsx'
import { Table } from './table.tsx'

export function Blocks({ blocks }: { blocks: readonly PageBlock[] }) {
  return (
    <>
      {blocks.map((block, at) => (
        <BlockOf key={at} block={block} />
      ))}
    </>
  )
}

function BlockOf({ block }: { block: PageBlock }) {
  switch (block.kind) {
    case 'heading':
      return <h2>{printable(block.text)}</h2>
    case 'finding':
      return <h1>{printable(block.text)}</h1>
    case 'paragraph':
      return <Paragraph text={printable(block.text)} />
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
      return (
        <Table
          table={block}
          label={`Table: ${block.columns.map(({ title }) => title).join(', ')}`}
          head={sideHead}
        />
      )
  }
}

/** A row that is of a side begins with its mark. */
function sideHead(text: string) {
  return <SideName text={text} />
}

function SideName({ text }: { text: string }) {
  const { study } = usePage()
  const isSide = study.results.asked.sides.some(({ name }) => name === text)
  return isSide ? <Side side={text} /> : <>{text}</>
}

/** What is said of one side begins with its name. */
function Paragraph({ text }: { text: string }) {
  const { study } = usePage()
  const side = study.results.asked.sides.find(({ name }) => text.startsWith(`${name}: `))
  if (!side) return <p class="prose">{text}</p>
  return (
    <section class="of-side">
      <h3>
        <Side side={side.name} />
        <span class="visually-hidden">: </span>
      </h3>
      <p class="prose">{text.slice(side.name.length + 2)}</p>
    </section>
  )
}
