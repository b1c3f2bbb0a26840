// A small task of the project's own, to be learnt by a small model: a message about an order in free words becomes one
// strict line, COUNT|GOODS|TOWN|DAY|rush or calm. Writes train.jsonl and heldOut.jsonl in the form that `tunediff train`
// reads; equal seeds give equal files.
//   node bench/realTask/make.mjs FOLDER [--train 600] [--held-out 100] [--seed 1]
// No message is in both files, no held-out combination of goods, town and day is trained on, and a third of the held-out
// messages name a town that training never does. The prompt says the format, so that a base model is asked fairly.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: 'string', default: '600' },
    'held-out': { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
})
if (positionals.length !== 1) throw new Error('wanted: one folder')

const GOODS = [
  ...['apples', 'beans', 'bricks', 'brooms', 'candles', 'carrots', 'chairs', 'cups', 'doors', 'eggs'],
  ...['flour', 'gloves', 'hinges', 'honey', 'ink', 'jam', 'lamps', 'lemons', 'mirrors', 'nails'],
  ...['oats', 'onions', 'paper', 'pears', 'pipes', 'plates', 'rice', 'rope', 'salt', 'screws'],
  ...['soap', 'spoons', 'sugar', 'tea', 'tiles', 'towels', 'walnuts', 'wax', 'wire', 'wool'],
]
const TOWNS = [
  ...['Aachen', 'Basel', 'Bergen', 'Bilbao', 'Bremen', 'Cork', 'Dover', 'Exeter', 'Genoa', 'Ghent'],
  ...['Graz', 'Kiel', 'Leeds', 'Lille', 'Linz', 'Lund', 'Lyon', 'Malmo', 'Nancy', 'Nantes'],
  ...['Odense', 'Oslo', 'Padua', 'Pisa', 'Porto', 'Prague', 'Reims', 'Riga', 'Seville', 'Siena'],
]
/** Only ever held out. */
const NEW_TOWNS = [
  'Bath',
  'Cadiz',
  'Dijon',
  'Essen',
  'Florence',
  'Krakow',
  'Ostend',
  'Tampere',
  'Turin',
  'York',
]
const NAMES = ['Anna', 'Bela', 'Carl', 'Dina', 'Emil', 'Faye', 'Gus', 'Hana', 'Ivo', 'Jana', 'Kim', 'Lea']
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const COUNTS = [
  ...['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty'],
]
const UNITS = ['boxes', 'crates', 'sacks', 'pallets', 'cartons']
const RUSH = [
  'It is urgent.',
  'This cannot wait.',
  'They are waiting for it.',
  'Please hurry.',
  'At once, if you can.',
]
const CALM = ['There is no hurry.', 'Take your time.', 'It is not urgent.', 'No need to rush.', '']
const HELLOS = ['Hello,', 'Good morning,', 'Hi there,', 'Dear all,', 'Hey,', '']
/** Sentences that say nothing about the order. */
const ASIDES = [
  'The last delivery was fine.',
  'Thanks for your help with the invoice.',
  'The weather is dreadful here.',
  'My colleague is on leave until June.',
  'We have moved to the second floor.',
  '',
  '',
  '',
]
const MESSAGES = [
  ({ count, unit, goods, town, day }) => `could you send ${count} ${unit} of ${goods} to ${town} by ${day}?`,
  ({ count, unit, goods, town, day }) =>
    `we are out of ${goods} in ${town} again. ${upper(count)} ${unit}, please, on ${day}.`,
  ({ count, unit, goods, town, day }) => `on ${day} the ${town} shop needs ${count} ${unit} of ${goods}.`,
  ({ count, unit, goods, town, day }) => `${goods}: ${count} ${unit}. Deliver to ${town} on ${day}.`,
  ({ count, unit, goods, town, day }) =>
    `the van to ${town} leaves on ${day}. Put ${count} ${unit} of ${goods} on it.`,
  ({ count, unit, goods, town, day }) =>
    `${count} ${unit} of ${goods} for ${town}, and they have to be there on ${day}.`,
  ({ count, unit, goods, town, day, name }) =>
    `${name} called from ${town} and wants ${count} ${unit} of ${goods} on ${day}.`,
  ({ count, unit, goods, town, day }) =>
    `is ${day} still possible for ${count} ${unit} of ${goods}? They go to ${town}.`,
  ({ count, unit, goods, town, day, name }) =>
    `${name} forgot to order ${goods} for ${town}. Make it ${count} ${unit}, to arrive on ${day}.`,
  ({ count, unit, goods, town, day }) =>
    `please add ${count} ${unit} of ${goods} to what ${town} gets on ${day}.`,
]
const PROMPT = (message) =>
  `Write the order as one line: count|goods|town|day|rush or calm\nMessage: ${message}\nOrder:`

/** The linear congruential generator of Numerical Recipes, its high bits. */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0
  return (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
}

const upper = (text) => text[0].toUpperCase() + text.slice(1)

function itemOf(below, towns) {
  const pick = (list) => list[below(list.length)]
  const [number, isRush] = [2 + below(19), below(2) === 1]
  const order = {
    goods: pick(GOODS),
    town: pick(towns),
    day: pick(DAYS),
    unit: pick(UNITS),
    name: pick(NAMES),
    count: below(2) === 1 ? COUNTS[number - 2] : String(number),
  }
  const hello = pick(HELLOS)
  const body = pick(MESSAGES)(order)
  const sentences = [hello ? `${hello} ${body}` : upper(body), pick(ASIDES), pick(isRush ? RUSH : CALM)]
  const message = `${sentences.filter(Boolean).join(' ')}`
  const line = [
    number,
    order.goods,
    order.town,
    order.day.slice(0, 3).toLowerCase(),
    isRush ? 'rush' : 'calm',
  ]
  return {
    key: `${order.goods} ${order.town} ${order.day}`,
    prompt: PROMPT(message),
    completion: ` ${line.join('|')}`,
  }
}

function items(count, below, { towns, isFree }) {
  const found = []
  while (found.length < count) {
    const item = itemOf(below, towns(found.length))
    if (!isFree(item)) continue
    found.push(item)
  }
  return found
}

const below = generator(Number(args.seed))
const train = items(Number(args.train), below, { towns: () => TOWNS, isFree: () => true })
const trained = new Set(train.map(({ key }) => key))
const heldOut = items(Number(args['held-out']), below, {
  towns: (i) => (i % 3 === 0 ? NEW_TOWNS : TOWNS),
  isFree: ({ key }) => !trained.has(key),
})
const [folder] = positionals
mkdirSync(folder, { recursive: true })
for (const [name, rows] of [
  ['train', train],
  ['heldOut', heldOut],
]) {
  const lines = rows.map(({ prompt, completion }) => `${JSON.stringify({ prompt, completion })}\n`)
  writeFileSync(join(folder, `${name}.jsonl`), lines.join(''))
}
