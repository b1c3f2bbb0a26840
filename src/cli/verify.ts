// tunediff verify: are the numbers of a study's results, or of a report, those of its files? Exit 0 they are, 1 they are not, 3
// where answers that were to be judged again could not be.
import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { type Block, renderMarkdown, renderText } from '../report/blocks.ts'
import { findingBlocks } from '../report/finding.ts'
import { reportVerificationBlocks } from '../report/reportVerification.ts'
import { verificationBlocks } from '../report/verification.ts'
import type { ReportVerification, Verification } from '../schema/verification.ts'
import { whileLocked } from '../store/studyFolder.ts'
import { studyFolderOf } from '../study/plan.ts'
import { type VerifyOptions, verifyStudy } from '../study/verify.ts'
import { EXIT } from '../util/errors.ts'
import { type OnProgress, progressLines } from '../util/progress.ts'
import { openJudge } from './judging.ts'
import { context, jsonOption, onWait, print } from './options.ts'
import { verifyReport } from './verifyReport.ts'

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      "recompute every number of a study's results from its files, or of a report from itself: exit 0 if all are equal, 1 if not",
    )
    .argument(
      '<study>',
      'study folder, the study file that it lies beside, or a report that is one .html file',
    )
    .option('--rejudge', 'judge the answers again too: programs are executed, texts scored')
    .addOption(jsonOption())
    .action(verify)
}

async function verify(path: string, { rejudge, json }: { rejudge?: boolean; json?: boolean }): Promise<void> {
  const progress = progressLines()
  const options: Options = {
    ...context(),
    render: (results) => renderMarkdown(findingBlocks(results)),
    ...(rejudge ? { rejudge: { openJudge: () => openJudge({}) } } : {}),
    onProgress: progress.update,
  }
  const { found, blocks } = await (/\.html?$/i.test(path) ? ofReport : ofStudy)(path, options).finally(
    progress.end,
  )
  await print(json ? `${JSON.stringify(found, null, 2)}\n` : renderText(blocks))
  if (!found.isEqual) process.exitCode = EXIT.checkFailed
  else if (!found.isWhole) process.exitCode = EXIT.cannotTell
}

type Options = VerifyOptions & { onProgress: OnProgress }

interface Verified {
  found: Verification | ReportVerification
  blocks: Block[]
}

async function ofReport(path: string, options: Options): Promise<Verified> {
  const found = await verifyReport(path, options)
  return { found, blocks: reportVerificationBlocks(found) }
}

async function ofStudy(path: string, options: Options): Promise<Verified> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  const folder = isFile ? studyFolderOf(path) : path
  const found = await whileLocked([folder], () => verifyStudy(folder, options), onWait)
  return { found, blocks: verificationBlocks(found) }
}
