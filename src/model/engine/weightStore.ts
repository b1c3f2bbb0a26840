// Weights in memory, as programs are fed with them: each tensor source once, however many models share it. Kept for
// the life of the store, or read anew each time where memory is short.

import { readValues } from '../rows.ts'
import { matrixShape, shapeOf } from '../shape.ts'
import { readStoredBytes } from '../stored.ts'
import type { TensorSource } from '../tensor.ts'
import type { Parameter } from './engineModel.ts'

/** Values of a computed source that are made at once. */
const PIECE_VALUES = 1 << 22

export type WeightBuffer = Float32Array | Uint16Array

export class WeightStore {
  /** Else buffers are made anew by each call. */
  readonly isKept: boolean
  readonly #byKey = new Map<string, WeightBuffer>()

  constructor({ isKept }: { isKept: boolean }) {
    this.isKept = isKept
  }

  /** What a program is fed for the weight called `name`: NAME, NAME.lora.I.a and .b, NAME.outputScale, NAME.inputScale. */
  feeds(name: string, parameter: Parameter): Record<string, WeightBuffer> {
    const { dense, type, offset } = parameter
    return { [name]: this.#dense(dense, type, offset), ...this.adapterFeeds(name, parameter) }
  }

  /** The same without the weight itself, and without what is being trained. */
  adapterFeeds(
    name: string,
    { lora, outputScale, inputScale }: Pick<Parameter, 'lora' | 'outputScale' | 'inputScale'>,
  ): Record<string, WeightBuffer> {
    const feeds: Record<string, WeightBuffer> = {}
    lora.forEach(({ a, b }, i) => {
      if (a) feeds[`${name}.lora.${i}.a`] = this.#dense(a, 'float32', 0)
      if (b) feeds[`${name}.lora.${i}.b`] = this.#dense(b, 'float32', 0)
    })
    if (inputScale) feeds[`${name}.inputScale`] = this.#dense(inputScale, 'float32', 0)
    if (outputScale && 'vector' in outputScale) {
      feeds[`${name}.outputScale`] = this.#dense(outputScale.vector, 'float32', 0)
    } else if (outputScale?.magnitude) feeds[`${name}.outputScale`] = this.#doraScale(outputScale)
    return feeds
  }

  /** Bytes that feeding a weight adds to what is in memory, its adapters left out. */
  missingBytes({ dense, type, offset, shape }: Parameter): number {
    if (this.#byKey.has(keyOf(dense, type, offset))) return 0
    const { rows, columns } = matrixShape(shape)
    return rows * columns * (type === 'float16' ? 2 : 4)
  }

  /** Bytes of what is kept. */
  get bytes(): number {
    return [...this.#byKey.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }

  #dense(source: TensorSource, type: Parameter['type'], offset: number): WeightBuffer {
    return this.#once(keyOf(source, type, offset), () => {
      if (type === 'float16' && source.kind === 'stored') return halves(source)
      const values = floats(source)
      if (offset !== 0) for (let i = 0; i < values.length; i++) values[i]! += offset
      return values
    })
  }

  /** Magnitudes over the norms of the rows of W + delta (arXiv 2402.09353, equation 5). Kept: it costs a pass. */
  #doraScale({ magnitude, rowsOf }: { magnitude: TensorSource; rowsOf: TensorSource }): WeightBuffer {
    const key = `dora ${JSON.stringify([magnitude, rowsOf])}`
    const known = this.#byKey.get(key)
    if (known) return known
    const scales = Float32Array.from(floats(magnitude))
    const { rows, columns } = matrixShape(shapeOf(rowsOf))
    const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
    for (let start = 0; start < rows; start += step) {
      const end = Math.min(rows, start + step)
      const values = readValues(rowsOf, start, end)
      for (let row = start; row < end; row++) {
        let squares = 0
        for (let i = (row - start) * columns; i < (row - start + 1) * columns; i++) squares += values[i]! ** 2
        scales[row]! /= Math.sqrt(squares)
      }
    }
    this.#byKey.set(key, scales)
    return scales
  }

  #once(key: string, load: () => WeightBuffer): WeightBuffer {
    const known = this.#byKey.get(key)
    if (known) return known
    const values = load()
    if (this.isKept) this.#byKey.set(key, values)
    return values
  }
}

const keyOf = (source: TensorSource, type: Parameter['type'], offset: number): string =>
  `${type} ${offset} ${JSON.stringify(source)}`

function halves(source: TensorSource & { kind: 'stored' }): Uint16Array {
  const bytes = readStoredBytes(source, 0, matrixShape(source.shape).rows)
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
}

/** All values, row-major. */
function floats(source: TensorSource): Float32Array {
  const { rows, columns } = matrixShape(shapeOf(source))
  if (source.kind === 'stored') return readValues(source, 0, rows)
  const values = new Float32Array(rows * columns)
  const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
  for (let start = 0; start < rows; start += step) {
    values.set(readValues(source, start, Math.min(rows, start + step)), start * columns)
  }
  return values
}
