// Leaderboard: the runs of a task by score, with what is not told from what; or how the best score came to be over time.
import type { Leaderboard, LeaderboardRow } from '../../src/schema/report.ts'
import { interval, points } from '../../src/util/numbers.ts'
import { countWord, plural, printable } from '../../src/util/text.ts'
import { usePage, usePageLink } from '../context.ts'
import { Chart } from '../parts/chart.tsx'
import { Absent, Choice, ViewHead } from '../parts/shared.tsx'
import { Legend } from '../parts/side.tsx'
import { replaceRoute } from '../router.ts'
import { inOrder, overTime } from './leaderboard/draw.ts'
import './leaderboard.css'

const DAY_MS = 86_400_000

export function LeaderboardView() {
  const { study, route } = usePage()
  const link = usePageLink()
  const boards = study.leaderboards
  const board = boards.find(({ task }) => task === route.parts[0]) ?? boards[0]
  if (!board) {
    return (
      <>
        <ViewHead title="Leaderboard" />
        <Absent command="tunediff eval MODEL --task TASK -o RUN">
          No model was asked anything in this study: it names no task.
        </Absent>
      </>
    )
  }
  const isSpread = spanMs(board) > DAY_MS
  const by = isSpread && route.query.by === 'time' ? 'time' : 'order'
  const go = (task: string, order: string) =>
    replaceRoute(link('leaderboard', [task], order === 'time' ? { by: 'time' } : {}))
  return (
    <>
      <ViewHead title="Leaderboard">
        Every run of a task by its score. Rows in one bracket cannot be told apart by paired tests of all
        pairs, after Holm over them.
      </ViewHead>
      <div class="choices">
        <Choice
          label="Task"
          value={board.task}
          options={boards.map(({ task }) => ({ value: task, text: printable(task) }))}
          onChange={(task) => go(task, by)}
        />
        {isSpread && (
          <Choice
            label="Shown"
            value={by}
            options={[
              { value: 'order', text: 'in order' },
              { value: 'time', text: 'over time' },
            ]}
            onChange={(order) => go(board.task, order)}
          />
        )}
      </div>
      <Board key={board.task} board={board} by={by} />
    </>
  )
}

const ranked = ({ rows }: Leaderboard): LeaderboardRow[] => rows.filter(({ instance }) => instance !== null)

function spanMs(board: Leaderboard): number {
  const times = ranked(board).flatMap(({ createdAt }) => (createdAt === null ? [] : [Date.parse(createdAt)]))
  return times.length < 2 ? 0 : Math.max(...times) - Math.min(...times)
}

function Board({ board, by }: { board: Leaderboard; by: 'order' | 'time' }) {
  const { study } = usePage()
  const metric = study.tasks.find(({ name }) => name === board.task)?.metric ?? 'score'
  const sides = study.results.asked.sides
    .map(({ name }) => name)
    .filter((name) => board.rows.some(({ instance }) => instance?.side === name))
  const hasPublished = board.rows.some(({ instance }) => instance === null)
  return (
    <Chart
      label={finding(board)}
      note={noteOf(by, metric, hasPublished)}
      name={`leaderboard-${board.task}`}
      table={board.table}
      isOpen
      legend={
        <div class="board-legend">
          <Legend sides={sides} />
          {hasPublished && by === 'order' && <Published />}
        </div>
      }
      draw={(width) => (by === 'time' ? overTime : inOrder)({ study, board, metric, width })}
    />
  )
}

function Published() {
  return (
    <span class="published">
      <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
        <circle r="4" fill="none" stroke="var(--none)" stroke-width="1.5" />
      </svg>
      published elsewhere, not ranked
    </span>
  )
}

/** Who leads, and what is not told from it. */
function finding(board: Leaderboard): string {
  const rows = ranked(board)
  const [first, ...others] = rows
  if (!first) return `No run has a score on ${printable(board.task)}.`
  const equal = others.filter(({ rate }) => rate.value === first.rate.value).length
  const who =
    equal === 0
      ? `${printable(first.name)} leads`
      : `${printable(first.name)} and ${countWord(equal)} ${equal === 1 ? 'other' : 'others'} lead`
  const score = `${points(first.rate.value)} %${bounds(first)} of ${plural(first.rate.n, 'problem')}`
  if (others.length === 0)
    return `${printable(first.name)} has ${score} on ${printable(board.task)}; there is no other run${higherText(board, first)}`
  const untold = first.rank === null ? 0 : first.rank[1] - first.rank[0]
  return `${who} ${printable(board.task)} with ${score}; ${untoldText(untold, others.length, equal)}${higherText(board, first)}`
}

function untoldText(untold: number, others: number, equal: number): string {
  const from = equal === 0 ? 'it' : 'the first'
  if (untold === 0)
    return others === 1
      ? `the other run is told apart from ${from}`
      : `all others are told apart from ${from}`
  if (untold === others)
    return others === 1
      ? `the other run cannot be told apart from ${from}`
      : `none of the others can be told apart from ${from}`
  return `${countWord(untold)} of ${countWord(others)} others cannot be told apart from ${from}`
}

function higherText({ rows }: Leaderboard, first: LeaderboardRow): string {
  const higher = rows.filter(
    ({ instance, rate }) => instance === null && rate.value > first.rate.value,
  ).length
  return higher === 0
    ? ''
    : `; ${countWord(higher)} published ${higher === 1 ? 'score is' : 'scores are'} higher`
}

const bounds = ({ rate }: LeaderboardRow): string => ` ${interval(rate, points)}`.trimEnd()

function noteOf(by: 'order' | 'time', metric: string, hasPublished: boolean): string {
  const marks = `Scores are ${metric}, in %; lines are 95 % intervals over problems.`
  if (by === 'time') return `${marks} The stepped line is the best score so far.`
  const published = hasPublished
    ? ' Published scores come from elsewhere and cannot be paired with runs: the table says from where.'
    : ''
  return `${marks} Intervals of two rows may overlap although the paired test tells them apart, since it compares them problem by problem.${published}`
}
