// tunediff doctor: what this machine can do, and how to get what is missing.
import { readdir, rm, stat } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Block, renderText } from '../report/blocks.ts'
import { bootImageStatus, NODE_WALL_WARNING, PYODIDE_VERSION, sandboxWalls } from '../sandbox/index.ts'
import { findHumanEval } from '../tasks/humaneval.ts'
import { checkContribOps } from '../tensor/ops/selfTest.ts'
import { cacheFolder } from '../util/cache.ts'
import { UserError } from '../util/errors.ts'
import { VERSION } from '../util/version.ts'
import { jsonOption, print } from './options.ts'

/** Imported runs, reports, measurements, downloaded models, tasks, boot images, and what a killed process left of them. */
const OURS = /^(runs|answers|comparisons|measurements|identities|hub|tasks|python-.*\.image|\.tmp-.*)$/

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('show what this machine can do, and how to get what is missing')
    .option('--clean', 'empty the cache folder')
    .addOption(jsonOption())
    .action(runDoctor)
}

async function runDoctor(flags: { clean?: boolean; json?: boolean }): Promise<void> {
  const folder = cacheFolder()
  if (flags.clean) {
    const bytes = await folderBytes(folder)
    await emptyCache(folder)
    process.stderr.write(`emptied ${folder}: ${megabytes(bytes)}\n`)
  }
  const facts = await examine(folder)
  if (flags.json) return print(`${JSON.stringify(facts, null, 2)}\n`)
  await print(renderText(doctorBlocks(facts)))
}

/** Removes what tunediff keeps there, and nothing else: the folder is whatever TUNEDIFF_CACHE names. */
async function emptyCache(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (OURS.test(name)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function examine(folder: string) {
  return {
    tunediff: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memory: { totalMb: Math.round(totalmem() / 2 ** 20), freeMb: Math.round(freemem() / 2 ** 20) },
    sandbox: { pyodide: PYODIDE_VERSION, bootImage: await bootImageStatus(folder) },
    engine: await engineStatus(),
    walls: await sandboxWalls(folder),
    humaneval: await findHumanEval({ env: process.env, cacheFolder: folder }),
    cache: { folder, bytes: await folderBytes(folder) },
  }
}

/** Whether models can be run here: onnxruntime-node is there and computes what it should. */
async function engineStatus(): Promise<{ works: boolean; detail: string; hint?: string }> {
  try {
    await checkContribOps()
    return { works: true, detail: 'onnxruntime-node works; its operators were checked' }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    return { works: false, detail: `missing: ${error.message}`, ...hint }
  }
}

type Facts = Awaited<ReturnType<typeof examine>>

function doctorBlocks(facts: Facts): Block[] {
  const used = facts.walls.find((wall) => wall.works)?.wall
  const blocks: Block[] = [
    {
      kind: 'table',
      columns: [{ title: 'what' }, { title: 'here' }],
      rows: [
        ['tunediff', facts.tunediff],
        ['node', `${facts.node}, ${facts.platform}`],
        [
          'machine',
          `${facts.cores} cores, ${facts.memory.totalMb} MB memory, ${facts.memory.freeMb} MB free`,
        ],
        ['sandbox', `pyodide ${facts.sandbox.pyodide}, boot image ${facts.sandbox.bootImage.state}`],
        ['engine', facts.engine.detail],
        ...facts.walls.map((wall) => [
          `wall ${wall.wall}`,
          `${wall.works ? 'works' : `missing: ${wall.detail}`}${wall.wall === used ? ' (the default here)' : ''}`,
        ]),
        ['humaneval', facts.humaneval ?? 'not here yet; it is downloaded when first needed'],
        ['cache', `${facts.cache.folder}, ${megabytes(facts.cache.bytes)}`],
      ],
    },
  ]
  const hints = facts.walls.flatMap((wall) =>
    wall.works || !wall.hint ? [] : [`wall ${wall.wall}: ${wall.hint}`],
  )
  if (facts.engine.hint) hints.unshift(`engine: ${facts.engine.hint}`)
  if (used === 'node') hints.push(NODE_WALL_WARNING)
  if (hints.length > 0) blocks.push({ kind: 'paragraph', text: 'To mend:' }, { kind: 'list', items: hints })
  return blocks
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  let bytes = 0
  for (const name of names) {
    const entry = await stat(join(folder, name)).catch(() => null)
    if (entry?.isFile()) bytes += entry.size
  }
  return bytes
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`
