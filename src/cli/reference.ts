// tunediff reference: what published tables really say, computed from the figures that are shipped.
import { Command } from 'commander'
import { humanevalTable } from '../measure/humanevalTable.ts'
import { loraLandTable } from '../measure/loraLand.ts'
import { readLoraPairs, readPublishedRows } from '../measure/reference.ts'
import { type Block, renderMarkdown, renderText } from '../report/blocks.ts'
import { humanevalBlocks, humanevalSentences } from '../report/humanevalTable.ts'
import { loraLandBlocks, loraLandSentences } from '../report/loraLand.ts'
import { jsonOption, markdownOption, print } from './options.ts'

const REFERENCE_SCHEMA = 1

interface Flags {
  json?: boolean
  md?: boolean
}

export function referenceCommand(): Command {
  return new Command('reference')
    .description('say what published tables really show')
    .addCommand(
      tableCommand(
        'humaneval',
        'published HumanEval scores: solved problems, intervals, what was changed',
      ).action((flags: Flags) => {
        const table = humanevalTable(readPublishedRows())
        return show(flags, { ...table, sentences: humanevalSentences(table) }, humanevalBlocks(table))
      }),
    )
    .addCommand(
      tableCommand('lora-land', "LoRA Land's 310 fine-tuned models against their bases and GPT-4").action(
        (flags: Flags) => {
          const table = loraLandTable(readLoraPairs())
          return show(flags, { ...table, sentences: loraLandSentences(table) }, loraLandBlocks(table))
        },
      ),
    )
}

const tableCommand = (name: string, description: string): Command =>
  new Command(name).description(description).addOption(jsonOption()).addOption(markdownOption())

async function show({ json, md }: Flags, data: object, blocks: readonly Block[]): Promise<void> {
  if (json) return print(`${JSON.stringify({ schema: REFERENCE_SCHEMA, ...data }, null, 2)}\n`)
  return print(md ? renderMarkdown(blocks) : renderText(blocks))
}
