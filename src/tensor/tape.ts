// Reverse-mode automatic differentiation over coarse operations that emits ONNX. A program is described once, as a
// function that emits operations onto a tape; from it come a forward graph and a backward graph. The backward graph is
// made by emitting the forward operations again, with saved values as inputs, then each operation's hand-written
// vector-Jacobian product in reverse; what nothing needs is dropped before the graph is written.
import { type ElementType, Graph, type NodeOptions } from './onnx/graph.ts'

/** A tensor of a program: row-major, static shape. */
export interface Value {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
}

export interface Slot {
  type: ElementType
  shape: readonly number[]
}

/** A graph ready for a session, with what it is fed and what it fetches. */
export interface ProgramGraph {
  model: Uint8Array
  inputs: ReadonlyMap<string, Slot>
  outputs: ReadonlyMap<string, Slot>
}

/** Emits the operations of a program and returns its outputs by name. */
export type Describe = (tape: Tape) => Readonly<Record<string, Value>>

interface Node {
  operator: string
  inputs: readonly string[]
  outputs: readonly string[]
  options: NodeOptions
}

interface Step {
  output: Value
  backward: (gradient: Value) => void
}

export class Tape {
  /** Whether this is the backward program's tape: the same operations, whose values then only serve gradients. */
  readonly isBackward: boolean
  readonly #saved: ReadonlySet<string>
  readonly #nodes: Node[] = []
  readonly #inputs = new Map<string, Value>()
  readonly #constants = new Map<string, { value: Value; data: ArrayBufferView }>()
  readonly #savedValues = new Map<string, Value>()
  readonly #wanted = new Set<string>()
  readonly #leaves: Value[] = []
  readonly #gradients = new Map<string, Value>()
  readonly #steps: Step[] = []
  #count = 0

  constructor(options: { isBackward: boolean; saved: ReadonlySet<string> }) {
    this.isBackward = options.isBackward
    this.#saved = options.saved
  }

  /** Declares an input of the program. With `isTrained` the backward program has its gradient, as `d:NAME`. */
  input(
    name: string,
    shape: readonly number[],
    { type = 'float32', isTrained = false }: { type?: ElementType; isTrained?: boolean } = {},
  ): Value {
    const known = this.#inputs.get(name)
    if (known) return known
    const value: Value = { name, type, shape }
    this.#inputs.set(name, value)
    if (isTrained) {
      this.#wanted.add(name)
      this.#leaves.push(value)
    }
    return value
  }

  /** A small constant; equal names are one constant. */
  constant(name: string, type: ElementType, shape: readonly number[], data: ArrayBufferView): Value {
    const known = this.#constants.get(name)
    if (known) return known.value
    const value: Value = { name, type, shape }
    this.#constants.set(name, { value, data })
    return value
  }

  integers(...values: number[]): Value {
    return this.constant(`i${values.join('_')}`, 'int64', [values.length], BigInt64Array.from(values, BigInt))
  }

  float(value: number): Value {
    return this.constant(`f${value}`, 'float32', [], Float32Array.of(value))
  }

  /** Adds a node with one output. Undefined among the inputs is an optional one left out. */
  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    options: NodeOptions & { type?: ElementType } = {},
  ): Value {
    return this.nodes(operator, inputs, [shape], options)[0]!
  }

  /** Adds a node with several outputs, one for each shape. */
  nodes(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shapes: readonly (readonly number[])[],
    { type = 'float32', ...options }: NodeOptions & { type?: ElementType } = {},
  ): Value[] {
    const outputs = shapes.map((shape): Value => ({ name: `v${this.#count++}`, type, shape }))
    this.#nodes.push({
      operator,
      inputs: inputs.map((value) => value?.name ?? ''),
      outputs: outputs.map(({ name }) => name),
      options,
    })
    return outputs
  }

  /** Whether a gradient has to reach any of these. */
  needsGradient(...values: readonly (Value | undefined)[]): boolean {
    return values.some((value) => value !== undefined && this.#wanted.has(value.name))
  }

  /** Ends an operation: `backward` is called with the gradient of `output` where any of `inputs` needs one. */
  record(output: Value, inputs: readonly (Value | undefined)[], backward: (gradient: Value) => void): Value {
    if (this.needsGradient(...inputs)) {
      this.#wanted.add(output.name)
      this.#steps.push({ output, backward })
    }
    return output
  }

  /** Adds to the gradient of a value; nothing happens where none is needed. */
  accumulate(value: Value | undefined, gradient: () => Value): void {
    if (value === undefined || !this.needsGradient(value)) return
    const known = this.#gradients.get(value.name)
    const more = gradient()
    this.#gradients.set(value.name, known ? this.node('Add', [known, more], value.shape) : more)
  }

  /** The gradient that a value has so far, for kernels that add to one in the same pass; `setGradient` puts it back. */
  gradientOf(value: Value): Value | undefined {
    return this.#gradients.get(value.name)
  }

  setGradient(value: Value, gradient: Value): void {
    this.#gradients.set(value.name, gradient)
  }

  /**
   * Marks a value that the backward program may be given instead of computing it again. Where `key` is among the saved
   * ones, the forward program has it as output `s:KEY` and the backward program as input. Operations use what comes back.
   */
  save(value: Value, key: string): Value {
    if (!this.#saved.has(key)) return value
    if (this.#savedValues.has(key)) throw new Error(`${key} is saved twice`)
    this.#savedValues.set(key, value)
    if (!this.isBackward) return value
    const given = this.input(`s:${key}`, value.shape, { type: value.type })
    return this.record(given, [value], (gradient) => this.accumulate(value, () => gradient))
  }

  /** Graph with these outputs, and those saved, in the forward direction. */
  forward(outputs: Readonly<Record<string, Value>>): ProgramGraph {
    const all = new Map(Object.entries(outputs))
    for (const [key, value] of this.#savedValues) all.set(`s:${key}`, value)
    return this.#finish(all)
  }

  /**
   * Graph that takes the gradients of the outputs as `d:NAME` and gives those of the trained inputs; and the outputs
   * named in `fetched` themselves, for a loss that need not be computed in another program.
   */
  backward(outputs: Readonly<Record<string, Value>>, fetched: readonly string[] = []): ProgramGraph {
    for (const [name, value] of Object.entries(outputs)) {
      const seed = this.input(`d:${name}`, value.shape)
      this.accumulate(value, () => seed)
    }
    for (const { output, backward } of this.#steps.reverse()) {
      const gradient = this.#gradients.get(output.name)
      if (gradient) backward(gradient)
    }
    const all = new Map(fetched.map((name) => [name, outputs[name]!]))
    for (const leaf of this.#leaves) {
      const gradient = this.#gradients.get(leaf.name)
      if (!gradient) throw new Error(`no gradient reaches ${leaf.name}`)
      all.set(`d:${leaf.name}`, gradient)
    }
    return this.#finish(all)
  }

  #finish(outputs: ReadonlyMap<string, Value>): ProgramGraph {
    for (const name of outputs.keys()) {
      if (this.#inputs.has(name)) throw new Error(`${name} is an input and an output`)
    }
    const needed = this.#needed(outputs)
    const { rename, copies } = this.#outputNames(outputs, needed)
    const graph = new Graph()
    const used = (name: string): boolean => needed.names.has(name)
    const inputs = new Map<string, Slot>()
    for (const { name, type, shape } of this.#inputs.values()) {
      if (!used(name)) continue
      graph.input(name, type, shape)
      inputs.set(name, { type, shape })
    }
    for (const [name, { value, data }] of this.#constants) {
      if (used(name)) graph.constant(name, value.type, value.shape, data)
    }
    const named = (name: string): string => rename.get(name) ?? name
    for (const { operator, inputs: from, outputs: to, options } of needed.nodes) {
      graph.node(operator, from.map(named), to.map(named), options)
    }
    for (const [from, to] of copies) graph.node('Identity', [named(from)], [to])
    const fetched = new Map<string, Slot>()
    for (const [name, { type, shape }] of outputs) {
      graph.output(name, type, shape)
      fetched.set(name, { type, shape })
    }
    return { model: graph.finish(), inputs, outputs: fetched }
  }

  /** Nodes that the outputs depend on, in order. */
  #needed(outputs: ReadonlyMap<string, Value>): { names: Set<string>; nodes: Node[] } {
    const names = new Set([...outputs.values()].map(({ name }) => name))
    const nodes: Node[] = []
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((name) => names.has(name))) continue
      nodes.push(node)
      for (const name of node.inputs) names.add(name)
    }
    return { names, nodes: nodes.reverse() }
  }

  /** Nodes write outputs under their names, straight into the fetched buffers; a second name of a value is a copy. */
  #outputNames(
    outputs: ReadonlyMap<string, Value>,
    { nodes }: { nodes: readonly Node[] },
  ): { rename: Map<string, string>; copies: [string, string][] } {
    const made = new Set(nodes.flatMap((node) => node.outputs))
    const rename = new Map<string, string>()
    const copies: [string, string][] = []
    for (const [output, { name }] of outputs) {
      if (made.has(name) && !rename.has(name)) rename.set(name, output)
      else copies.push([name, output])
    }
    return { rename, copies }
  }
}

/** The forward graph of a program, with the values of `saved` keys as outputs. */
export function forwardGraph(describe: Describe, saved: Iterable<string> = []): ProgramGraph {
  const tape = new Tape({ isBackward: false, saved: new Set(saved) })
  return tape.forward(describe(tape))
}

/** The backward graph of the same program, with the outputs named in `fetched`. */
export function backwardGraph(
  describe: Describe,
  saved: Iterable<string> = [],
  fetched: readonly string[] = [],
): ProgramGraph {
  const tape = new Tape({ isBackward: true, saved: new Set(saved) })
  return tape.backward(describe(tape), fetched)
}
