// Values that one part makes while another takes them, in their order.

export class Feed<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = []
  #isEnded = false
  #wake: () => void = () => undefined

  push(value: T): void {
    this.#waiting.push(value)
    this.#wake()
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  /** For one taker. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      yield* this.#waiting.splice(0)
      if (this.#waiting.length > 0) continue
      if (this.#isEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
