// The finding of a study, in plain words by fixed rules: one line, then sentences on each variant and on the
// study. Every figure in it stands in the study's results, and the sentence says where. Forgetting is read from texts
// first, from scores second.
import type { Findings, Measured, Statement } from '../../schema/results.ts'
import { prose, type Sentence } from '../../util/prose.ts'
import { answersSentences } from './answers.ts'
import { changedSentences } from './changed.ts'
import { headlineOf } from './headline.ts'
import { studySentences } from './study.ts'
import { textsSentences } from './texts.ts'
import { viewOf } from './view.ts'
import { settingsSentence, weightsSentence } from './weights.ts'

export function studyFindings(measured: Measured): Findings {
  const view = viewOf(measured)
  const variants = view.variants.map((variant) => {
    const found = [
      ...changedSentences(variant),
      weightsSentence(variant),
      settingsSentence(variant),
      ...textsSentences(variant),
      ...answersSentences(variant, view),
    ].filter((one) => one !== null)
    const sentences = found.length > 0 ? found : [prose`Nothing of it was measured.`]
    return { side: variant.name, sentences: sentences.map(statement) }
  })
  return {
    headline: statement(headlineOf(view)),
    variants,
    study: studySentences(view).map(statement),
  }
}

const statement = ({ text, figures }: Sentence): Statement => ({ text, figures: [...figures] })
