// Builds ONNX models: nodes, attributes, constants, inputs and outputs with fixed or symbolic dimensions.
// Field numbers are those of onnx.proto (IR version 10). Weights are meant to be inputs: constants are for small things.
import { Message } from './protobuf.ts'

const IR_VERSION = 10
const OPSET = 21
/** Operators of onnxruntime beyond the standard; a node names them as `domain`. */
export const CONTRIB = 'com.microsoft'

/** TensorProto.DataType. */
const ELEMENT = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const
export type ElementType = keyof typeof ELEMENT

/** AttributeProto.AttributeType. */
const ATTRIBUTE = { float: 1, integer: 2, text: 3, integers: 7 } as const

/** A dimension is a number, or a name for what is known when the model runs. */
export type Dimension = number | string
/** Numbers are integers to ONNX; a float is written as {float: x}. */
export type Attribute = number | string | readonly number[] | { float: number }

export interface NodeOptions {
  attributes?: Readonly<Record<string, Attribute>>
  domain?: string
}

/** A graph under construction. Values are names; outputs of nodes are named by the caller, each once. */
export class Graph {
  readonly #nodes: Message[] = []
  readonly #constants: Message[] = []
  readonly #inputs: Message[] = []
  readonly #outputs: Message[] = []

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dimensions))
    return name
  }

  output(name: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, dimensions))
  }

  /** `data` in the byte order of this machine, which is little-endian wherever onnxruntime runs. */
  constant(name: string, type: ElementType, dimensions: readonly number[], data: ArrayBufferView): string {
    const tensor = new Message()
    for (const dimension of dimensions) tensor.integer(1, dimension)
    tensor.integer(2, ELEMENT[type]).text(8, name)
    this.#constants.push(tensor.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
    return name
  }

  /** Adds a node. An empty name among the inputs is an optional input left out. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    options: NodeOptions = {},
  ): void {
    const node = new Message()
    for (const name of inputs) node.text(1, name)
    for (const name of outputs) node.text(2, name)
    node.text(4, operator)
    for (const [name, value] of Object.entries(options.attributes ?? {}))
      node.message(5, attribute(name, value))
    if (options.domain !== undefined) node.text(7, options.domain)
    this.#nodes.push(node)
  }

  /** Bytes of the model, as an inference session takes them. */
  finish(): Uint8Array {
    const graph = new Message()
    for (const node of this.#nodes) graph.message(1, node)
    graph.text(2, 'tunediff')
    for (const constant of this.#constants) graph.message(5, constant)
    for (const input of this.#inputs) graph.message(11, input)
    for (const output of this.#outputs) graph.message(12, output)
    return new Message()
      .integer(1, IR_VERSION)
      .text(2, 'tunediff')
      .message(7, graph)
      .message(8, new Message().text(1, '').integer(2, OPSET))
      .message(8, new Message().text(1, CONTRIB).integer(2, 1))
      .finish()
  }
}

function valueInfo(name: string, type: ElementType, dimensions: readonly Dimension[]): Message {
  const shape = new Message()
  for (const dimension of dimensions) {
    const one = new Message()
    shape.message(1, typeof dimension === 'string' ? one.text(2, dimension) : one.integer(1, dimension))
  }
  const tensor = new Message().integer(1, ELEMENT[type]).message(2, shape)
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
}

function attribute(name: string, value: Attribute): Message {
  const message = new Message().text(1, name)
  if (typeof value === 'number') return message.integer(3, value).integer(20, ATTRIBUTE.integer)
  if (typeof value === 'string')
    return message.bytes(4, new TextEncoder().encode(value)).integer(20, ATTRIBUTE.text)
  if ('float' in value) return message.float(2, value.float).integer(20, ATTRIBUTE.float)
  for (const one of value) message.integer(8, one)
  return message.integer(20, ATTRIBUTE.integers)
}
