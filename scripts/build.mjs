// Builds dist/: type-checks and emits src with tsc, compiles the SIMD kernels, puts the Python grammar beside the code that
// loads it, and makes the report's page of web/. `node scripts/build.mjs --kernels FILE` compiles the kernels alone.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
const grammar = 'tree-sitter-python.wasm'

/** AssemblyScript to WebAssembly: a pinned compiler and no time stamps, so the same source gives the same bytes. */
async function compileKernels(out) {
  const { default: asc } = await import('assemblyscript/asc')
  const { error } = await asc.main(
    [
      'src/tensor/simd/kernels.ts',
      ...['--baseDir', root, '--outFile', out],
      ...['--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'],
    ],
    { stderr: process.stderr },
  )
  if (error) throw error
}

const kernelsAt = process.argv.indexOf('--kernels')
if (kernelsAt > 0) {
  await compileKernels(resolve(process.argv[kernelsAt + 1]))
  process.exit()
}

rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist', 'tasks'), { recursive: true })
copyFileSync(require.resolve(`tree-sitter-python/${grammar}`), join(root, 'dist', 'tasks', grammar))
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
await compileKernels(join(root, 'dist', 'tensor', 'kernels.wasm'))
const { build } = await import('vite')
await build({ configFile: join(root, 'web', 'vite.config.ts') })
chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755)
