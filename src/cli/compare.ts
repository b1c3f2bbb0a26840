// tunediff compare: base against variants, paired by problem.
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { FORMATS } from '../logs/index.ts'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { comparisonBlocks } from '../report/comparison.ts'
import type { Rule } from '../schema/run.ts'
import type { ImportOptions } from '../solve/recorded.ts'
import { type ComparedRuns, compareRuns } from '../study/compareRuns.ts'
import { cacheFolder } from '../util/cache.ts'
import { EXIT } from '../util/errors.ts'
import { writeFileWhole } from '../util/files.ts'
import { sha256Value } from '../util/hash.ts'
import { startProgress } from '../util/progress.ts'
import { openJudge } from './judging.ts'
import {
  context,
  jsonOption,
  logOptions,
  marginPoints,
  markdownOption,
  onWait,
  print,
  ruleOption,
} from './options.ts'

interface Flags extends ImportOptions {
  margin?: number
  rule?: Rule
  across?: boolean
  json?: boolean
  md?: boolean
}

export function compareCommand(): Command {
  const command = new Command('compare')
    .description('say whether variants really differ from their base, paired by problem')
    .argument('<base>', 'run folder or log file of the base')
    .argument('<variants...>', 'run folders or log files of its variants')
    .addOption(
      new Option('--margin <points>', 'largest loss that does not matter, in percentage points').argParser(
        marginPoints,
      ),
    )
    .addOption(
      ruleOption("score all sides under this rule (default: each under its format's own, all rules shown)"),
    )
    .option('--across', 'compare although known protocol keys differ')
  for (const option of logOptions(FORMATS)) command.addOption(option)
  return command.addOption(jsonOption()).addOption(markdownOption()).action(runCompare)
}

async function runCompare(base: string, variants: string[], flags: Flags): Promise<void> {
  const { margin, rule, across, json, md, ...importOptions } = flags
  const progress = { line: null as ReturnType<typeof startProgress> | null, done: 0 }
  const compared = await compareRuns({
    ...context(),
    base,
    variants,
    import: importOptions,
    ...(margin === undefined ? {} : { marginPoints: margin }),
    ...(rule === undefined ? {} : { rule }),
    across: across ?? false,
    openJudge: () => openJudge({}),
    onWait,
    onSample(total) {
      progress.line ??= startProgress('judging', total)
      progress.line.update(++progress.done)
    },
  })
  progress.line?.end()
  const blocks = comparisonBlocks(compared.report)
  if (json) await print(`${JSON.stringify(compared.report, null, 2)}\n`)
  else await print(md ? renderMarkdown(blocks) : renderText(blocks))
  const folder = await keep(compared)
  process.stderr.write(`\nwritten: ${folder} (comparison.json, finding.md)\n`)
  if (compared.report.warnings.some(({ code }) => code === 'unjudged')) process.exitCode = EXIT.partial
  const first = compared.runs[0]
  if (!first || json) return
  process.stderr.write(`next: tunediff show ${first.folder} PROBLEM\n`)
  const folders = [...new Set(compared.runs.map(({ folder }) => folder))]
  process.stderr.write(`next: tunediff report ${folders.join(' ')}\n`)
}

/** Keeps the report in the cache, under a key of the runs that it compares. */
async function keep({ report, runs }: ComparedRuns): Promise<string> {
  const key = sha256Value({ runs: runs.map((run) => run.folder), report }).slice(0, 16)
  const folder = join(cacheFolder(), 'comparisons', key)
  await writeFileWhole(join(folder, 'comparison.json'), `${JSON.stringify(report, null, 2)}\n`)
  await writeFileWhole(join(folder, 'finding.md'), renderMarkdown(comparisonBlocks(report)))
  return folder
}
