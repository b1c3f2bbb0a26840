// tunediff applied: is the adapter in the merged model? Exit 0 it is, 1 it is not, 3 cannot tell.
import { Command } from 'commander'
import type { Verdict } from '../measure/applied/types.ts'
import { checkApplied } from '../measure/applied.ts'
import { openModel } from '../model/open.ts'
import { appliedBlocks, appliedSentence } from '../report/applied.ts'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { EXIT, UserError } from '../util/errors.ts'
import { startProgress } from '../util/progress.ts'
import { jsonOption, markdownOption, print } from './options.ts'

const APPLIED_SCHEMA = 1
const MILLION = 1e6

const EXIT_CODE: Readonly<Record<Verdict, number>> = {
  applied: EXIT.done,
  'not-applied': EXIT.checkFailed,
  'cannot-tell': EXIT.cannotTell,
}

interface Flags {
  base?: string
  json?: boolean
  md?: boolean
}

export function appliedCommand(): Command {
  return new Command('applied')
    .description(
      'say whether a merged model holds an adapter: exit 0 if so, 1 if not, 3 if that cannot be told',
    )
    .argument('<adapter>', 'MODEL+ADAPTER, or an adapter folder alone')
    .argument('<merged>', 'the merged model')
    .option(
      '--base <model>',
      'base of an adapter that is named alone (default: what its adapter_config.json names)',
    )
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runApplied)
}

async function runApplied(
  spec: string,
  mergedSpec: string,
  { base: baseSpec, json, md }: Flags,
): Promise<void> {
  const base = await openModel(spec, { isBare: true, ...(baseSpec === undefined ? {} : { base: baseSpec }) })
  if (base.adapters.length === 0) {
    throw new UserError(`${spec} has no adapter, so there is nothing that could be applied`, {
      hint: 'write BASE+ADAPTER; two whole models are compared with: tunediff weights BASE VARIANT',
    })
  }
  const merged = await openModel(mergedSpec, { isBare: true })
  if (merged.adapters.length > 0) {
    throw new UserError(`${mergedSpec} is a base with an adapter, wanted is a merged model`, {
      hint: 'name the folder that the merge was saved to',
    })
  }
  let line: ReturnType<typeof startProgress> | undefined
  const report = checkApplied({
    base,
    merged,
    onProgress(done, total) {
      line ??= startProgress('million weights', Math.ceil(total / MILLION))
      line.update(Math.round(done / MILLION))
    },
  })
  line?.end()
  const blocks = appliedBlocks(report)
  if (json) {
    const data = { schema: APPLIED_SCHEMA, sentence: appliedSentence(report), ...report }
    await print(`${JSON.stringify(data, null, 2)}\n`)
  } else await print(md ? renderMarkdown(blocks) : renderText(blocks))
  process.exitCode = EXIT_CODE[report.verdict]
}
