// Writes imports.json: the functions that the pinned pyodide imports, sorted. Run it after raising pyodide's version,
// and read every difference: what src/sandbox/allowedImports.ts does not name stays refused.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const wasm = createRequire(import.meta.url).resolve('pyodide/pyodide.asm.wasm')
const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(wasm)))
const functions = imports.filter(({ kind }) => kind === 'function').map(({ module, name }) => `${module}.${name}`)
writeFileSync(new URL('imports.json', import.meta.url), `${JSON.stringify(functions.sort(), null, 1)}\n`)
