// What `verify` says of a report: in one sentence, then its studies as `verify` says them, then what cannot be read, what views
// show that their rows do not give, and what is not as it was around the data.
import type {
  ChangedPage,
  ChangedView,
  LostShard,
  ReportVerification,
  Verification,
} from '../schema/verification.ts'
import { oneLine, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'
import {
  butLeft,
  differing,
  list,
  paragraph,
  valueText,
  verificationBlocks,
  versionText,
} from './verification.ts'

const PAGE_CHARACTERS = 100

export function reportVerificationBlocks(verification: ReportVerification): Block[] {
  const { studies, shards, views, page, left, isEqual, tunediff } = verification
  return [
    { kind: 'finding', text: reportSentence(verification) },
    ...(!isEqual && tunediff.stored !== tunediff.now ? [paragraph(versionText(tunediff))] : []),
    ...shardBlocks(shards),
    ...studies.flatMap((study) => studyBlocks(study, studies.length > 1)),
    ...viewBlocks(views),
    ...page.map((one) => paragraph(pageText(one))),
    ...(left === null ? [] : [paragraph(`Not compared: ${left}.`)]),
  ]
}

function reportSentence({ compared, isEqual, studies, shards, views, page }: ReportVerification): string {
  const what = `${plural(compared.figures, 'figure')} of ${plural(compared.files, 'file')} recomputed`
  const outcomes = studies.reduce((sum, { rejudged }) => sum + (rejudged?.outcomes ?? 0), 0)
  const again = studies.some(({ rejudged }) => rejudged)
    ? `, ${plural(outcomes, 'outcome')} judged again`
    : ''
  if (isEqual) return `${what}${again}: all equal${butLeft(studies)}.`
  const found = [
    ...(shards.length > 0 ? [`${plural(shards.length, 'shard')} cannot be read`] : []),
    ...studies.flatMap(differing),
    ...(views.length > 0 ? [plural(views.length, 'shown figure differs', 'shown figures differ')] : []),
    ...page.map(({ part }) => `${PARTS[part]} is not as it was written`),
  ]
  return `${what}${again}: ${found.join(', ')}.`
}

function studyBlocks(study: Verification, hasOthers: boolean): Block[] {
  if (study.isWhole) return []
  const [, ...blocks] = verificationBlocks(study)
  return hasOthers ? [{ kind: 'heading', text: study.study }, ...blocks] : blocks
}

function shardBlocks(shards: readonly LostShard[]): Block[] {
  if (shards.length === 0) return []
  const text = ({ reason, files }: LostShard): string =>
    files.length === 0 ? reason : `${reason}; in it ${files.length === 1 ? 'is' : 'are'} ${someOf(files)}`
  return [paragraph('Shards that cannot be read:'), list(shards.map(text))]
}

const SOME = 3

const someOf = (files: readonly string[]): string =>
  files.length > SOME
    ? `${files.slice(0, SOME).join(', ')} and ${files.length - SOME} more`
    : files.join(', ')

function viewBlocks(views: readonly ChangedView[]): Block[] {
  if (views.length === 0) return []
  const text = ({ at, label, stored, recomputed }: ChangedView): string =>
    `${label}: ${valueText(stored)}, recomputed ${valueText(recomputed)} (${at})`
  return [paragraph('What the page shows, and what its rows give:'), list(views.map(text))]
}

const PARTS: Readonly<Record<ChangedPage['part'], string>> = {
  title: "the page's title",
  noscript: 'the text for readers without scripts',
  code: "the page's own code",
}

function pageText({ part, stored, recomputed }: ChangedPage): string {
  const quoted = (text: string): string => (text === '' ? 'nothing' : `"${oneLine(text, PAGE_CHARACTERS)}"`)
  return `Changed: ${PARTS[part]}. It has ${quoted(stored)}, and is to have ${quoted(recomputed)}.`
}
