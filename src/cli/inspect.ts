// tunediff inspect: what a path is, as far as its headers and small files say.
import { Command } from 'commander'
import { inspect } from '../model/inspect.ts'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { inspectBlocks } from '../report/inspect.ts'
import { startProgress } from '../util/progress.ts'
import { jsonOption, markdownOption, print } from './options.ts'

interface Flags {
  hash?: boolean
  base?: string
  json?: boolean
  md?: boolean
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('say what a model or adapter is: sizes, types, base, licence, chat template')
    .argument('<model>', 'model: folder, .gguf, hf:owner/name, adapter folder, MODEL+ADAPTER')
    .option('--hash', 'hash the contents too: the identity, which tells a base from its fine-tune')
    .option('--base <model>', 'base of an adapter, for the share that was trained')
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runInspect)
}

async function runInspect(spec: string, { hash, base, json, md }: Flags): Promise<void> {
  let line: ReturnType<typeof startProgress> | undefined
  let label: string | undefined
  const progress = (what: string, done: number, total: number): void => {
    if (what !== label) {
      line?.end()
      line = startProgress(what, total)
      label = what
    }
    line!.update(done)
  }
  const inspection = await inspect(spec, {
    hash: hash ?? false,
    ...(base === undefined ? {} : { base }),
    onProgress: progress,
    onHash: (done, total) => progress('hashing', done, total),
  })
  line?.end()
  if (json) return print(`${JSON.stringify(inspection, null, 2)}\n`)
  const blocks = inspectBlocks(inspection)
  return print(md ? renderMarkdown(blocks) : renderText(blocks))
}
