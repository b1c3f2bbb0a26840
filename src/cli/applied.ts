// tunediff applied: is the adapter in the merged model? Exit 0 it is, 1 it is not, 3 cannot tell. Weights are compared
// where a merge can be replayed, predictions where it was quantised.
import { Command, Option } from 'commander'
import { judgeByPredictions } from '../measure/applied/nearer.ts'
import type { AppliedReport, PredictionsJudgement, Verdict } from '../measure/applied/types.ts'
import { checkApplied } from '../measure/applied.ts'
import { builtInTexts, readTexts } from '../measure/predictions/texts.ts'
import { noteOf } from '../model/note.ts'
import { openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'
import { appliedBlocks, appliedSentence } from '../report/applied.ts'
import { nearerBlocks, nearerSentence } from '../report/appliedNearer.ts'
import { type Block, renderMarkdown, renderText } from '../report/blocks.ts'
import { runningSpec } from '../study/runningSpec.ts'
import { EXIT, UserError } from '../util/errors.ts'
import { progressLines, startProgress } from '../util/progress.ts'
import { jsonOption, markdownOption, print, wholeNumber } from './options.ts'

const APPLIED_SCHEMA = 1
const MILLION = 1e6

const EXIT_CODE: Readonly<Record<Verdict, number>> = {
  applied: EXIT.done,
  'not-applied': EXIT.checkFailed,
  'cannot-tell': EXIT.cannotTell,
}

interface Flags {
  base?: string
  text?: string[]
  threads?: number
  json?: boolean
  md?: boolean
}

export function appliedCommand(): Command {
  return new Command('applied')
    .description(
      'say whether a merged model holds an adapter: exit 0 if so, 1 if not, 3 if that cannot be told',
    )
    .argument('<adapter>', 'MODEL+ADAPTER, an adapter folder alone, or a variant folder')
    .argument('<merged>', 'the merged model; a quantised one is judged by its predictions')
    .option(
      '--base <model>',
      'base of an adapter that is named alone (default: what its adapter_config.json or variant.json names)',
    )
    .addOption(
      new Option(
        '--text <file>',
        'of quantised models: text file, folder of them, or FILE.jsonl#field to compare predictions on; may be given again (default: short built-in texts)',
      ).argParser((spec: string, before: string[] = []) => [...before, spec]),
    )
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .addOption(jsonOption())
    .addOption(markdownOption())
    .action(runApplied)
}

async function runApplied(named: string, mergedNamed: string, flags: Flags): Promise<void> {
  const { spec } = await runningSpec(named, flags.base)
  const onBase = flags.base === undefined ? {} : { base: flags.base }
  const base = await openModel(spec, { isBare: true, ...onBase })
  if (base.adapters.length === 0) {
    throw new UserError(`${named} has no adapter, so there is nothing that could be applied`, {
      hint: 'write BASE+ADAPTER; two whole models are compared with: tunediff weights BASE VARIANT',
    })
  }
  const merged = await openModel((await runningSpec(mergedNamed)).spec, { isBare: true })
  if (merged.adapters.length > 0) {
    throw new UserError(`${mergedNamed} is a base with an adapter, wanted is a merged model`, {
      hint: 'name the folder that the merge was saved to',
    })
  }
  const isPacked = noteOf(merged) !== null
  if (!isPacked && noteOf(base) === null && flags.text !== undefined) {
    throw new UserError(`--text ${flags.text[0]}: the weights are compared to the bit, and no text is read`, {
      hint: 'leave --text out: it is for quantised models',
    })
  }
  // A base that is quantised on load may have been merged as it runs; else its own rounding is in the way.
  const byWeights = isPacked ? undefined : compareWeights(base, merged)
  if (byWeights && (byWeights.verdict === 'applied' || noteOf(base) === null)) {
    return show(flags, byWeights, {
      judgedBy: 'weights',
      sentence: appliedSentence(byWeights),
      blocks: appliedBlocks(byWeights),
    })
  }
  const adapted = await openModel(spec, onBase)
  const found = await comparePredictions({ base, adapted, merged }, flags)
  await show(flags, found, {
    judgedBy: 'predictions',
    sentence: nearerSentence(found),
    blocks: nearerBlocks(found),
  })
}

function compareWeights(base: Model, merged: Model): AppliedReport {
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
  return report
}

async function comparePredictions(
  models: { base: Model; adapted: Model; merged: Model },
  { text, threads }: Flags,
): Promise<PredictionsJudgement> {
  const progress = progressLines()
  const found = await judgeByPredictions({
    ...models,
    texts: text ? await readTexts(text) : await builtInTexts(),
    ...(threads === undefined ? {} : { threads }),
    onProgress: progress.update,
  })
  progress.end()
  return found
}

interface Shown {
  judgedBy: 'weights' | 'predictions'
  sentence: string
  blocks: readonly Block[]
}

async function show(
  { json, md }: Flags,
  report: AppliedReport | PredictionsJudgement,
  { judgedBy, sentence, blocks }: Shown,
): Promise<void> {
  if (json) {
    const data = { schema: APPLIED_SCHEMA, judgedBy, sentence, ...report }
    await print(`${JSON.stringify(data, null, 2)}\n`)
  } else await print(md ? renderMarkdown(blocks) : renderText(blocks))
  process.exitCode = EXIT_CODE[report.verdict]
}
