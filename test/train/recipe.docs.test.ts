// The table of keys in docs/formats.md is the schema's: every key, in its order, with its default.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { root } from '../support/cli.ts'

const ROW = /^\| `(\w+)` \| `([^`]+)` \| .+ \|$/gm

test('docs/formats.md lists the keys of a recipe with their defaults', () => {
  const page = readFileSync(join(root, 'docs/formats.md'), 'utf8')
  const section = page.slice(page.indexOf('\n## Recipe\n'), page.indexOf('\n## Variant folder\n'))
  const listed = [...section.matchAll(ROW)].map(([, key, initial]) => [key, initial])
  const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
  expect(listed).toEqual(Object.entries(recipeSchema.parse({})).map(([key, value]) => [key, shown(value)]))
})
