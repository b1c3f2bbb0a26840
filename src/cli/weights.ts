// tunediff weights: what exactly changed between a base and its variants in weights, and besides them.
import { Command, Option } from 'commander'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { weightsBlocks } from '../report/weights.ts'
import { compareWeights } from '../study/compareWeights.ts'
import { progressLines } from '../util/progress.ts'
import { jsonOption, markdownOption, print, wholeNumber } from './options.ts'

interface Flags {
  output?: string
  quantisedBase?: string
  fullSpectrum?: boolean
  tensors?: string
  threads?: number
  json?: boolean
  md?: boolean
}

export function weightsCommand(): Command {
  return new Command('weights')
    .description('say what changed in the weights of variants, and besides them, with the rounding beside it')
    .argument('<base>', 'model: folder, .gguf, hf:owner/name, MODEL+ADAPTER, nf4:MODEL')
    .argument('<variants...>', 'models or adapter folders')
    .option('-o, --output <dir>', 'keep the measurements here (default: the cache)')
    .option(
      '--quantised-base <model>',
      'the base, quantised as the variants are: tells training from quantisation',
    )
    .option('--full-spectrum', 'singular values of all matrices, exactly; slow')
    .option('--tensors <glob>', 'only tensors whose name fits, such as "*q_proj*"')
    .addOption(new Option('--threads <n>', 'worker threads (default: one a core)').argParser(wholeNumber))
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runWeights)
}

async function runWeights(base: string, variants: string[], flags: Flags): Promise<void> {
  const { output, quantisedBase, fullSpectrum, tensors, threads, json, md } = flags
  const progress = progressLines()
  const report = await compareWeights({
    base,
    variants,
    isFull: fullSpectrum ?? false,
    ...(output === undefined ? {} : { output }),
    ...(quantisedBase === undefined ? {} : { quantisedBase }),
    ...(tensors === undefined ? {} : { tensors }),
    ...(threads === undefined ? {} : { threads }),
    onProgress: progress.update,
  })
  progress.end()
  if (json) await print(`${JSON.stringify(report, null, 2)}\n`)
  else {
    const blocks = weightsBlocks(report)
    await print(md ? renderMarkdown(blocks) : renderText(blocks))
  }
  for (const { folder } of report.variants)
    process.stderr.write(`written: ${folder} (measurement.json, tensors.jsonl)\n`)
}
