// A variant that is made here: variant.json (written first, its cost last), train.jsonl, and adapter/ or model/. Lines of
// train.jsonl may be written again by a training that goes on from an earlier state: the last one of a step wins.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mergedVariantSchema } from '../schema/export.ts'
import { type TrainRow, trainRowSchema, type Variant, variantSchema } from '../schema/training.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { sha256Value } from '../util/hash.ts'
import { JsonlWriter, readRows } from './jsonl.ts'
import { lockFolder } from './lock.ts'

const VARIANT_FILE = 'variant.json'
const TRAIN_FILE = 'train.jsonl'

/** What is asked of a folder, before anything is trained. */
export type AskedVariant = Omit<Variant, 'createdAt' | 'cost'>

/** A folder that is open for training. One writer at a time. */
export interface VariantFolder extends AsyncDisposable {
  path: string
  isFinished: boolean
  append(row: TrainRow): Promise<void>
  finish(cost: NonNullable<Variant['cost']>): Promise<void>
}

/** Opens a folder for what is asked, beginning it where there is none; a folder of another training is refused. */
export async function openVariant(
  path: string,
  asked: AskedVariant,
  onWait?: (holder: string) => void,
): Promise<VariantFolder> {
  await mkdir(path, { recursive: true })
  const lock = await lockFolder(path, onWait)
  try {
    const variant = await begin(path, asked)
    const rows = await JsonlWriter.open(join(path, TRAIN_FILE))
    return {
      path,
      isFinished: variant.cost !== null,
      append: (row) => rows.append(row),
      finish: (cost) => writeVariant(path, { ...variant, cost }),
      async [Symbol.asyncDispose]() {
        await rows[Symbol.asyncDispose]()
        await lock[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

async function begin(path: string, asked: AskedVariant): Promise<Variant> {
  const found = await readVariant(path)
  if (found && keyOf(found) !== keyOf(asked)) {
    throw new UserError(`${path} holds another training: ${differences(found, asked)}`, {
      hint: 'give another folder with -o, or delete that one',
    })
  }
  if (found) return found
  // Keys in the order in which one that goes on reads them: the file is the same then.
  const variant = variantSchema.parse({ ...asked, createdAt: new Date().toISOString(), cost: null })
  await writeVariant(path, variant)
  return variant
}

const writeVariant = (path: string, variant: Variant): Promise<void> =>
  writeFileWhole(join(path, VARIANT_FILE), `${JSON.stringify(variant, null, 2)}\n`)

/** Undefined where the folder has no variant.json. */
export async function readVariant(path: string): Promise<Variant | undefined> {
  const file = join(path, VARIANT_FILE)
  if (!(await exists(file))) return undefined
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new UserError(`${file} is not JSON`, { hint: 'delete the folder and train again', cause })
  }
  const parsed = variantSchema.safeParse(value)
  if (parsed.success) return parsed.data
  if (mergedVariantSchema.safeParse(value).success) {
    throw new UserError(`${path} is a merged model that tunediff export wrote`, {
      hint: 'give another folder with -o',
    })
  }
  const issue = parsed.error.issues[0]
  throw new UserError(`${file}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`, {
    hint: 'it was made by another version: train again into another folder',
  })
}

/** Lines of train.jsonl by step, in order: the last one of a step. */
export async function readTrainRows(path: string): Promise<TrainRow[]> {
  const rows = new Map<number, TrainRow>()
  for await (const row of readRows(join(path, TRAIN_FILE), trainRowSchema)) rows.set(row.step, row)
  return [...rows.values()].sort((a, b) => a.step - b.step)
}

/** What makes two trainings one: contents, not paths. */
function keyOf({ schema, recipe, base, data, seed, trainer, versions }: AskedVariant): string {
  return sha256Value([schema, recipe, base.identity, data.identity, seed, trainer, versions])
}

function differences(found: AskedVariant, asked: AskedVariant): string {
  const parts: [string, unknown, unknown][] = [
    ['base', found.base.identity.slice(0, 8), asked.base.identity.slice(0, 8)],
    ['data', found.data.identity.slice(0, 8), asked.data.identity.slice(0, 8)],
    ['seed', found.seed, asked.seed],
    ['versions', JSON.stringify(found.versions), JSON.stringify(asked.versions)],
    ...Object.keys(asked.recipe).map((key): [string, unknown, unknown] => {
      const name = key as keyof typeof asked.recipe
      return [key, JSON.stringify(found.recipe[name]), JSON.stringify(asked.recipe[name])]
    }),
  ]
  return parts
    .filter(([, there, here]) => there !== here)
    .map(([name, there, here]) => `${name} ${String(there)} there, ${String(here)} asked for`)
    .join('; ')
}
