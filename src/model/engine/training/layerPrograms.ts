// Programs of a training pass for one batch shape: a forward and a backward program for each kind of layer. What the way
// back needs of the way forward is found by asking: the backward graph is made with everything saved, and what it does
// not use is not saved.
import { openProgram, type Program } from '../../../tensor/program.ts'
import { backwardGraph, type Describe, forwardGraph, type ProgramGraph } from '../../../tensor/tape.ts'
import type { LoadedModel } from '../index.ts'
import type { BatchShape } from '../layerNet.ts'
import { describeLayer, signature } from '../programs.ts'
import type { LayerPlan, TrainedInput } from './plan.ts'

export interface LayerPrograms {
  forward: Program
  /** Null where nothing is trained in this layer or below. */
  backward: Program | null
  /** Outputs of forward that backward takes: their names and numbers. */
  saved: ReadonlyMap<string, number>
}

export interface LayerProgramsOptions {
  loaded: LoadedModel
  layers: readonly LayerPlan[]
  rows: number
  length: number
  threads: number
  checkpointing: boolean
}

type GraphOptions = Omit<LayerProgramsOptions, 'threads' | 'layers'>

/** Of each layer; layers of one kind share them. */
export async function openLayerPrograms(options: LayerProgramsOptions): Promise<LayerPrograms[]> {
  const byKind = new Map<string, LayerPrograms>()
  const all: LayerPrograms[] = []
  for (const plan of options.layers) {
    const kind = kindOf(plan)
    const programs = byKind.get(kind) ?? (await openKind(plan, options))
    byKind.set(kind, programs)
    all.push(programs)
  }
  return all
}

export async function releasePrograms(layers: readonly LayerPrograms[]): Promise<void> {
  for (const { forward, backward } of new Set(layers)) {
    await forward.release()
    await backward?.release()
  }
}

function kindOf({ parameters, trained, hasBackward, hasInputGradient }: LayerPlan): string {
  const inputs = trained.map(({ input }) => input).sort()
  return JSON.stringify([signature(parameters), inputs, hasBackward, hasInputGradient])
}

async function openKind(plan: LayerPlan, options: LayerProgramsOptions): Promise<LayerPrograms> {
  const { forward, backward } = layerGraphs(plan, options)
  const how = { threads: options.threads, isLean: true }
  return {
    forward: await openProgram(forward, how),
    backward: backward && (await openProgram(backward, how)),
    saved: savedSizes(forward),
  }
}

function layerGraphs(
  plan: LayerPlan,
  options: GraphOptions,
): { forward: ProgramGraph; backward: ProgramGraph | null } {
  const describe = trainedLayer(plan, options)
  if (!plan.hasBackward) return { forward: forwardGraph(describe), backward: null }
  const keys = options.checkpointing ? [] : savedKeys(plan, describe)
  return { forward: forwardGraph(describe, keys), backward: backwardGraph(describe, keys) }
}

function trainedLayer(
  { parameters, trained, hasBackward, hasInputGradient }: LayerPlan,
  { loaded: { model, architecture }, rows, length }: GraphOptions,
): Describe {
  const shape: BatchShape = { batch: rows, length, hasOwnMasks: true, hasSharedMasks: true }
  const own = new Set(trained.map(({ input }) => input))
  const describe = describeLayer({
    model,
    architecture,
    shape,
    parameters,
    isTrained: (name) => hasBackward && (own.has(name) || (hasInputGradient && name === 'x')),
  })
  return (tape) => {
    const outputs = describe(tape)
    if (tape.isBackward) for (const input of trained) seed(input)
    return outputs

    /** Gradients are added to what is fed as `g:NAME`, which may be the buffer that is fetched. */
    function seed({ input, shape: size, isMagnitude }: TrainedInput): void {
      if (!isMagnitude) tape.setGradient(tape.input(input, size), tape.input(`g:${input}`, size))
    }
  }
}

/** Results of linear maps and of their adapters' first halves, and what attention has. */
function savedKeys({ parameters }: LayerPlan, describe: Describe): string[] {
  const linear = [...parameters].flatMap(([name, { shape, lora }]) => {
    const key = name.replace(/\.weight$/, '')
    return shape.length === 2 ? [key, ...lora.map((_, i) => `${key}.lora.${i}`)] : []
  })
  const all = [...linear, 'Q', 'K', 'V', 'O']
  const { inputs } = backwardGraph(describe, all)
  const used = new Set(all.filter((key) => inputs.has(`s:${key}`)))
  // Where the projection itself is needed (its heads are normalised), what follows is computed from it again.
  for (const key of ['Q', 'K', 'V']) if (used.has(`self_attn.${key.toLowerCase()}_proj`)) used.delete(key)
  return [...used]
}

/** Numbers that each layer saves, without opening its programs. */
export function savedNumbers(layers: readonly LayerPlan[], options: GraphOptions): number[] {
  const byKind = new Map<string, number>()
  return layers.map((plan) => {
    const kind = kindOf(plan)
    const known = byKind.get(kind)
    if (known !== undefined) return known
    const sizes = savedSizes(layerGraphs(plan, options).forward)
    const numbers = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    byKind.set(kind, numbers)
    return numbers
  })
}

function savedSizes({ outputs }: ProgramGraph): Map<string, number> {
  return new Map(
    [...outputs]
      .filter(([name]) => name.startsWith('s:'))
      .map(([name, { shape }]) => [name, shape.reduce((product, size) => product * size, 1)]),
  )
}
