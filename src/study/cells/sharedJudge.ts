// One sandbox for all cells of a study: starting it takes a second. What a cell closes stays open until the study ends.
import type { Judge } from '../../schema/judge.ts'

export interface SharedJudge extends AsyncDisposable {
  open(): Promise<Judge>
}

export function shareJudge(openJudge: () => Promise<Judge>): SharedJudge {
  let opened: Promise<Judge> | undefined
  return {
    async open() {
      opened ??= openJudge()
      const judge = await opened
      const { id, backend, mode, limits, wall, workers } = judge
      return {
        ...{ id, backend, mode, limits, wall, workers },
        judge: (program, problem) => judge.judge(program, problem),
        async [Symbol.asyncDispose]() {},
      }
    },
    async [Symbol.asyncDispose]() {
      // One that could not be opened was told where it was wanted.
      await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]()
    },
  }
}
