import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import golden from '../../test/goldens/sandbox/imports.json' with { type: 'json' }
import { ALLOWED, REPLACED } from './allowedImports.ts'
import { pyodideFolder } from './bootImage.ts'
import { guardImports, type Imports, openGate, Refusal } from './firewall.ts'

const module = await WebAssembly.compile(readFileSync(join(pyodideFolder(), 'pyodide.asm.wasm')))
const functions = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function')
const names = functions.map(({ name }) => name)

/** Every import of the interpreter as a function that says that it was reached. */
function openImports(reached: string[]): Imports {
  const imports: Imports = {}
  for (const { module: group, name, kind } of WebAssembly.Module.imports(module)) {
    imports[group] ??= {}
    imports[group][name] = kind === 'function' ? () => void reached.push(name) : ({} as never)
  }
  return imports
}

describe('the import firewall', () => {
  it('knows every import of the pinned interpreter', () => {
    expect(functions.map(({ module: group, name }) => `${group}.${name}`).sort()).toEqual(golden)
  })
  it('names no import that does not exist, and none twice', () => {
    const listed = [...Object.keys(ALLOWED), ...Object.keys(REPLACED)]
    expect(listed.filter((name) => !names.includes(name))).toEqual([])
    expect(new Set(listed).size).toBe(listed.length)
  })
  it('gives a reason for each', () => {
    for (const reason of Object.values({ ...ALLOWED, ...REPLACED })) expect(reason.length).toBeGreaterThan(5)
  })

  it('lets everything through while the interpreter boots', () => {
    const reached: string[] = []
    const gate = openGate()
    const guarded = guardImports(module, openImports(reached), gate)
    const others = functions.filter(({ name }) => !(name in REPLACED))
    for (const { module: group, name } of others) call(guarded, group, name)
    expect(reached).toEqual(others.map(({ name }) => name))
    expect(gate.denied).toBeUndefined()
  })

  it('refuses everything that is not listed once sealed, by an error number or by ending the program', () => {
    const reached: string[] = []
    const gate = openGate()
    const guarded = guardImports(module, openImports(reached), gate)
    gate.sealed = true
    const refused = functions.filter(({ name }) => !(name in ALLOWED) && !(name in REPLACED))
    expect(refused.length).toBeGreaterThan(200)
    for (const { module: group, name } of refused) {
      gate.denied = undefined
      const isSystemCall = /^(__syscall_|fd_)|^_m(map|sync)_js$/.test(name)
      if (isSystemCall) expect(Math.abs(call(guarded, group, name) as number), name).toBe(63)
      else expect(() => call(guarded, group, name), name).toThrow(Refusal)
      expect(gate.denied).toBe(name)
    }
    expect(reached).toEqual([])
  })

  it('refuses an import that it has never heard of', () => {
    // (module (import "env" "brand_new" (func)))
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 17, 1, 3, ...Buffer.from('env'), 9]
    const unheard = new WebAssembly.Module(Uint8Array.from([...bytes, ...Buffer.from('brand_new'), 0, 0]))
    const reached: string[] = []
    const gate = openGate()
    const everything = openImports([])
    everything.env!.brand_new = () => void reached.push('brand_new')
    const guarded = guardImports(unheard, everything, gate)
    gate.sealed = true
    expect(() => call(guarded, 'env', 'brand_new')).toThrow(Refusal)
    expect(reached).toEqual([])
  })
})

function call(imports: Imports, group: string, name: string): unknown {
  return (imports[group]![name] as () => unknown)()
}
