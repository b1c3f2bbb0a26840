// tunediff diff: whatever can be measured between a base and its variants with what is there, and then the finding.
import { join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { type DiffStudy, diffStudy, writeDiffStudy } from '../study/diffStudy.ts'
import { cacheFolder } from '../util/cache.ts'
import { sha256Value } from '../util/hash.ts'
import { jsonOption, marginPoints, wholeNumber } from './options.ts'
import { workThrough } from './studyRun.ts'

interface Flags {
  task?: string[]
  text?: string[]
  limit?: number
  chat?: boolean
  margin?: number
  allowIdentical?: boolean
  output?: string
  json?: boolean
}

export function diffCommand(): Command {
  return new Command('diff')
    .description(
      'say how far variants have moved from their base: in weights, in predictions and, on tasks that are named, in answers; resumable',
    )
    .argument('<base>', 'model: folder, .gguf, hf:owner/name, MODEL+ADAPTER, nf4:MODEL; or recorded answers')
    .argument('<variants...>', 'models, adapter folders, or recorded answers: run:DIR, a log')
    .addOption(
      new Option(
        '--task <task>',
        'humaneval, a task.yaml, or a problem file in the format of HumanEval; may be given again (default: no answers)',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--text <file>',
        'text file, folder of them, or FILE.jsonl#field; may be given again (default: short built-in texts)',
      ).argParser(collect),
    )
    .addOption(
      new Option('--limit <n>', 'only the first n problems of each task (default: all)').argParser(
        wholeNumber,
      ),
    )
    .option('--chat', "ask in the model's own chat template (default: the model goes on from the prompt)")
    .addOption(
      new Option(
        '--margin <points>',
        'largest loss that does not matter, in percentage points; allows "no worse"',
      ).argParser(marginPoints),
    )
    .option('--allow-identical', 'measure answers of a variant that is its base, to the bit, too')
    .option('-o, --output <dir>', 'study folder; one that was stopped goes on (default: the cache)')
    .addOption(jsonOption())
    .action(runDiff)
}

const collect = (value: string, before: string[] = []): string[] => [...before, value]

async function runDiff(base: string, variants: string[], flags: Flags): Promise<void> {
  const { task: tasks = [], text: texts = [], chat: isChat, output, json = false, ...rest } = flags
  const asked = { base, variants, tasks, texts, ...rest }
  const study = await diffStudy({ ...asked, ...(isChat ? { isChat } : {}) })
  const folder = output === undefined ? cachedFolder(study) : resolve(output)
  process.stderr.write(`${measured(study)}\n`)
  await workThrough({ study: await writeDiffStudy(folder, study), output: folder, json })
}

/** Where a study is kept that has no place of its own. `rest`: what else makes it another one. */
export const cachedFolder = (study: DiffStudy, ...rest: readonly string[]): string =>
  join(cacheFolder(), 'diffs', sha256Value(rest.length === 0 ? study : [study, rest]).slice(0, 16))

function measured({ measures, texts, tasks }: DiffStudy): string {
  const onTexts = texts ? '' : ' on short built-in texts (--text names others)'
  const shown = measures.map((measure) => (measure === 'predictions' ? `predictions${onTexts}` : measure))
  const noTask = measures.includes('answers') || tasks ? '' : '; no --task: no answers'
  return `measuring ${shown.join(', ')}${noTask}`
}
