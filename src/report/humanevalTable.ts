// `reference humaneval` in words and tables: one source for terminal, Markdown and the sentences of --json.

import type { HumanevalTable, KnownPair, ScoredRow } from '../measure/humanevalTable.ts'
import type { Estimate } from '../schema/estimate.ts'
import { points, pText } from '../util/numbers.ts'
import { countWord } from '../util/text.ts'
import type { Block } from './blocks.ts'

/** What the table shows, then what it does not show, a sentence or two each. */
export function humanevalSentences(table: HumanevalTable): string[] {
  return [
    spanSentence(table),
    weightsSentence(table),
    closenessSentence(table),
    ...apartSentences(table),
    logsSentence(table),
  ]
}

function spanSentence({ span, problems }: HumanevalTable): string {
  return (
    `${span.lowPercent} to ${span.highPercent} % is ${span.lowSolved} to ${span.highSolved} of ${problems}: ` +
    `${countWord(span.problems)} ${span.problems === 1 ? 'problem' : 'problems'}. ` +
    `These ${countWord(span.rows)} rows are the ones that start from ${span.startingPrograms}'s programs.`
  )
}

function weightsSentence({ rows, rowsWithChangedWeights: changed }: HumanevalTable): string {
  if (changed === 0) {
    return (
      `In none of the ${rows.length} rows were weights changed: ` +
      'they differ in the model, in the solver around it and in the programs that it started from. No row compares a fine-tuned variant with its base.'
    )
  }
  return `In ${changed} of the ${rows.length} rows weights were changed.`
}

function closenessSentence(table: HumanevalTable): string {
  const fewest = countWord(table.fewestFlips)
  return (
    `Rows fewer than ${fewest} problems apart cannot differ at p < 0.05, however their problems pair ` +
    `(exact McNemar at its best: ${fewest} gained and none lost is ${pText(table.pAtFewest)}, one fewer is ${pText(table.pBelowFewest)}). ` +
    `That holds for ${table.spanPairs.tooClose} of the ${table.spanPairs.pairs} pairs among these ${countWord(table.span.rows)} rows, ` +
    `and for ${table.allPairs.tooClose} of the ${table.allPairs.pairs} pairs of the whole table.`
  )
}

function apartSentences({ spanPairsApart }: HumanevalTable): string[] {
  return spanPairsApart.map(
    ({ base, variant, baseSolved, variantSolved, bestP, logsKnown }) =>
      `${variantSolved} against ${baseSolved} (${variant}; ${base}) is ${pText(bestP)} at best, with none lost` +
      (logsKnown ? '.' : '; without public answers of both nothing more can be said.'),
  )
}

function logsSentence({ rows, rowsWithLog, knownPairs }: HumanevalTable): string {
  const bases = [...new Set(knownPairs.map((pair) => pair.base))]
  const variantsOf = (base: string): string =>
    knownPairs.flatMap((pair) => (pair.base === base ? [pair.variant] : [])).join(', ')
  return (
    'For the other pairs nothing can be said from the scores: it takes the answers, paired by problem. ' +
    `Logs are public for ${rowsWithLog} of the ${rows.length} rows, so tunediff compare can tell for a system and the programs ` +
    `that it started from: ${bases.map((base) => `from ${base}: ${variantsOf(base)}`).join('; ')}.`
  )
}

export function humanevalBlocks(table: HumanevalTable): Block[] {
  const [first, ...others] = humanevalSentences(table)
  const notes = table.rows.flatMap((row, i) => (row.note === null ? [] : [`note ${i + 1}: ${row.note}`]))
  return [
    { kind: 'heading', text: `Published HumanEval scores, ${table.problems} problems` },
    scores(table.rows),
    { kind: 'paragraph', text: 'How each was made:' },
    origins(table.rows),
    { kind: 'paragraph', text: 'Sources:' },
    {
      kind: 'table',
      columns: [number, { title: 'published' }, { title: 'source' }],
      rows: table.rows.map((row, i) => [String(i + 1), row.published, row.source]),
    },
    ...(notes.length > 0 ? [{ kind: 'list' as const, items: notes }] : []),
    {
      kind: 'paragraph',
      text: 'Systems with public logs, and what they started from; p at best is what the two published counts allow, not a result:',
    },
    logs(table.knownPairs, table.rows),
    { kind: 'heading', text: 'What the table says' },
    { kind: 'finding', text: first! },
    { kind: 'list', items: others },
  ]
}

const number = { title: '', align: 'right' as const }
const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' })

function scores(rows: readonly ScoredRow[]): Block {
  return {
    kind: 'table',
    columns: [
      number,
      { title: 'system' },
      right('score, %'),
      right('solved'),
      right('95 % interval (Wilson)'),
    ],
    rows: rows.map((row, i) => [
      String(i + 1),
      row.system,
      row.scorePercent.toFixed(1),
      String(row.solved),
      percentInterval(row.rate),
    ]),
  }
}

function origins(rows: readonly ScoredRow[]): Block {
  return {
    kind: 'table',
    columns: [
      number,
      { title: 'base weights' },
      { title: 'changed' },
      { title: 'solver' },
      { title: 'starting programs' },
    ],
    rows: rows.map((row, i) => [
      String(i + 1),
      row.baseWeights,
      row.weightsChanged ? 'yes' : 'no',
      row.solver,
      row.startingPrograms ?? 'none',
    ]),
  }
}

function logs(pairs: readonly KnownPair[], rows: readonly ScoredRow[]): Block {
  // A note says where the log holds another count than the paper, which changes what is possible.
  const notes = (pair: KnownPair): string =>
    rows
      .flatMap((row, i) =>
        row.note !== null && [pair.base, pair.variant].includes(row.system) ? [i + 1] : [],
      )
      .join(', ')
  return {
    kind: 'table',
    columns: [
      { title: 'base' },
      right('solved'),
      { title: 'variant' },
      right('solved'),
      right('apart'),
      right('p at best'),
      right('note'),
    ],
    rows: pairs.map((pair) => [
      pair.base,
      String(pair.baseSolved),
      pair.variant,
      String(pair.variantSolved),
      String(Math.abs(pair.variantSolved - pair.baseSolved)),
      pText(pair.bestP).replace(/^p (= )?/, ''),
      notes(pair),
    ]),
  }
}

const percentInterval = ({ low, high }: Estimate): string =>
  low === null || high === null ? '' : `${points(low)} to ${points(high)}`
