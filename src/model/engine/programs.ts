// Programs of the engine: one forward a kind of layer and batch shape, one head a number of rows, created once and kept.

import { linear } from '../../tensor/ops/linear.ts'
import { rmsNorm } from '../../tensor/ops/rmsNorm.ts'
import { openProgram, type Program } from '../../tensor/program.ts'
import { type Describe, forwardGraph } from '../../tensor/tape.ts'
import { UserError } from '../../util/errors.ts'
import type { Architecture } from '../architectures/architecture.ts'
import type { EngineModel, Parameter, Parameters } from './engineModel.ts'
import { type BatchShape, layerNet, weightOf } from './layerNet.ts'

type LayerParameters = ReadonlyMap<string, Parameter>

export interface LayerOptions {
  model: EngineModel
  architecture: Architecture
  shape: BatchShape
  parameters: LayerParameters
  isTrained?: (name: string) => boolean
}

/** x [batch * length, hidden] -> y of the same shape, and what operations save. */
export function describeLayer({ model, architecture, shape, parameters, isTrained }: LayerOptions): Describe {
  return (tape) => {
    const net = layerNet({
      tape,
      spec: model.spec,
      architecture,
      shape,
      parameters,
      ...(isTrained ? { isTrained } : {}),
    })
    const x = tape.input('x', [shape.batch * shape.length, architecture.hidden], {
      isTrained: isTrained?.('x') ?? false,
    })
    const y = architecture.layer(net, x)
    refuseUnused(model, parameters, net.used)
    return { y }
  }
}

/** A weight that the architecture has no place for means that it is another one. */
function refuseUnused(model: EngineModel, parameters: LayerParameters, used: ReadonlySet<string>): void {
  const unused = [...parameters.keys()].find((name) => !used.has(name))
  if (unused === undefined) return
  throw new UserError(
    `${model.spec}: its layers have ${unused}, which a model of type ${String(model.config.model_type)} has not`,
    { hint: 'the config does not belong to these weights: download both again' },
  )
}

/** Final normalisation and output layer: x [rows, hidden] -> logits [rows, vocabulary]. */
export function describeHead(architecture: Architecture, { norm, head }: Parameters, rows: number): Describe {
  return (tape) => {
    const x = tape.input('x', [rows, architecture.hidden])
    const gamma = tape.input('norm.weight', norm.shape)
    const weight = weightOf('head.weight', head, (name, dims, type) =>
      tape.input(name, dims, type ? { type } : {}),
    )
    return { logits: linear(tape, rmsNorm(tape, x, gamma, architecture.epsilon), weight) }
  }
}

export class Programs implements AsyncDisposable {
  readonly #threads: number
  readonly #byKey = new Map<string, Promise<Program>>()

  constructor(threads: number) {
    this.#threads = threads
  }

  layer(options: LayerOptions, saved: readonly string[] = []): Promise<Program> {
    const { architecture, shape, parameters } = options
    const key = JSON.stringify([
      'layer',
      kindOf(options.model, architecture),
      shape,
      saved,
      signature(parameters),
    ])
    return this.#once(key, () => openProgram(forwardGraph(describeLayer(options), saved), this.#how()))
  }

  head(
    model: EngineModel,
    architecture: Architecture,
    parameters: Parameters,
    rows: number,
  ): Promise<Program> {
    const own = signature(new Map(Object.entries({ norm: parameters.norm, head: parameters.head })))
    const key = JSON.stringify(['head', kindOf(model, architecture), rows, own])
    return this.#once(key, () =>
      openProgram(forwardGraph(describeHead(architecture, parameters, rows)), this.#how()),
    )
  }

  #how(): { threads: number } {
    return { threads: this.#threads }
  }

  #once(key: string, open: () => Promise<Program>): Promise<Program> {
    const known = this.#byKey.get(key) ?? open()
    this.#byKey.set(key, known)
    return known
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#byKey.values()) await (await program).release()
    this.#byKey.clear()
  }
}

function kindOf(model: EngineModel, architecture: Architecture): unknown {
  const { hidden, heads, kvHeads, headDim, epsilon, attentionScale } = architecture
  return [model.config.model_type, hidden, heads, kvHeads, headDim, epsilon, attentionScale]
}

/** What a program's inputs and constants depend on. */
export function signature(parameters: LayerParameters): unknown {
  return [...parameters]
    .map(([name, { shape, type, lora, outputScale, inputScale }]) => [
      name,
      shape,
      type,
      lora.map(({ rank, scale }) => [rank, scale]),
      outputScale !== undefined,
      inputScale !== undefined,
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}
