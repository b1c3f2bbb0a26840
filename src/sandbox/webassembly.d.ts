// The part of the WebAssembly JavaScript API that the sandbox uses: TypeScript has it only in its DOM library.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
    static imports(
      module: Module,
    ): { module: string; name: string; kind: 'function' | 'table' | 'memory' | 'global' | 'tag' }[]
    static exports(module: Module): { name: string; kind: string }[]
  }
  interface Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  interface Table {
    readonly length: number
    get(index: number): unknown
    set(index: number, value: unknown): void
  }
  interface Global {
    value: number
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  class RuntimeError extends Error {}
  type ImportValue = object | number | bigint | ((...args: never[]) => unknown)
  function compile(bytes: Uint8Array): Promise<Module>
  function instantiate(
    module: Module,
    imports: Record<string, Record<string, ImportValue>>,
  ): Promise<Instance>
}
