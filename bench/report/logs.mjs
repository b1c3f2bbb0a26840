// Logs of lm-eval as they would be of word problems: a reasoning of a few sentences and a number, mostly 300 to 800 bytes; variants that
// answer a few percent of the problems otherwise. The same numbers each time.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'

const NAMES =
  'Ada Bruno Chika Dario Elif Farid Gala Hugo Ines Jonas Kemi Lior Mara Nils Oya Pavel Rosa Sami'.split(' ')
const THINGS =
  'apples tickets stamps boxes pages marbles cookies bottles chairs books coins letters lamps seeds shirts'.split(
    ' ',
  )
const PLACES = 'market school station library workshop garden harbour kitchen office farm'.split(' ')

/** A stream of numbers from 0 to 1 (mulberry32). */
function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const pick = (list, next) => list[Math.floor(next() * list.length)]
const whole = (least, most, next) => least + Math.floor(next() * (most - least + 1))

function problemOf(index) {
  const next = random(index * 7919 + 1)
  const of = { name: pick(NAMES, next), thing: pick(THINGS, next), place: pick(PLACES, next) }
  const steps = Array.from({ length: whole(7, 13, next) }, () => ({
    by: whole(2, 97, next),
    times: next() < 0.3,
  }))
  return { index, start: whole(5, 400, next), steps, ...of }
}

const question = ({ name, thing, place, start, steps }) =>
  `${name} has ${start} ${thing} at the ${place}. ` +
  steps
    .map(({ by, times }) => (times ? `Then there are ${(by % 5) + 2} times as many.` : `${by} more come.`))
    .join(' ') +
  ` How many ${thing} does ${name} have?`

const SAYINGS = [
  (p, from, by, to) => `We start with ${from} ${p.thing}, and ${by} more make ${from} + ${by} = ${to}. `,
  (p, from, by, to) => `After that ${p.name} holds ${from} + ${by} = ${to} ${p.thing} at the ${p.place}. `,
  (_, from, by, to) => `Adding ${by} to ${from} gives ${to}. `,
]

/** The answer of a side: how it words things is its own, and a wrong one slips in one step. */
function answer(problem, side, isRight) {
  const next = random(problem.index * 31 + side * 7 + 3)
  let [value, text] = [problem.start, `Let us think about what ${problem.name} has, step by step.\n`]
  const slip = isRight ? -1 : whole(0, problem.steps.length - 1, next)
  for (const [i, { by, times }] of problem.steps.entries()) {
    const right = times ? value * ((by % 5) + 2) : value + by
    const to = i === slip ? right + whole(1, 9, next) : right
    text += times ? `${value} times ${(by % 5) + 2} is ${to}. ` : pick(SAYINGS, next)(problem, value, by, to)
    value = to
  }
  return `${text}\nSo in the end there are ${value} ${problem.thing}.\n#### ${value}`
}

/** `SIDE.jsonl` in `folder` for the base and each variant. Returns their paths, the base first. */
export async function writeLogs(folder, { problems, flips }) {
  const paths = []
  for (const [side, rate] of [0, ...flips].entries()) {
    const path = join(folder, side === 0 ? 'base.jsonl' : `variant-${side}.jsonl`)
    const file = createWriteStream(path)
    const next = random(side + 1)
    for (let i = 0; i < problems; i++) {
      const isRight = random(i * 13 + 5)() < 0.62
      const scored = next() < rate ? !isRight : isRight
      const problem = problemOf(i)
      const text = answer(problem, side, scored)
      const row = {
        doc_id: i,
        doc: { question: question(problem) },
        resps: [[text]],
        filtered_resps: [text],
        filter: 'none',
        metrics: ['exact_match'],
        exact_match: scored ? 1 : 0,
      }
      if (!file.write(`${JSON.stringify(row)}\n`)) await new Promise((resolve) => file.once('drain', resolve))
    }
    await new Promise((resolve) => file.end(resolve))
    paths.push(path)
  }
  return paths
}
