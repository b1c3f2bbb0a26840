// DoRA's output scales while its magnitudes and factors are trained (arXiv 2402.09353, equation 5 and section 4.3):
// magnitude / norm of the rows of W + scale * B A. Norms are constants of the way back, as in peft, so that the gradient
// of a magnitude is that of its output scale over the norm.

import { asFloat32 } from '../../../tensor/ops/elementwise.ts'
import { gemm } from '../../../tensor/ops/gemm.ts'
import { type Buffers, openProgram, type Program } from '../../../tensor/program.ts'
import { type Describe, forwardGraph } from '../../../tensor/tape.ts'
import { matrixShape } from '../../shape.ts'
import type { Parameter } from '../engineModel.ts'
import type { LayerPlan } from './plan.ts'

interface Scales {
  /** Of the caller. */
  magnitude: Float32Array
  norms: Float32Array
  scales: Float32Array
  program: Program
}

export class DoraScales {
  readonly #layers: readonly ReadonlyMap<string, Scales>[]
  readonly #programs: ReadonlyMap<string, Program>

  private constructor(layers: DoraScales['layers'], programs: ReadonlyMap<string, Program>) {
    this.#layers = layers
    this.#programs = programs
  }

  static async open(
    layers: readonly LayerPlan[],
    trained: ReadonlyMap<string, Float32Array>,
    threads: number,
  ): Promise<DoraScales> {
    const programs = new Map<string, Program>()
    const all: Map<string, Scales>[] = []
    for (const [i, { parameters }] of layers.entries()) {
      const own = new Map<string, Scales>()
      for (const [name, parameter] of parameters) {
        if (!isTrainedDora(parameter)) continue
        const kind = JSON.stringify([
          parameter.shape,
          parameter.type,
          parameter.lora.map(({ rank, scale }) => [rank, scale]),
        ])
        const program =
          programs.get(kind) ??
          (await openProgram(forwardGraph(describeNorms(parameter)), { threads, isLean: true }))
        programs.set(kind, program)
        const { rows } = matrixShape(parameter.shape)
        const magnitude = trained.get(`layers.${i}.${name}.magnitude`)!
        own.set(name, { magnitude, norms: new Float32Array(rows), scales: new Float32Array(rows), program })
      }
      all.push(own)
    }
    return new DoraScales(all, programs)
  }

  get layers(): readonly ReadonlyMap<string, Scales>[] {
    return this.#layers
  }

  get bytes(): number {
    const scales = this.#layers.flatMap((layer) => [...layer.values()])
    return scales.reduce((sum, one) => sum + one.norms.byteLength + one.scales.byteLength, 0)
  }

  /** Weights whose values the norms of a layer are computed from. */
  names(layer: number): ReadonlySet<string> {
    return new Set(this.#layers[layer]!.keys())
  }

  /** From what the layer is fed with. */
  async refresh(layer: number, feeds: Buffers): Promise<void> {
    for (const [name, { magnitude, norms, scales, program }] of this.#layers[layer]!) {
      await program.run(factorsOf(name, feeds), { squares: norms })
      for (let i = 0; i < norms.length; i++) {
        norms[i] = Math.sqrt(norms[i]!)
        scales[i] = magnitude[i]! / norms[i]!
      }
    }
  }

  feeds(layer: number): Record<string, Float32Array> {
    return Object.fromEntries(
      [...this.#layers[layer]!].map(([name, { scales }]) => [`${name}.outputScale`, scales]),
    )
  }

  /** Adds the gradient of a layer's magnitude, from that of its output scale. */
  addGradient(
    to: Float32Array,
    { layer, name, ofScale }: { layer: number; name: string; ofScale: Float32Array },
  ): void {
    const { norms } = this.#layers[layer]!.get(name)!
    for (let i = 0; i < norms.length; i++) to[i]! += ofScale[i]! / norms[i]!
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await program.release()
  }
}

const isTrainedDora = ({ outputScale }: Parameter): boolean =>
  outputScale !== undefined && !('vector' in outputScale) && outputScale.magnitude === null

/** W, a0, b0, a1 ... -> the sums of squares of the rows of W + all scale * B A. */
function describeNorms({ shape, type, lora }: Parameter): Describe {
  const { rows, columns } = matrixShape(shape)
  return (tape) => {
    const stored = tape.input('w', [rows, columns], { type: type === 'float16' ? 'float16' : 'float32' })
    let sum = asFloat32(tape, stored)
    for (const [i, { rank, scale }] of lora.entries()) {
      const [a, b] = [tape.input(`a${i}`, [rank, columns]), tape.input(`b${i}`, [rows, rank])]
      sum = gemm(tape, b, a, { alpha: scale, addend: sum })
    }
    return {
      squares: tape.node('ReduceSumSquare', [sum, tape.integers(1)], [rows], { attributes: { keepdims: 0 } }),
    }
  }
}

function factorsOf(name: string, feeds: Buffers): Buffers {
  const found: Record<string, Buffers[string]> = { w: feeds[`${name}.dense`] ?? feeds[name]! }
  for (let i = 0; feeds[`${name}.lora.${i}.a`]; i++) {
    found[`a${i}`] = feeds[`${name}.lora.${i}.a`]!
    found[`b${i}`] = feeds[`${name}.lora.${i}.b`]!
  }
  return found
}
