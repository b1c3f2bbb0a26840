// The tokenizer that lies beside the config of a model that is still to be made: its files, read once to see that the
// model can be used with it.
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../../util/errors.ts'
import { roleOf } from '../modelFiles.ts'
import type { Model, ModelFile } from '../tensor.ts'
import { type TokenizerFiles, tokenizerFiles } from '../tokenizer/files.ts'
import { openTokenizer } from '../tokenizer/tokenizer.ts'
import { type InitConfig, readInitConfig } from './config.ts'

/** Files to copy. None, one that is not read, or one with more ids than the model has rows: UserError. */
export async function tokenizerBeside(path: string, config: InitConfig): Promise<ModelFile[]> {
  const folder = dirname(resolve(path))
  const files: ModelFile[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (roleOf(name) !== 'tokenizer') continue
    files.push({
      path: join(folder, name),
      name,
      bytes: (await stat(join(folder, name))).size,
      role: 'tokenizer',
    })
  }
  if (!files.some(({ name }) => name === 'tokenizer.json')) {
    const others = files.map(({ name }) => name).join(', ')
    throw new UserError(
      `${folder} has no tokenizer.json beside ${basename(path)}${others && `, only ${others}`}`,
      {
        hint: 'copy tokenizer.json and tokenizer_config.json of the tokenizer that the model is to have beside it',
      },
    )
  }
  const { vocabularySize } = openTokenizer(await tokenizerFiles(asModel(path, config, files)))
  if (vocabularySize <= config.vocabulary) return files
  throw new UserError(
    `${path}: vocab_size is ${config.vocabulary}, and tokenizer.json beside it has ids up to ${vocabularySize - 1}`,
    { hint: `write "vocab_size": ${vocabularySize} or more, or take another tokenizer` },
  )
}

/** The tokenizer that the model of this config will have. */
export async function tokenizerOfConfig(path: string): Promise<TokenizerFiles> {
  const config = await readInitConfig(path)
  return tokenizerFiles(asModel(path, config, await tokenizerBeside(path, config)))
}

/** A model that has no weights yet. */
function asModel(path: string, { written }: InitConfig, files: readonly ModelFile[]): Model {
  const name = basename(dirname(resolve(path)))
  const none = { tensors: new Map(), leftOut: [], adapters: [] }
  return { spec: path, name, format: 'safetensors', ...none, files, config: written }
}
