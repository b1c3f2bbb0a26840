// What benchmarks against other tools share: rows that run in alternating rounds, ratios to the best of the others, tables.
import { loadavg } from 'node:os'

const say = (text) => process.stderr.write(`${text} (load ${loadavg()[0].toFixed(1)})\n`)

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]
export const span = (numbers, digits) =>
  `${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)}`

/** Runs all rows in turn, `rounds` times. Each result has what the process printed. */
export function inTurns(rows, rounds) {
  const results = rows.map(() => [])
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards: who follows whom does not decide.
    const order = [...rows.keys()]
    for (const i of round % 2 === 0 ? order : order.reverse()) {
      const result = rows[i].run()
      if (!result.ok) throw new Error(`${rows[i].name} failed: ${result.stderr.slice(-1500)}`)
      results[i].push({ ...result, printed: JSON.parse(result.stdout.trim().split('\n').at(-1)) })
      say(
        `round ${round + 1}: ${rows[i].name}: ${result.cpuS.toFixed(1)} CPU s, ${result.wallS.toFixed(1)} s, ${result.peakMb.toFixed(0)} MB`,
      )
    }
  }
  return rows.map((row, i) => ({ ...row, results: results[i] }))
}

/** Ratio in each round to the one with the lowest median among `others`: noise of a round is in both. */
export function againstBest(others, key) {
  const [best] = others.toSorted((a, b) => median(a[key]) - median(b[key]))
  return {
    best: best.name,
    of: (row) => ({
      ratio: median(row[key]) / median(best[key]),
      rounds: row[key].map((value, i) => value / best[key][i]),
    }),
  }
}

/** Columns of a Markdown table: the ratio to the best of the others, and those of the rounds. */
export function ratioColumns(others, key, title) {
  const { best, of } = againstBest(others, key)
  return [
    { title: `${title} / ${best}`, cell: (row) => of(row).ratio.toFixed(2) },
    { title: 'of rounds', cell: (row) => span(of(row).rounds, 2) },
  ]
}

export function table(rows, columns) {
  console.log(`| | ${columns.map(({ title }) => title).join(' | ')} |`)
  console.log(`| --- |${' ---: |'.repeat(columns.length)}`)
  for (const row of rows) console.log(`| ${row.name} | ${columns.map(({ cell }) => cell(row)).join(' | ')} |`)
}
