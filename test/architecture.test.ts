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

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (path.endsWith('.ts')) yield path
  }
}

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
