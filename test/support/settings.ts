// Models without weights to compare the settings of: fixtures, and copies of one with files edited. Not a test itself.
import { mkdtempSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compareSettings } from '../../src/measure/settings/index.ts'
import { openModel } from '../../src/model/open.ts'
import { readSettings } from '../../src/model/settings.ts'

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/settings/${name}`, import.meta.url))
export const goldens = (name: string): string =>
  fileURLToPath(new URL(`../goldens/settings/${name}`, import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: files are edited at any depth
export type Json = Record<string, any>
export type Edits = Record<string, string | null | ((json: Json) => Json | undefined)>

/** For copies; who imports this removes it. */
export const scratch = mkdtempSync(join(tmpdir(), 'tunediff-settings-'))
export const removeScratch = (): Promise<void> => rm(scratch, { recursive: true, force: true })

/** A copy of the base, in a folder of its own, with files replaced (text), taken away (null) or edited. */
export async function variantOf(edits: Edits): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'variant-'))
  await cp(fixture('base'), folder, { recursive: true })
  for (const [name, edit] of Object.entries(edits)) {
    const path = join(folder, name)
    if (edit === null) await rm(path)
    else if (typeof edit === 'string') await writeFile(path, edit)
    else {
      const json = JSON.parse(await readFile(path, 'utf8')) as Json
      await writeFile(path, JSON.stringify(edit(json) ?? json))
    }
  }
  return folder
}

export async function compare(base: string, variant: string) {
  return compareSettings(
    await readSettings(await openModel(base)),
    await readSettings(await openModel(variant)),
  )
}

/** What differs between the base and such a copy. */
export const changesOf = async (edits: Edits) =>
  (await compare(fixture('base'), await variantOf(edits))).changes

export const set = (values: Json) => (json: Json) => ({ ...json, ...values })
