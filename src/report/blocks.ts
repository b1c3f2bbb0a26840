// A report as a few plain blocks, rendered for the terminal and as Markdown from one source.
import pc from 'picocolors'
import type { PageBlock } from '../schema/blocks.ts'
import { markdownTable, textTable } from '../util/table.ts'
import { printable } from '../util/text.ts'
import { type Stretch, stretchesMarkdown, stretchesText } from './stretches.ts'
import { type MarkedToken, tokensMarkdown, tokensText } from './tokens.ts'

export type Block =
  | PageBlock
  | { kind: 'tokens'; tokens: readonly MarkedToken[] }
  | { kind: 'stretches'; stretches: readonly Stretch[] }

const WIDTH = 100

/** Blocks for the terminal; names and texts from files are made printable. */
export function renderText(blocks: readonly Block[]): string {
  return `${blocks.map(blockText).join('\n\n')}\n`
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return pc.bold(printable(block.text))
    case 'paragraph':
      return wrap(printable(block.text), '', '')
    case 'finding':
      return pc.bold(wrap(printable(block.text), '', ''))
    case 'list':
      return itemsText(block.items)
    case 'side':
      return `${pc.bold(printable(block.side))}\n${itemsText(block.items)}`
    case 'verbatim':
      return block.lines.map(printable).join('\n')
    case 'tokens':
      return tokensText(block.tokens, WIDTH)
    case 'stretches':
      return stretchesText(block.stretches, WIDTH)
    case 'table':
      return textTable(block.columns, block.rows)
  }
}

const itemsText = (items: readonly string[]): string =>
  items.map((item) => wrap(printable(item), '- ', '  ')).join('\n')

/** Blocks as GitHub Markdown; characters that Markdown or HTML would read are escaped. */
export function renderMarkdown(blocks: readonly Block[]): string {
  return `${blocks.map(blockMarkdown).join('\n\n')}\n`
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${escapeMarkdown(block.text)}`
    case 'paragraph':
      return escapeMarkdown(block.text)
    case 'finding':
      return `**${escapeMarkdown(block.text)}**`
    case 'list':
      return itemsMarkdown(block.items)
    case 'side':
      return `### ${escapeMarkdown(block.side)}\n\n${itemsMarkdown(block.items)}`
    case 'verbatim':
      return `\`\`\`\n${block.lines.map((line) => printable(line).replaceAll('`', "'")).join('\n')}\n\`\`\``
    case 'tokens':
      return tokensMarkdown(block.tokens, WIDTH)
    case 'stretches':
      return stretchesMarkdown(block.stretches, WIDTH)
    case 'table':
      return markdownTable(block.columns, block.rows)
  }
}

const itemsMarkdown = (items: readonly string[]): string =>
  items.map((item) => `- ${escapeMarkdown(item)}`).join('\n')

function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[\\`*_<>|[\]#]/g, (c) => `\\${c}`)
    .replace(/\n/g, ' ')
}

function wrap(text: string, first: string, rest: string): string {
  const lines: string[] = []
  let line = first
  for (const word of text.split(/\s+/)) {
    const empty = line === first || line === rest
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = rest + word
    } else {
      line += empty ? word : ` ${word}`
    }
  }
  lines.push(line)
  return lines.join('\n')
}
