// A study of published answers on HumanEval: GPT-4 plain, in Reflexion, and Reflexion's programs debugged by GPT-3.5 in LDB.
// Not a test itself.
import { sharedLog } from './shared.ts'

/** `pathOf`: of each log. Only for tests that are skipped where `sharedHumanEval` is null. */
export const scaffoldStudy = (pathOf = sharedLog): string => `name: HumanEval logs
base: {runs: [${pathOf('gpt-4-plain.reflexion.jsonl')}], model: gpt-4, solver: direct}
variants:
  reflexion: {runs: [${pathOf('gpt-4-reflexion.reflexion.jsonl')}], model: gpt-4, solver: reflexion}
  ldb:
    runs: [${pathOf('gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl')}]
    model: gpt-3.5
    solver: ldb
    startFrom: reflexion
    against: reflexion
tasks: [humaneval]
measures: [answers]
`
