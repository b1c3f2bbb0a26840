// The part of docs/how-much.md that the demo gives: from a finished study's results.json to the few figures that stand there
// (docs/how-much.demo.json), and from these to the tables. Sides of the demo are called TASK-METHOD.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const MEASURES = { kl: 'kl', bitsPerByte: 'deltaBitsPerByte' }

/** What the page shows of a finished demo study. */
export function demoFigures(folder, command) {
  const path = join(folder, 'results.json')
  const results = JSON.parse(readFileSync(path, 'utf8'))
  const { tunediff, asked, trainings, weights, predictions, zeroLines, effects } = results
  const scores = (side, seed) =>
    Object.fromEntries(asked.tasks.map((task) => [task, scoreOf(results, { side, seed, task })]))
  const [zero] = zeroLines
  return {
    command,
    tunediff,
    date: statSync(path).mtime.toISOString().slice(0, 10),
    texts: { tokens: predictions[0].whole.tokens, documents: predictions[0].whole.documents },
    tasks: asked.tasks,
    problems: Object.fromEntries(
      asked.tasks.map((task) => [task, results.scores.find((score) => score.task === task).report.n]),
    ),
    base: scores('base', null),
    zero: { batchShape: measures(zero.batchShape), nf4: measures(zero.nf4) },
    variants: trainings.map(({ side, seed }) => {
      const of = (list) => list.find((row) => row.side === side && row.seed === seed)
      const { relativeChange, trainingAlone } = of(weights).matrices
      const { value, zero: rounding } = relativeChange
      const training = trainingAlone?.value ?? value
      const [learnt, method] = side.split('-')
      return {
        ...{ side, method, learnt, seed },
        weights: { value: round(value), training: round(training), rounding: round(rounding.value) },
        ...measures(of(predictions).whole),
        scores: scores(side, seed),
      }
    }),
    margin: asked.margin,
    statements: effects.map(({ side, task, finding, delta, seeds }) => ({
      ...{ side, task, finding, ofTrainings: seeds.ofTrainings?.finding ?? finding },
      delta: round(delta.value),
    })),
  }
}

const round = (x) => (x === null ? null : Number(x.toPrecision(6)))

function scoreOf({ scores }, wanted) {
  const { report } = scores.find(
    ({ side, seed, task }) => side === wanted.side && seed === wanted.seed && task === wanted.task,
  )
  return round(report.rate.value)
}

function measures(whole) {
  const entries = Object.entries(MEASURES).map(([name, measure]) => {
    const { value, low, high } = whole[measure]
    return [name, { value: round(value), low: round(low), high: round(high) }]
  })
  return Object.fromEntries(entries)
}

// The tables -----------------------------------------------------------------------------------------------------

const WORDS = { lora: 'LoRA', qlora: '4-bit LoRA', full: 'all weights' }

/** `nats` and `table` are those of the page's other tables. */
export function demoSection(figures, { nats, table }) {
  return [movedTable(figures, { nats, table }), answersTable(figures, table), said(figures, nats)].join(
    '\n\n',
  )
}

function movedTable({ variants, zero, texts }, { nats, table }) {
  const signed = (value) => (value > 0 ? '+' : '') + nats(value)
  const range = ({ low, high }, show) => (low === null ? '' : ` [${show(low)}, ${show(high)}]`)
  const kl = ({ kl: measure }) => nats(measure.value) + range(measure, nats)
  const bits = ({ bitsPerByte: measure }) => signed(measure.value) + range(measure, signed)
  const rows = variants.map((variant) => [
    ...[variant.learnt, WORDS[variant.method], variant.seed],
    ...['value', 'training', 'rounding'].map((part) => percent(variant.weights[part])),
    ...[kl(variant), bits(variant)],
  ])
  return table(
    [
      ...['learnt', 'method', 'seed', 'weights moved, %', 'by training, %', 'rounding alone, %'],
      ...[`KL on ${texts.tokens.toLocaleString('en-US')} tokens of plain text, nats`, 'bits per byte there'],
    ],
    ['---', '---', '---:', '---:', '---:', '---:', '---', '---'],
    [
      ['', 'base, another batch shape', '', '', '', '', kl(zero.batchShape), bits(zero.batchShape)],
      ['', 'base in 4 bits, untrained', '', '', '', '', kl(zero.nf4), bits(zero.nf4)],
      ...rows,
    ],
  )
}

const percent = (fraction) => (100 * fraction).toPrecision(2)

/** In percent; the task that was learnt stands out. */
function answersTable({ tasks, problems, base, variants }, table) {
  const score = (value) => (100 * value).toFixed(1)
  const row = ({ learnt, method, seed, scores }) => [
    ...[learnt, WORDS[method], seed],
    ...tasks.map((task) => (task === learnt ? `**${score(scores[task])}**` : score(scores[task]))),
  ]
  return table(
    ['learnt', 'method', 'seed', ...tasks.map((task) => `${task} (${problems[task]})`)],
    ['---', '---', '---:', ...tasks.map(() => '---:')],
    [['', 'base', '', ...tasks.map((task) => score(base[task]))], ...variants.map(row)],
  )
}

function said({ variants, statements, margin, command, tunediff, date }, nats) {
  const found = (finding) => statements.filter((statement) => statement.finding === finding).length
  const alone = statements.filter(
    (one) => one.finding === 'cannot-tell' && one.ofTrainings === 'worse',
  ).length
  const others = statements.filter(({ side, task }) => !side.startsWith(`${task}-`))
  const worst = others.toSorted((a, b) => a.delta - b.delta)[0]
  const points = (100 * worst.delta).toFixed(1)
  const furthest = (of) => variants.toSorted((a, b) => of(b) - of(a))[0]
  const named = ({ side, seed }) => `${side}, seed ${seed}`
  const [inWeights, inPredictions] = [
    furthest(({ weights }) => weights.training),
    furthest(({ kl }) => kl.value),
  ]
  return [
    `Of ${statements.length} statements (a recipe or a single training on a task, Holm over all): ${found('better')} better, ${found('worse')} worse,`,
    `${found('no-worse')} no worse by more than ${100 * margin} points, ${found('cannot-tell')} cannot tell, of which ${alone} are worse for these very trainings. What was not learnt fell most for ${worst.side} on ${worst.task}: ${points} points.`,
    `Furthest in weights by training is ${named(inWeights)} (${percent(inWeights.weights.training)} %), furthest in predictions ${named(inPredictions)} (${nats(inPredictions.kl.value)} nats).`,
    `Made with \`${command}\`, tunediff ${tunediff}, ${date}; figures in [how-much.demo.json](how-much.demo.json).`,
  ].join('\n')
}
