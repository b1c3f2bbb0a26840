// Engines that outlive a run: opening one takes ten times as long as a few answers of a small model. What a run closes is kept
// for the next run of the same model, as many as work side by side.
import { type EmbeddedOptions, openEmbedded } from '../../generate/embeddedEngine.ts'
import type { AnswerEngine } from '../../schema/engine.ts'

export class Engines implements AsyncDisposable {
  /** The one that was used last is the last. */
  readonly #idle: { spec: string; engine: AnswerEngine }[] = []
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  async open(options: EmbeddedOptions): Promise<AnswerEngine> {
    const { spec } = options.model
    const at = this.#idle.findIndex((one) => one.spec === spec)
    const known = at < 0 ? undefined : this.#idle.splice(at, 1)[0]!.engine
    return this.#lent(spec, known ?? (await openEmbedded(options)))
  }

  /** The same engine; closed in the middle of a call, as where a run fails, it is ended. */
  #lent(spec: string, engine: AnswerEngine): AnswerEngine {
    let calls = 0
    let isBack = false
    const counted = async <T>(call: Promise<T>): Promise<T> => {
      calls++
      try {
        return await call
      } finally {
        calls--
      }
    }
    const { name, settings, parallel } = engine
    return {
      ...{ name, settings, parallel },
      renderChat: (messages) => counted(engine.renderChat(messages)),
      answer: (requests, onDone) => counted(engine.answer(requests, onDone)),
      scoreContinuations: (requests, onDone) => counted(engine.scoreContinuations(requests, onDone)),
      [Symbol.asyncDispose]: async () => {
        if (isBack) return
        isBack = true
        if (calls > 0) return await engine[Symbol.asyncDispose]()
        this.#idle.push({ spec, engine })
        if (this.#idle.length > this.#most) await this.#idle.shift()!.engine[Symbol.asyncDispose]()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map(({ engine }) => engine[Symbol.asyncDispose]()))
  }
}
