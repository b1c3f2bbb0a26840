// Sentences of the findings that would read otherwise.
import type { Findings, Statement } from '../../schema/results.ts'
import type { ChangedSentence } from '../../schema/verification.ts'
import { sha256Value } from '../../util/hash.ts'
import { pointer } from '../../util/prose.ts'

interface Placed {
  at: string
  statement: Statement
}

/** Sentences that stand on both sides are left out; the others are paired by how they begin, the rest in their order. */
export function changedSentences(stored: Findings, recomputed: Findings): ChangedSentence[] {
  const [there, here] = [sentencess(stored), sentencess(recomputed)]
  const names = new Set([...there.keys(), ...here.keys()])
  return [...names].flatMap((name) => changedIn(there.get(name) ?? [], here.get(name) ?? []))
}

/** By what they are about. */
function sentencess({ headline, variants, study }: Findings): Map<string, Placed[]> {
  const placed = (path: readonly (string | number)[], statements: readonly Statement[]): Placed[] =>
    statements.map((statement, i) => ({ at: pointer([...path, i]), statement }))
  return new Map([
    ['headline', [{ at: pointer(['findings', 'headline']), statement: headline }]],
    ...variants.map(({ side, sentences }, i): [string, Placed[]] => [
      `variant ${side}`,
      placed(['findings', 'variants', i, 'sentences'], sentences),
    ]),
    ['study', placed(['findings', 'study'], study)],
  ])
}

function changedIn(stored: readonly Placed[], recomputed: readonly Placed[]): ChangedSentence[] {
  const only = (list: readonly Placed[], other: readonly Placed[]): Placed[] => {
    const known = new Set(other.map(({ statement }) => sha256Value(statement)))
    return list.filter(({ statement }) => !known.has(sha256Value(statement)))
  }
  const here = only(recomputed, stored)
  const take = (from: Placed | undefined): Placed | undefined => from && here.splice(here.indexOf(from), 1)[0]
  const pairs = only(stored, recomputed).map((one) => ({
    there: one,
    here: take(here.find((other) => beginningOf(other) === beginningOf(one))),
  }))
  const changed = pairs.map((pair) => changedSentence(pair.there, pair.here ?? take(here[0])))
  return [...changed, ...here.map((one) => changedSentence(undefined, one))]
}

/** What a sentence is about shows in its first words. */
const beginningOf = ({ statement }: Placed): string => statement.text.split(' ', 2).join(' ')

const changedSentence = (there: Placed | undefined, here: Placed | undefined): ChangedSentence => ({
  at: (there ?? here)!.at,
  stored: there?.statement.text ?? null,
  recomputed: here?.statement.text ?? null,
})
