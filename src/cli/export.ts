// tunediff export: a variant as files that other tools load, checked against the running variant. Exit 1: the files are not
// the variant; 3: that cannot be told.
import { Command, Option } from 'commander'
import type { FloatType } from '../model/tensor.ts'
import { renderText } from '../report/blocks.ts'
import { exportBlocks } from '../report/export.ts'
import { type ExportReport, exportVariant } from '../study/exportVariant.ts'
import { EXIT } from '../util/errors.ts'
import { progressLines } from '../util/progress.ts'
import { jsonOption, print, wholeNumber } from './options.ts'

const TYPES: Readonly<Record<string, FloatType>> = { fp32: 'F32', fp16: 'F16', bf16: 'BF16' }

interface Flags {
  merged?: boolean
  dtype?: string
  base?: string
  output: string
  threads?: number
  json?: boolean
}

export function exportCommand(): Command {
  return new Command('export')
    .description('write a variant as an adapter that peft loads, or merged into its base for transformers')
    .argument('<variant>', 'variant folder, MODEL+ADAPTER, nf4:MODEL+ADAPTER, or any other MODEL')
    .option('--merged', 'one model without adapters (default: the adapter alone)')
    .addOption(
      new Option(
        '--dtype <type>',
        "with --merged: type of all weights (default: that of the base's files)",
      ).choices(Object.keys(TYPES)),
    )
    .option('--base <model>', 'base of an adapter that is named alone')
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .requiredOption('-o, --output <dir>', 'folder to write; a merged model lies in its model/')
    .addOption(jsonOption())
    .action(runExport)
}

async function runExport(variant: string, flags: Flags): Promise<void> {
  const { merged: isMerged = false, dtype, json, ...options } = flags
  const progress = progressLines()
  const report = await exportVariant({
    variant,
    isMerged,
    ...options,
    ...(dtype === undefined ? {} : { dtype: TYPES[dtype]! }),
    onProgress: progress.update,
  })
  progress.end()
  await print(json ? `${JSON.stringify(report, null, 2)}\n` : renderText(exportBlocks(report)))
  process.exitCode = exitCode(report)
}

function exitCode({ fidelity }: ExportReport): number {
  if ('absent' in fidelity || fidelity.verdict === 'cannot-tell') return EXIT.cannotTell
  return fidelity.verdict === 'broken' ? EXIT.checkFailed : EXIT.done
}
