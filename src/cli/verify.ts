// tunediff verify: are the numbers of a study's results those of its files? Exit 0 they are, 1 they are not, 3 where answers
// that were to be judged again could not be.
import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { renderMarkdown, renderText } from '../report/blocks.ts'
import { findingBlocks } from '../report/finding.ts'
import { verificationBlocks } from '../report/verification.ts'
import { studyFolderOf } from '../study/plan.ts'
import { verifyStudy } from '../study/verify.ts'
import { EXIT } from '../util/errors.ts'
import { progressLines } from '../util/progress.ts'
import { openJudge } from './judging.ts'
import { context, jsonOption, print } from './options.ts'

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      "recompute every number of a study's results from its files: exit 0 if all are equal, 1 if not",
    )
    .argument('<study>', 'study folder, or the study file that it lies beside')
    .option('--rejudge', 'judge the answers again too: programs are executed, texts scored')
    .addOption(jsonOption())
    .action(verify)
}

async function verify(
  study: string,
  { rejudge, json }: { rejudge?: boolean; json?: boolean },
): Promise<void> {
  const isFile = await stat(study).then(
    (found) => found.isFile(),
    () => false,
  )
  const progress = progressLines()
  const verification = await verifyStudy(isFile ? studyFolderOf(study) : study, {
    ...context(),
    render: (results) => renderMarkdown(findingBlocks(results)),
    ...(rejudge ? { rejudge: { openJudge: () => openJudge({}) } } : {}),
    onProgress: progress.update,
  })
  progress.end()
  await print(
    json ? `${JSON.stringify(verification, null, 2)}\n` : renderText(verificationBlocks(verification)),
  )
  if (!verification.isEqual) process.exitCode = EXIT.checkFailed
  else if (!verification.isWhole) process.exitCode = EXIT.cannotTell
}
