// Answers that a model gave, by key, across runs: JSONL files in a folder a model, one file a run that wrote them. What was
// asked before, in the same words and with the same seed, is not asked again.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Reply, replySchema } from '../schema/call.ts'
import { JsonlWriter, readRows } from './jsonl.ts'

const rowSchema = z.strictObject({ key: z.string(), ...replySchema.shape })

export interface AnswerCache extends AsyncDisposable {
  get(key: string): Reply | undefined
  put(key: string, reply: Reply): Promise<void>
}

/** `writer` names this run's own file: whoever writes it holds the run folder's lock. */
export async function openAnswers(folder: string, writer: string): Promise<AnswerCache> {
  const known = new Map<string, Reply>()
  for (const name of await readdir(folder).catch(() => [])) {
    for await (const { key, ...reply } of readRows(join(folder, name), rowSchema)) known.set(key, reply)
  }
  let own: Promise<JsonlWriter> | undefined
  const open = async (): Promise<JsonlWriter> => {
    await mkdir(folder, { recursive: true })
    return JsonlWriter.open(join(folder, `${writer}.jsonl`))
  }
  return {
    get: (key) => known.get(key),
    async put(key, reply) {
      known.set(key, reply)
      own ??= open()
      await (await own).append({ key, ...reply })
    },
    async [Symbol.asyncDispose]() {
      await (await own)?.[Symbol.asyncDispose]()
    },
  }
}
