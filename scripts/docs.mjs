// Files that are made, not written: docs/help.md from --help, the numbers of docs/how-much.md, the JSON Schema of study files
// for editors. --check fails on stale ones.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')
const { program } = await import(join(root, 'dist/cli/program.js'))
const { studySchema } = await import(join(root, 'dist/schema/study.js'))

async function helpPage() {
  const parts = ['# tunediff --help', 'Made from the commands by `npm run docs`; a test checks it.']
  const add = (command, path) => {
    const help = command.configureHelp({ helpWidth: 100 }).helpInformation().trimEnd()
    parts.push(`## ${path}`, `\`\`\`\n${help}\n\`\`\``)
    for (const inner of command.commands) if (inner.name() !== 'help') add(inner, `${path} ${inner.name()}`)
  }
  add(await program(), 'tunediff')
  return `${parts.join('\n\n')}\n`
}

function keep(path, text) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  if (check) {
    console.error(`${path} is stale: npm run docs`)
    process.exitCode = 1
  } else {
    writeFileSync(file, text)
    console.log(`wrote ${path}`)
  }
}

keep('docs/help.md', await helpPage())
keep('assets/study.schema.json', `${JSON.stringify(z.toJSONSchema(studySchema, { io: 'input' }), null, 2)}\n`)
execFileSync(process.execPath, [join(root, 'scripts/how-much.mjs'), ...(check ? ['--check'] : [])], {
  stdio: 'inherit',
})
