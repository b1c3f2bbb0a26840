// Where a divergence stands among those of well-known quantisations: assets/reference/quantisation-kl.json. A ruler of
// one model on one text, which is named with it: it gives a feeling for the size, and no judgement.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { RulerMark } from '../../schema/predictions.ts'

const rulerSchema = z.strictObject({
  source: z.string(),
  model: z.string(),
  text: z.string(),
  marks: z
    .array(
      z.strictObject({
        name: z.string(),
        klNats: z.number().positive(),
        rmsDeltaProb: z.number().nullable(),
        topAgreement: z.number().nullable(),
      }),
    )
    .min(1),
})
export type Ruler = z.infer<typeof rulerSchema>

let shipped: Ruler | undefined

/** The shipped ruler, its marks by ascending divergence. */
export function quantisationRuler(): Ruler {
  if (!shipped) {
    const file = fileURLToPath(new URL('../../../assets/reference/quantisation-kl.json', import.meta.url))
    shipped = rulerSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
    shipped.marks.sort((x, y) => x.klNats - y.klNats)
  }
  return shipped
}

export interface MarksAround {
  /** The nearest mark at or below, and above; null beyond the ruler's ends. */
  below: RulerMark | null
  above: RulerMark | null
  source: string
}

export function marksAround(klNats: number): MarksAround {
  const { marks, source } = quantisationRuler()
  return {
    below: marks.findLast((mark) => mark.klNats <= klNats) ?? null,
    above: marks.find((mark) => mark.klNats > klNats) ?? null,
    source,
  }
}

/** `between q6_K and q4_K_M among the quantisations of Llama-3-8B on Wikitext-2`. */
export function rulerWords(klNats: number): string {
  const { model, text } = quantisationRuler()
  const { below, above } = marksAround(klNats)
  const place =
    below && above
      ? `between ${below.name} and ${above.name}`
      : above
        ? `nearer than ${above.name}`
        : `further than ${below!.name}`
  return `${place} among the quantisations of ${model} on ${text}`
}
