// tunediff show: what was answered, what happened. Text from models is printed with its controls escaped.
import { Command } from 'commander'
import { byId } from '../measure/pairs.ts'
import { type Block, renderText } from '../report/blocks.ts'
import type { JudgeRecord, Outcome, Run, Sample } from '../schema/run.ts'
import { readJudges, readOutcomes, readRun, readSamples } from '../store/runFolder.ts'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine, plural, printable } from '../util/text.ts'
import { jsonOption, print } from './options.ts'

export function showCommand(): Command {
  return new Command('show')
    .description('show what a run answered and what happened')
    .argument('<run>', 'run folder')
    .argument('[problem]', 'problem, with all that is known of its answers')
    .addOption(jsonOption())
    .action(runShow)
}

async function runShow(
  folder: string,
  problem: string | undefined,
  flags: { json?: boolean },
): Promise<void> {
  const run = await readRun(folder)
  const outcomes = await outcomesBySample(folder)
  const judges = await readJudges(folder)
  if (problem !== undefined)
    return showProblem({ folder, problem, outcomes, judges, json: flags.json ?? false })
  if (flags.json) {
    const all = { run, judges: [...judges.values()], outcomes: [...outcomes.values()].flat() }
    return print(`${JSON.stringify(all, null, 2)}\n`)
  }
  await print(renderText(await runBlocks({ folder, run, outcomes, judges })))
}

/** Outcomes by sample; of equal keys the last. */
async function outcomesBySample(folder: string): Promise<Map<string, Outcome[]>> {
  const last = new Map<string, Outcome>()
  for await (const outcome of readOutcomes(folder)) {
    const key = `${outcome.sample} ${outcome.rule} ${outcome.judge}`
    // Taken out first, so that the latest outcome stands last.
    last.delete(key)
    last.set(key, outcome)
  }
  const bySample = new Map<string, Outcome[]>()
  for (const outcome of last.values()) {
    const list = bySample.get(outcome.sample)
    if (list) list.push(outcome)
    else bySample.set(outcome.sample, [outcome])
  }
  return bySample
}

async function runBlocks(shown: {
  folder: string
  run: Run
  outcomes: Map<string, Outcome[]>
  judges: Map<string, JudgeRecord>
}): Promise<Block[]> {
  const { folder, run, outcomes, judges } = shown
  const known = (source: Run['model']): string =>
    source.name === null ? 'unknown' : `${source.name} (${source.source})`
  const rows: string[][] = []
  for await (const sample of readSamples(folder))
    rows.push(sampleRow(run, sample, outcomes.get(sample.id) ?? []))
  // Answers that were made here stand in the folder as they came.
  if (run.asked) rows.sort((a, b) => byId(a[0]!, b[0]!))
  return [
    { kind: 'heading', text: run.name },
    {
      kind: 'list',
      items: [
        `task ${run.task.name}, model ${known(run.model)}, solver ${known(run.solver)}`,
        ...originItems(run),
        ...(run.rule ? [`default rule ${run.rule.name}: ${run.rule.reason}`] : []),
        ...(run.metric === null ? [] : [`recorded score ${run.metric}`]),
        ...[...judges.values()].map((judge) => `judged by ${judgeText(judge)}`),
        ...(run.import?.skipped ?? []).map((row) => `skipped line ${row.line}: ${oneLine(row.reason, 160)}`),
      ],
    },
    {
      kind: 'table',
      columns: [
        { title: 'answer' },
        { title: run.scoring === 'recorded' ? 'score' : 'outcome' },
        { title: 'claimed' },
        { title: 'ms', align: 'right' },
        { title: 'begins with' },
      ],
      rows,
    },
  ]
}

/** Where the answers come from. */
function originItems({ import: imported, asked }: Run): string[] {
  if (imported) return [`${plural(imported.samples, 'answer')} from ${imported.format} (${imported.path})`]
  const { model, engine, isChat, asking, samples, limit, repeats, seed } = asked!
  const { temperature, topP, maxTokens, stops } = asking
  const drawn =
    temperature === 0 ? 'greedy' : `temperature ${temperature}, top-p ${topP}, random seed ${seed}`
  const settings = Object.entries(engine.settings).map((pair) => pair.join(' '))
  return [
    `${plural(samples, 'answer')} asked of ${model.spec} (${model.identity.slice(0, 12)}${model.note ? `, ${model.note}` : ''})`,
    `engine ${engine.name}: ${settings.join(', ')}`,
    `${isChat ? 'chat template' : 'plain prompt'}, ${drawn}, at most ${plural(maxTokens, 'token')}${stops.length > 0 ? `, ends before ${stops.map((stop) => JSON.stringify(stop)).join(' ')}` : ''}`,
    ...(limit === null ? [] : [`only the first ${plural(limit, 'problem')}`]),
    ...(repeats === 1 ? [] : [`${repeats} answers to each problem`]),
  ]
}

/** `pyodide 314.0.7, two interpreters, 10 s, 512 MB`. */
function judgeText(judge: JudgeRecord | undefined): string {
  if (!judge) return 'an unknown judge'
  if ('scorer' in judge) {
    const { kind, ...options } = judge.scorer
    const given = Object.entries(options).map(([key, value]) => `${key} ${value}`)
    return `the scorer ${[kind, ...given].join(', ')}`
  }
  const { backend, mode, limits } = judge
  const interpreters = mode === 'two' ? 'two interpreters' : 'a single interpreter (can be fooled)'
  return `${backend}, ${interpreters}, ${limits.wallMs / 1000} s, ${limits.memoryMb} MB`
}

function sampleRow(run: Run, sample: Sample, outcomes: Outcome[]): string[] {
  const outcome = outcomes.findLast((row) => row.rule === (run.rule?.name ?? 'answer'))
  const claim = sample.claimed === undefined ? '' : sample.claimed ? 'pass' : 'fail'
  const result =
    run.scoring === 'recorded'
      ? String(sample.recordedScore ?? '')
      : outcome
        ? outcomeText(outcome)
        : run.asked && sample.error
          ? 'no answer'
          : 'not judged'
  return [
    sample.id,
    result,
    claim,
    outcome ? outcome.wallMs.toFixed(0) : '',
    oneLine(sample.raw || (sample.error ?? ''), 60),
  ]
}

const outcomeText = (outcome: Outcome): string =>
  outcome.exception ? `${outcome.class} (${oneLine(outcome.exception, 40)})` : outcome.class

async function showProblem(work: {
  folder: string
  problem: string
  outcomes: Map<string, Outcome[]>
  judges: Map<string, JudgeRecord>
  json: boolean
}): Promise<void> {
  const { folder, problem, outcomes, judges, json } = work
  const samples: Sample[] = []
  const ids = new Set<string>()
  for await (const sample of readSamples(folder)) {
    ids.add(sample.problem)
    if (sample.problem === problem || sample.id === problem) samples.push(sample)
  }
  if (samples.length === 0) {
    const near = nearest(problem, ids)
    throw new UserError(`${folder} has no answer to ${problem}`, {
      hint: near ? `did you mean ${near}?` : `see all answers: tunediff show ${folder}`,
    })
  }
  const shown = samples.map((sample) => ({ ...sample, outcomes: outcomes.get(sample.id) ?? [] }))
  if (json) return print(`${JSON.stringify(shown, null, 2)}\n`)
  for (const sample of shown) await print(`${sampleText(sample, judges)}\n`)
}

function sampleText(sample: Sample & { outcomes: Outcome[] }, judges: Map<string, JudgeRecord>): string {
  const parts = [
    `== ${sample.id}${sample.claimed === undefined ? '' : `, claimed ${sample.claimed ? 'pass' : 'fail'}`}`,
  ]
  if (sample.error) parts.push(`error: ${sample.error}`)
  if (sample.recordedScore !== undefined) parts.push(`recorded score: ${sample.recordedScore}`)
  for (const outcome of sample.outcomes) {
    const message = outcome.message ? `: ${oneLine(outcome.message, 160)}` : ''
    parts.push(
      `${outcome.rule}: ${outcomeText(outcome)}${message} (${outcome.wallMs.toFixed(0)} ms${outcome.wall ? `, wall ${outcome.wall}` : ''}; ${judgeText(judges.get(outcome.judge))})`,
    )
  }
  parts.push('', '-- answer', sample.raw || '(empty)')
  if (sample.choices) {
    const rows = sample.choices.map(
      ({ logProb, tokens }, i) => `choice ${i + 1}: ln p ${logProb.toFixed(4)}, ${plural(tokens, 'token')}`,
    )
    parts.push('', '-- log-probabilities', ...rows)
  }
  for (const [i, attempt] of (sample.attempts ?? []).entries()) {
    parts.push('', `-- attempt ${i + 1}`, attempt.program ?? '(not recorded)')
    if (attempt.feedback) parts.push(`-- feedback ${i + 1}`, attempt.feedback)
    if (attempt.reflection) parts.push(`-- reflection ${i + 1}`, attempt.reflection)
  }
  if (sample.visibleTests) parts.push('', '-- visible tests', ...sample.visibleTests)
  return printable(parts.join('\n'))
}
