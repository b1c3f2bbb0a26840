// calls.jsonl of a run: what a model was sent, and what came back. Replies are kept in the cache too, by key.
import { z } from 'zod'

const textCallSchema = z.strictObject({
  prompt: z.string(),
  /** A chat template wrote the prompt. */
  isRendered: z.boolean(),
  maxTokens: z.number().int(),
  temperature: z.number(),
  topP: z.number(),
  /** Of this answer alone; 0 where nothing is drawn. */
  seed: z.number().int(),
  stops: z.array(z.string()),
})

const choiceCallSchema = z.strictObject({
  prompt: z.string(),
  isRendered: z.boolean(),
  continuations: z.array(z.string()),
})

const textReplySchema = z.strictObject({
  text: z.string(),
  finish: z.enum(['end', 'stop', 'length']),
  logProb: z.number().nullable(),
})

const choiceReplySchema = z.strictObject({
  scores: z.array(z.strictObject({ logProb: z.number(), tokens: z.number().int() })),
})

/** What came back for a request. The cache keeps it under the request's key. */
export const replySchema = z.strictObject({
  reply: z.union([textReplySchema, choiceReplySchema]),
  /** Tokens that were made, or scored. */
  tokens: z.number().int(),
  ms: z.number(),
})
export type Reply = z.infer<typeof replySchema>

/** A line of calls.jsonl: what was sent and what came back. On equal samples and keys the last one counts. */
export const callSchema = z.strictObject({
  sample: z.string(),
  /** Hash of model, engine settings and request. */
  key: z.string(),
  request: z.union([textCallSchema, choiceCallSchema]),
  ...replySchema.shape,
  /** Tokens and time are those of an earlier request that was the same. */
  isCached: z.literal(true).optional(),
})
export type Call = z.infer<typeof callSchema>
