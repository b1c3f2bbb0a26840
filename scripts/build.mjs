// Builds dist/: type-checks and emits src with tsc, and puts the Python grammar beside the code that loads it.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const grammar = 'tree-sitter-python.wasm'

rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist', 'tasks'), { recursive: true })
copyFileSync(require.resolve(`tree-sitter-python/${grammar}`), join(root, 'dist', 'tasks', grammar))
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755)
