// The files of a model folder and what each is for. Which of them make up the identity is said by their role.
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FileRole, ModelFile } from './tensor.ts'

const ROLES: readonly (readonly [RegExp, FileRole])[] = [
  [/^(config|generation_config)\.json$/, 'config'],
  [/^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$/, 'tokenizer'],
  [
    /^(chat_template\.jinja|merges\.txt|vocab\.txt|tokenizer\.model|.*\.tiktoken|spiece\.model)$/,
    'tokenizer',
  ],
  [/^(README\.md|LICEN[CS]E([.-].*)?|NOTICE([.-].*)?|USE_POLICY\.md)$/i, 'other'],
]

/** What a file that is not weights is for; undefined where a model does not need it. */
export function roleOf(name: string): FileRole | undefined {
  return ROLES.find(([pattern]) => pattern.test(name))?.[1]
}

/** The weights files, and what the folder of the first of them holds beside them; sorted by name. */
export async function modelFiles(
  weights: readonly string[],
  beside: 'folder' | 'alone',
): Promise<ModelFile[]> {
  const files = await Promise.all(weights.map((path) => modelFile(path, 'weights')))
  if (beside === 'folder' && weights[0] !== undefined) {
    const folder = dirname(weights[0])
    for (const entry of await readdir(folder)) {
      const role = roleOf(entry)
      if (role) files.push(await modelFile(join(folder, entry), role))
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function modelFile(path: string, role: FileRole): Promise<ModelFile> {
  return { path, name: basename(path), bytes: (await stat(path)).size, role }
}
