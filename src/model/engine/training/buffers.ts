// Buffers by name, made once and kept: a smaller batch gets a view of what a larger one had.

export class Buffers {
  readonly #byName = new Map<string, Float32Array>()

  /** What was in it stays there. */
  take(name: string, size: number): Float32Array {
    const known = this.#byName.get(name)
    if (known && known.length >= size) return known.length === size ? known : known.subarray(0, size)
    const made = new Float32Array(size)
    this.#byName.set(name, made)
    return made
  }

  get bytes(): number {
    return [...this.#byName.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
  }
}
