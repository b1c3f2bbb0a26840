// The interface between whoever asks and whoever answers: a model that makes texts and scores them, wherever it runs. One
// implementation a file in src/generate; solvers (src/solve) know only this.

/** A text to go on from. */
export interface AnswerRequest {
  /** As the model sees it. */
  prompt: string
  /** `renderChat` wrote it: nothing is put in front of it, such as a token that begins a text. */
  isRendered: boolean
  maxTokens: number
  /** 0: greedy. */
  temperature: number
  topP: number
  /** Of this answer alone: the same request has the same answer, whatever is answered beside it. */
  seed: number
  stops: readonly string[]
}

export interface Answer {
  /** Without the stop string and end token. */
  text: string
  /** Tokens that were made, the end token too. */
  tokens: number
  /** `end`: the model ended; `stop`: a stop string came; `length`: maxTokens were made. */
  finish: 'end' | 'stop' | 'length'
  /** Sum of ln p of the tokens as they were drawn, in nats; null where the engine does not tell. */
  logProb: number | null
  /** Wall time from its first step to its last one; others may be answered beside it. */
  ms: number
}

/** What cannot be answered as it was asked, such as a prompt that is longer than the model's context. The others are. */
export interface Refused {
  refused: string
}

export interface ContinuationRequest {
  prompt: string
  isRendered: boolean
  /** Tokenised as the end of prompt + continuation. */
  continuation: string
}

export interface ContinuationScore {
  /** Sum of ln p of the continuation's tokens after the prompt, in nats. */
  logProb: number
  tokens: number
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** A model that answers. Calls may be made side by side; what comes back is in the order of the requests. */
export interface AnswerEngine extends AsyncDisposable {
  /** `embedded`, later `llama.cpp`, `openai`. */
  readonly name: string
  /** Name, version and whatever else may change an answer: part of a run's fingerprint and of an answer's key. */
  readonly settings: Readonly<Record<string, string>>
  /** Requests that are answered together at most; callers keep a few times as many open. */
  readonly parallel: number
  /** The model's own template, up to where the assistant begins. UserError where it has none. */
  renderChat(messages: readonly ChatMessage[]): Promise<string>
  answer(
    requests: readonly AnswerRequest[],
    onDone?: (index: number, answer: Answer | Refused) => void,
  ): Promise<(Answer | Refused)[]>
  scoreContinuations(
    requests: readonly ContinuationRequest[],
    onDone?: (index: number, score: ContinuationScore | Refused) => void,
  ): Promise<(ContinuationScore | Refused)[]>
}
