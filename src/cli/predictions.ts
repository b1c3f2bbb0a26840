// tunediff predictions: how far the next-token distributions of variants have moved from their base's.
import { Command, InvalidArgumentError, Option } from 'commander'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { predictionsBlocks } from '../report/predictions.ts'
import { comparePredictions } from '../study/comparePredictions.ts'
import { UserError } from '../util/errors.ts'
import { progressLines } from '../util/progress.ts'
import { jsonOption, markdownOption, onWait, print, wholeNumber } from './options.ts'

interface Flags {
  text?: string[]
  context?: number
  maxTokens?: number
  samples?: number
  sampleTokens?: number
  threads?: number
  output?: string
  json?: boolean
  md?: boolean
}

const LEAST_CONTEXT = 8

export function predictionsCommand(): Command {
  return new Command('predictions')
    .description('say how far the next-token predictions of variants moved, token by token over texts')
    .argument('<base>', 'model: folder, .gguf, hf:owner/name, MODEL+ADAPTER, nf4:MODEL')
    .argument('<variants...>', 'models or adapter folders')
    .addOption(
      new Option(
        '--text <file>',
        'text file, folder of them, or FILE.jsonl#field; may be given again (default: short built-in texts)',
      ).argParser((spec: string, before: string[] = []) => [...before, spec]),
    )
    .addOption(
      new Option('--context <n>', 'tokens of a window, an even number (default: 512)').argParser(
        windowTokens,
      ),
    )
    .addOption(
      new Option('--max-tokens <n>', 'tokens to score for each variant (default: all)').argParser(
        wholeNumber,
      ),
    )
    .addOption(
      new Option('--samples <n>', 'also measure on n texts drawn from each model (default: none)').argParser(
        wholeNumber,
      ),
    )
    .addOption(
      new Option('--sample-tokens <n>', 'tokens of each drawn text (default: 128)').argParser(wholeNumber),
    )
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .option('-o, --output <dir>', 'keep the measurements here (default: the cache)')
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runPredictions)
}

/** Windows overlap by half. */
function windowTokens(text: string): number {
  const value = wholeNumber(text)
  if (value < LEAST_CONTEXT || value % 2 !== 0) {
    throw new InvalidArgumentError(`wanted an even number of at least ${LEAST_CONTEXT}, got '${text}'.`)
  }
  return value
}

async function runPredictions(base: string, variants: string[], flags: Flags): Promise<void> {
  const { text: texts = [], json, md, ...options } = flags
  if (options.sampleTokens !== undefined && options.samples === undefined) {
    throw new UserError(`--sample-tokens ${options.sampleTokens} without --samples: no text is drawn`, {
      hint: 'say how many: --samples 20',
    })
  }
  if (texts.length === 0)
    process.stderr.write(
      'no --text: measuring on the short built-in texts (prose, code, dialogue, German and Spanish)\n',
    )
  const progress = progressLines()
  const report = await comparePredictions({
    base,
    variants,
    texts,
    ...options,
    onProgress: progress.update,
    onWait,
  })
  progress.end()
  if (json) await print(`${JSON.stringify(report, null, 2)}\n`)
  else {
    const blocks = predictionsBlocks(report)
    await print(md ? renderMarkdown(blocks) : renderText(blocks))
  }
  for (const { folder } of report.variants)
    process.stderr.write(`written: ${folder} (measurement.json, documents.jsonl, tokens.f32)\n`)
}
