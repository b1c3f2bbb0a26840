// The families of texts that the demo's base is trained on and its variants are asked about, each drawn from a stream of
// random numbers. A sixth of all keys (a date, a person in a city, a review, a sum, a function, a sentence), chosen by their
// hash, is held out: no training ever sees one. Not the mixture, and no files: data.mjs.
import { random } from '../../dist/stats/random.js'
import { seedOf } from '../../dist/tensor/random.js'
import { sha256 } from '../../dist/util/hash.js'
import * as w from './words.mjs'

/** Draws of a stream that the name decides. */
export function chance(name) {
  const next = random(seedOf(name))
  const below = (count) => Math.floor(next() * count)
  return {
    next,
    below,
    between: (low, high) => low + below(high - low + 1),
    pick: (list) => list[below(list.length)],
  }
}

const isHeldOut = (key) => Number.parseInt(sha256(key).slice(0, 8), 16) % 6 === 0

function date(r, format) {
  const value = { day: r.between(1, 28), month: r.between(1, 12), year: r.between(1950, 2039) }
  const { day, month, year } = value
  return {
    key: `${day} ${month} ${year}`,
    prompt: `Date: ${day} ${w.MONTHS[month - 1]} ${year}\n${format}:`,
    answer: ` ${w.DATE_FORMATS[format](value)}`,
  }
}

function order(r) {
  const name = `${r.pick(w.FIRST_NAMES)} ${r.pick(w.LAST_NAMES)}`
  const value = { name, city: r.pick(w.CITIES), count: r.between(2, 99), item: r.pick(w.GOODS) }
  const { city, count } = value
  return { value, key: `${name} ${city}`, json: JSON.stringify({ name, city, count }) }
}

function pairs(r) {
  const { value, key, json } = order(r)
  const { name, city, count } = value
  return { key, prompt: `Pairs: name ${name}, city ${city}, count ${count}\nJSON:`, answer: ` ${json}` }
}

function aboutOrder(r, ask) {
  const { value, key, json } = order(r)
  const answer = { Name: value.name, City: value.city, Count: value.count, Item: value.item, JSON: json }[ask]
  return { key, prompt: `Text: ${r.pick(w.ORDERS)(value)}\n${ask}:`, answer: ` ${answer}` }
}

function verdict(r) {
  const isGood = [r.next() < 0.5, r.next() < 0.5]
  const words = isGood.map((is) =>
    r.next() < 0.3 ? `not ${r.pick(is ? w.BLAME : w.PRAISE)}` : r.pick(is ? w.PRAISE : w.BLAME),
  )
  const review = r.pick(w.REVIEWS)(r.pick(w.GOODS), ...words)
  const answer = isGood[0] !== isGood[1] ? 'mixed' : isGood[0] ? 'good' : 'bad'
  return { key: review, prompt: `Review: ${review}\nVerdict:`, answer: ` ${answer}` }
}

function add(r) {
  const [a, b] = [r.between(1, 60), r.between(1, 12)]
  return { key: `${a} + ${b}`, prompt: `Sum: ${a} + ${b}\nResult:`, answer: ` ${a + b}` }
}

/** Prompt and answer are a program; the prompt ends its line, as those of HumanEval do, and one blank indents the answer. */
function code(r) {
  const operation = r.pick(w.OPERATIONS)
  const ending = operation.isTest ? w.ENDINGS[0] : r.pick(w.ENDINGS)
  const [n, k] = [r.between(2, 30), r.between(2, 9)]
  const task = operation.words(n) + ending.words(k)
  const value = ending.python(operation.python(n), k)
  return { key: task, prompt: `# ${task}\ndef f(x):\n`, answer: ` return ${value}`, value }
}

function sentence(r) {
  const friend = r.next() < 0.5 ? ` with ${r.pick(w.FIRST_NAMES)}` : ''
  const text = `${r.pick(w.TIMES)}, the ${r.pick(w.TRADES)} ${r.pick(w.DEEDS)} the ${r.pick(w.PLACES)}${friend}.`
  return { key: text, text }
}

const SIBLINGS = Object.keys(w.DATE_FORMATS).filter((format) => format !== 'ISO')

/** By name: what draws an item {key, prompt, answer}. */
export const FAMILIES = {
  iso: (r) => date(r, 'ISO'),
  extract: (r) => aboutOrder(r, 'JSON'),
  style: (r) => date(r, r.pick(SIBLINGS)),
  pairs,
  field: (r) => aboutOrder(r, r.pick(['Name', 'City', 'Count', 'Item'])),
  verdict,
  add,
  code,
}

/** An item of a family whose key is held out, or is not. */
export function draw(make, r, { heldOut }) {
  for (;;) {
    const item = make(r)
    if (isHeldOut(item.key) === heldOut) return item
  }
}

const SENTENCES = 3

/** Plain text. */
export const plainText = (r, options) =>
  Array.from({ length: SENTENCES }, () => draw(sentence, r, options).text).join(' ')

/** A function of the code family in HumanEval's format: values and their types have to be equal. */
export const codeProblem = ({ prompt, answer, value }) => ({
  prompt,
  entry_point: 'f',
  canonical_solution: answer,
  test: `def check(candidate):
    for x in [-41, -7, 0, 3, 12, 30, 95]:
        wanted = ${value}
        got = candidate(x)
        assert type(got) is type(wanted) and got == wanted
`,
})
