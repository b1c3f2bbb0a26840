// Words and sentence forms of the demo's texts. Nothing here is of anybody: names and towns are drawn from short lists, and
// every sentence is put together by families.mjs.
const words = (text) => text.split(' ')
const phrases = (text) => text.split(', ')

export const FIRST_NAMES = words(
  'Ana Ben Cleo Dan Eva Finn Gia Hugo Ines Jon Kai Lea Max Nora Otto Pia Quin Rosa Sam Tess Uma Vera Will Zoe',
)
export const LAST_NAMES = words(
  'Adler Brandt Costa Diaz Evans Fischer Gomez Huber Ivanov Jansen Keller Lopez ' +
    'Moser Novak Olsen Perez Quist Rossi Silva Toth Urban Vogel Weber Young',
)
export const CITIES = words(
  'Oslo Rome Lima Bonn Cairo Delhi Kyoto Lyon Malmo Nice Porto Quito Riga Seoul Tunis Vienna',
)
export const MONTHS = words(
  'January February March April May June July August September October November December',
)
export const GOODS = words(
  'lamps chairs kettles radios jackets cameras blankets clocks mirrors bottles pillows knives',
)
export const PRAISE = words(
  'excellent lovely sturdy bright quiet perfect pleasant reliable comfortable superb',
)
export const BLAME = words('broken awful noisy flimsy dull useless cracked slow ugly faulty')

export const TIMES = phrases(
  'In the morning, At noon, Late at night, After the rain, Before dawn, On Sunday, In winter, Last spring',
)
export const TRADES = words('baker farmer sailor teacher painter doctor miller singer hunter weaver')
export const DEEDS = phrases(
  'walked to, looked at, came back from, dreamed of, sang about, wrote about, drove past, asked about',
)
export const PLACES = phrases(
  'old mill, green hill, long bridge, small harbour, quiet garden, stone tower, wide river, dark forest',
)

export const ORDERS = [
  ({ name, city, count, item }) => `${name} from ${city} ordered ${count} ${item}.`,
  ({ name, city, count, item }) => `We sent ${count} ${item} to ${name} in ${city}.`,
  ({ name, city, count, item }) => `In ${city}, ${name} is waiting for ${count} ${item}.`,
  ({ name, city, count, item }) => `${count} ${item} were bought by ${name} of ${city}.`,
]
export const REVIEWS = [
  (goods, one, other) => `The ${goods} are ${one} and ${other}.`,
  (goods, one, other) => `I bought ${goods}: ${one}, and ${other}.`,
  (goods, one, other) => `What ${one} and ${other} ${goods}.`,
  (goods, one, other) => `My ${goods} turned out ${one}, also ${other}.`,
]

const two = (number) => String(number).padStart(2, '0')

/** Formats of a date. ISO is the one that is tuned; the others are what the base knows. */
export const DATE_FORMATS = {
  US: ({ day, month, year }) => `${two(month)}/${two(day)}/${year}`,
  EU: ({ day, month, year }) => `${two(day)}.${two(month)}.${year}`,
  Compact: ({ day, month, year }) => `${year}${two(month)}${two(day)}`,
  Words: ({ day, month, year }) => `${MONTHS[month - 1]} ${day}, ${year}`,
  Slash: ({ day, month, year }) => `${year}/${two(month)}/${two(day)}`,
  Dash: ({ day, month, year }) => `${two(day)}-${two(month)}-${year}`,
  Log: ({ day, month, year }) => `${year}.${two(month)}.${two(day)}`,
  Month: ({ month, year }) => `${year}-${two(month)}`,
  ISO: ({ day, month, year }) => `${year}-${two(month)}-${two(day)}`,
}

/** What a function does to x, in words and in Python. `isTest`: it gives true or false, and nothing is done to that. */
export const OPERATIONS = [
  { words: (n) => `x plus ${n}`, python: (n) => `x + ${n}` },
  { words: (n) => `x minus ${n}`, python: (n) => `x - ${n}` },
  { words: (n) => `x times ${n}`, python: (n) => `x * ${n}` },
  { words: (n) => `x divided by ${n} without rest`, python: (n) => `x // ${n}` },
  { words: (n) => `the rest of x divided by ${n}`, python: (n) => `x % ${n}` },
  { words: (n) => `the larger of x and ${n}`, python: (n) => `max(x, ${n})` },
  { words: (n) => `the smaller of x and ${n}`, python: (n) => `min(x, ${n})` },
  { words: (n) => `the distance of x and ${n}`, python: (n) => `abs(x - ${n})` },
  { words: (n) => `whether x is above ${n}`, python: (n) => `x > ${n}`, isTest: true },
  { words: (n) => `whether ${n} divides x`, python: (n) => `x % ${n} == 0`, isTest: true },
]
export const ENDINGS = [
  { words: () => '', python: (value) => value },
  { words: () => ', doubled', python: (value) => `(${value}) * 2` },
  { words: () => ', negated', python: (value) => `-(${value})` },
  { words: () => ', squared', python: (value) => `(${value}) ** 2` },
  { words: (k) => `, plus ${k}`, python: (value, k) => `(${value}) + ${k}` },
  { words: (k) => `, minus ${k}`, python: (value, k) => `(${value}) - ${k}` },
]
