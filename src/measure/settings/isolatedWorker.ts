// Entry of a child process that renders a chat template or turns texts into token ids: one job on stdin, a JSON line on
// stdout for each result. Both come from files of others; isolated.ts bounds time, memory and output from outside.
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { Tokenizer } from '@huggingface/tokenizers'
import { compileTemplate } from '../../util/jinja.ts'
import type { IsolatedJob, IsolatedReply } from './isolated.ts'

function run(job: IsolatedJob): void {
  if (job.kind === 'render') {
    const render = attempt(() => compileTemplate(job.template))
    for (const variables of job.variables) {
      reply('error' in render ? render : attempt(() => render.value(variables)))
    }
    return
  }
  const tokenizer = attempt(() => openTokenizer(job.tokenizerPath, job.tokenizerConfig))
  for (const each of job.texts) {
    reply(
      'error' in tokenizer
        ? tokenizer
        : attempt(() => tokenizer.value.encode(each, { add_special_tokens: job.addSpecial }).ids),
    )
  }
}

const reply = (line: IsolatedReply): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

function attempt<T>(make: () => T): { value: T } | { error: string } {
  try {
    return { value: make() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function openTokenizer(path: string, config: Readonly<Record<string, unknown>>): Tokenizer {
  return new Tokenizer(JSON.parse(readFileSync(path, 'utf8')) as object, config)
}

run(JSON.parse(await text(process.stdin)) as IsolatedJob)
