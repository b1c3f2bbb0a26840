// tunediff view: serves a report to the browser of this machine, for those whose rows lie in files beside the page.
import { stat } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { serveReport } from '../report/serve.ts'
import { UserError } from '../util/errors.ts'
import { print } from './options.ts'

export function viewCommand(): Command {
  return new Command('view')
    .description('serve a report to the browser of this machine, until it is stopped with Ctrl-C')
    .argument('<report>', 'report that was written by tunediff report')
    .option('--port <n>', 'port on 127.0.0.1 (default: any that is free)', portNumber)
    .action(view)
}

/** 1 to 65535. */
function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError(`wanted a port from 1 to 65535, got '${text}'.`)
  return port
}

async function view(path: string, { port }: { port?: number }): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) {
    throw new UserError(`${path} is a folder, and view serves a report`, {
      hint: `write one: tunediff report ${path} -o report.html`,
    })
  }
  await using server = await serveReport(path, port)
  await print(`${server.address}\n`)
  process.stderr.write('open this address in a browser; Ctrl-C stops serving\n')
  await server.ended
}
