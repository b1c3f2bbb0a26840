// Keys and values of the positions before, of several texts at once: [rows, kvHeads, slots, headDim] of each layer in
// fp32. A text's position p is in slot p of its row. Sizes are powers of two, so that few programs serve them; fitting
// to another size copies what is in use.
import type { Architecture } from '../architectures/architecture.ts'

const MIN_SLOTS = 64

export interface LayerCache {
  k: Float32Array
  v: Float32Array
}

/** Keys and values of the first `count` positions of one text, [kvHeads, stride, headDim] of each layer. */
export interface Prefix {
  layers: readonly LayerCache[]
  count: number
  stride: number
}

export class KeyCache {
  readonly #architecture: Architecture
  /** Positions of each text; rows beyond are not in use. */
  readonly lengths: number[] = []
  rows = 1
  slots = MIN_SLOTS
  layers: readonly LayerCache[]

  constructor(architecture: Architecture) {
    this.#architecture = architecture
    this.layers = this.#allocate(this.rows, this.slots)
  }

  /** Smallest sizes with a slot for one more position of each text. */
  fit(): void {
    const rows = powerOfTwo(Math.max(1, this.lengths.length))
    const slots = powerOfTwo(Math.max(MIN_SLOTS, ...this.lengths.map((length) => length + 1)))
    if (rows !== this.rows || slots !== this.slots) this.#resize(rows, slots)
  }

  /** A text more, whose positions so far are `prefix`. */
  add(prefix: Prefix | null): void {
    const row = this.lengths.push(prefix?.count ?? 0) - 1
    this.fit()
    if (!prefix) return
    for (const [i, from] of prefix.layers.entries()) {
      this.#copy(from, { row: 0, slots: prefix.stride }, this.layers[i]!, { row, slots: this.slots }, row)
    }
  }

  /** Takes a text out; the last one moves to its row. */
  remove(row: number): void {
    const last = this.lengths.length - 1
    if (row !== last) {
      this.lengths[row] = this.lengths[last]!
      const { slots } = this
      for (const layer of this.layers) this.#copy(layer, { row: last, slots }, layer, { row, slots }, row)
    }
    this.lengths.pop()
  }

  /** Of one layer, what a step gave: [rows, kvHeads, 1, headDim]. The step is over when `advance` is called. */
  append(layer: number, { k, v }: LayerCache): void {
    const { kvHeads, headDim } = this.#architecture
    const to = this.layers[layer]!
    for (const [row, length] of this.lengths.entries()) {
      for (let head = row * kvHeads; head < (row + 1) * kvHeads; head++) {
        const at = (head * this.slots + length) * headDim
        to.k.set(k.subarray(head * headDim, (head + 1) * headDim), at)
        to.v.set(v.subarray(head * headDim, (head + 1) * headDim), at)
      }
    }
  }

  advance(): void {
    for (const row of this.lengths.keys()) this.lengths[row]!++
  }

  #allocate(rows: number, slots: number): LayerCache[] {
    const { layers, kvHeads, headDim } = this.#architecture
    const size = rows * kvHeads * slots * headDim
    return layers.map(() => ({ k: new Float32Array(size), v: new Float32Array(size) }))
  }

  #resize(rows: number, slots: number): void {
    const before = { layers: this.layers, rows: this.rows, slots: this.slots }
    this.rows = rows
    this.slots = slots
    this.layers = this.#allocate(rows, slots)
    for (const [i, from] of before.layers.entries()) {
      for (let row = 0; row < Math.min(this.lengths.length, before.rows); row++) {
        this.#copy(from, { row, slots: before.slots }, this.layers[i]!, { row, slots }, row)
      }
    }
  }

  /** The positions of text `text`, from a row of one layer's buffers to a row of another's. */
  #copy(from: LayerCache, source: Place, to: LayerCache, target: Place, text: number): void {
    const { kvHeads, headDim } = this.#architecture
    const values = Math.min(this.lengths[text]!, source.slots) * headDim
    for (let head = 0; head < kvHeads; head++) {
      const start = (source.row * kvHeads + head) * source.slots * headDim
      const at = (target.row * kvHeads + head) * target.slots * headDim
      to.k.set(from.k.subarray(start, start + values), at)
      to.v.set(from.v.subarray(start, start + values), at)
    }
  }
}

interface Place {
  row: number
  slots: number
}

/** The next one that is not smaller. */
export const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(count))

/** Bytes of the caches of `rows` texts of `positions` each; twice that while sizes change. */
export function cacheBytes(
  { layers, kvHeads, headDim }: Architecture,
  rows: number,
  positions: number,
): number {
  const slots = powerOfTwo(Math.max(MIN_SLOTS, positions))
  return layers.length * 2 * 4 * powerOfTwo(rows) * kvHeads * slots * headDim
}
