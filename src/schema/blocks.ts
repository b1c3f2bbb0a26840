// A text with tables as a few plain blocks: what the terminal, Markdown and the page show is one source of sentences and
// numbers, and only how it is drawn differs.
import { z } from 'zod'

const columnSchema = z.strictObject({
  title: z.string(),
  /** Numbers go right; left is the default. */
  align: z.enum(['left', 'right']).optional(),
  /** Widest cell in terminal columns; a longer one is cut with an ellipsis in the terminal alone. */
  maxWidth: z.number().int().optional(),
})

export const tableBlockSchema = z.strictObject({
  kind: z.literal('table'),
  columns: z.array(columnSchema).readonly(),
  rows: z.array(z.array(z.string()).readonly()).readonly(),
})

export type TableBlock = z.infer<typeof tableBlockSchema>

/** Blocks of findings; reports of single measures have two more kinds, which only terminals and Markdown draw. */
export const pageBlockSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('heading'), text: z.string() }),
  z.strictObject({ kind: z.literal('paragraph'), text: z.string() }),
  /** A sentence that carries the result: set apart from the text around it. */
  z.strictObject({ kind: z.literal('finding'), text: z.string() }),
  z.strictObject({ kind: z.literal('list'), items: z.array(z.string()).readonly() }),
  /** What is found of one side, a sentence an item. */
  z.strictObject({ kind: z.literal('side'), side: z.string(), items: z.array(z.string()).readonly() }),
  /** Lines that are shown as they are, in one width. */
  z.strictObject({ kind: z.literal('verbatim'), lines: z.array(z.string()).readonly() }),
  tableBlockSchema,
])
export type PageBlock = z.infer<typeof pageBlockSchema>
