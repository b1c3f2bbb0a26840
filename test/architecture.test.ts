// Holds DESIGN.md's table: a folder of src imports only from groups above its own, never from a folder of its group.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const GROUPS = [
  ['util', 'schema'],
  ['stats', 'tensor', 'sandbox', 'store'],
  ['model', 'tasks', 'logs'],
  ['train', 'generate'],
  ['solve'],
  ['measure'],
  ['study', 'report'],
  ['cli'],
]
const src = fileURLToPath(new URL('../src', import.meta.url))
const group = (folder: string): number => GROUPS.findIndex((names) => names.includes(folder))

/** Of these the page takes values, from all other of `schema` types alone: what it runs must need no Node and no zod. */
const PAGE_VALUES = [
  'util/numbers.ts',
  'util/text.ts',
  'schema/outcomes.ts',
  'schema/tokenColumns.ts',
  'schema/sideNames.ts',
]
const IMPORTS = /(import type|import|export)[^'"]*?(?:from\s*|\()'(\.[^']+)'/g

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.tsx?$/.test(path)) yield path
  }
}

test('the page imports types of schema, and values of pure files alone', () => {
  const web = join(src, '..', 'web')
  const wrong: string[] = []
  for (const path of sources(web)) {
    for (const [, how, target] of readFileSync(path, 'utf8').matchAll(IMPORTS)) {
      const to = normalize(join(dirname(path), target!))
      if (to.startsWith(`${web}${sep}`)) continue
      const from = relative(src, to).split(sep).join('/')
      const isAllowed = PAGE_VALUES.includes(from) || (from.startsWith('schema/') && how === 'import type')
      if (!isAllowed) wrong.push(`${relative(web, path)} imports ${target}`)
    }
  }
  for (const file of PAGE_VALUES) expect(readFileSync(join(src, file), 'utf8'), file).not.toMatch(IMPORTS)
  expect(wrong).toEqual([])
})

test('folders import only from groups above them', () => {
  const wrong: string[] = []
  for (const path of sources(src)) {
    const [from, file] = relative(src, path).split(sep)
    if (file === undefined) continue
    expect(group(from!), `src/${from} is in no group of the table`).toBeGreaterThanOrEqual(0)
    for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const to = relative(src, normalize(join(dirname(path), target!))).split(sep)[0]!
      if (to === '..' || to === from) continue
      if (group(to) >= group(from!)) wrong.push(`${relative(src, path)} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})
