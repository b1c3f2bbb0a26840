// tunediff train: makes variants of a base, one for each random seed.
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Block, renderText } from '../report/blocks.ts'
import { trainedBlocks } from '../report/training.ts'
import { overlapBlocks, previewBlocks } from '../report/trainingPreview.ts'
import { stepLine } from '../report/trainingProgress.ts'
import { type Recipe, recipeSchema } from '../schema/training.ts'
import { humanEvalOverlap } from '../study/trainingOverlap.ts'
import { previewTraining, type TrainOptions, trainVariants } from '../study/trainVariants.ts'
import type { Overlap } from '../train/data/overlap.ts'
import { keyMeant, readRecipe } from '../train/recipe.ts'
import { TRAINER_NAMES, type TrainerName } from '../train/trainers.ts'
import { UserError } from '../util/errors.ts'
import { progressLines, statusLine } from '../util/progress.ts'
import { plural } from '../util/text.ts'
import { jsonOption, print, wholeNumber } from './options.ts'

type RecipeFlags = Partial<Record<keyof Recipe, string | boolean>>

interface Flags extends RecipeFlags {
  init?: string
  recipe?: string
  data?: string
  seeds?: number[]
  preview?: boolean
  output?: string
  trainer?: TrainerName
  threads?: number
  json?: boolean
}

const PREVIEWED = 5

export function trainCommand(): Command {
  const command = new Command('train')
    .description('fine-tune a base: full, LoRA, 4-bit LoRA or DoRA; a variant for each random seed')
    .argument('[base]', 'model: folder, .gguf, hf:owner/name')
    .option(
      '--init <config>',
      'instead of a base: random weights for this config.json, with the tokenizer beside it',
    )
    .option('--recipe <file>', 'YAML file with the keys below, which are flags too and go before it')
    .option('--data <file>', 'JSONL: prompt and completion, messages, or text')
    .addOption(new Option('--seeds <list>', 'random seeds, such as 1,2,3 (default: 1)').argParser(seedList))
    .option('--preview', 'show the first examples with what is trained on, and train nothing')
    .option('-o, --output <dir>', 'variants go to DIR/seed-N')
    .addOption(new Option('--trainer <name>', 'what trains (default: embedded)').choices(TRAINER_NAMES))
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .addOption(jsonOption())
  for (const [key, field] of Object.entries(recipeSchema.shape)) {
    const initial = field.safeParse(undefined).data as unknown
    const help = `recipe (default: ${JSON.stringify(initial)})`
    command.option(typeof initial === 'boolean' ? `--${key} [yes]` : `--${key} <value>`, help)
  }
  command.configureOutput({ outputError: (text, write) => write(withKeyMeant(text)) })
  return command.action(runTrain)
}

/** Where commander knows no flag that is like it: other trainers and programs call keys otherwise, as --lr. */
function withKeyMeant(text: string): string {
  const [error, name] = /^error: unknown option '--([\w-]+)(?:=.*)?'\n(?!\(Did you mean)/.exec(text) ?? []
  const key = name === undefined ? undefined : keyMeant(name)
  return key === undefined ? text : `${error}(Did you mean --${key}?)\n`
}

function seedList(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim())
  const seeds = parts.map(Number)
  if (!parts.every((part) => /^\d+$/.test(part)) || !seeds.every(Number.isSafeInteger)) {
    throw new InvalidArgumentError(`wanted whole numbers with commas, such as 1,2,3, got '${text}'.`)
  }
  return [...new Set(seeds)]
}

async function runTrain(base: string | undefined, flags: Flags): Promise<void> {
  const { init, recipe: path, data, seeds = [1], preview, output, trainer, threads, json, ...keys } = flags
  const start = startOf(base, init)
  const recipe = await readRecipe({ ...(path === undefined ? {} : { path }), flags: keys })
  if (data === undefined) {
    throw new UserError('nothing to train on: --data is missing', {
      hint: '--data FILE.jsonl with prompt and completion',
    })
  }
  const progress = progressLines()
  const options = { start, recipe, data, onProgress: progress.update }
  if (preview) {
    const { examples, notes, counts } = await previewTraining(options, seeds[0]!, PREVIEWED)
    progress.end()
    const overlap = await humanEvalOverlap(data, recipe.limit)
    const { examples: count, heldOut, trainedTokens, steps } = counts
    const sizes = `${plural(count, 'example')}, ${heldOut} of them held out; ${plural(trainedTokens, 'token')} trained on, ${plural(steps, 'step')}.`
    const blocks = [...previewBlocks(examples, [sizes, ...notes]), ...overlapped(overlap)]
    return show(json, { examples, notes, counts, overlap }, blocks)
  }
  if (output === undefined) {
    throw new UserError('no place for the variants: -o is missing', {
      hint: `-o DIR: variants go to DIR/seed-${seeds[0]}`,
    })
  }
  const line = statusLine()
  const trained = await trainVariants({
    ...options,
    ...(trainer === undefined ? {} : { trainer }),
    ...(threads === undefined ? {} : { threads }),
    seeds,
    output,
    onMemory(seed, words) {
      progress.end()
      line.end()
      process.stderr.write(`seed ${seed}: memory foreseen ${words}\n`)
    },
    onStep(seed, { step, loss }, pace) {
      if (pace.made === 1 && step > 1) process.stderr.write(`seed ${seed}: goes on after step ${step - 1}\n`)
      line.show(() => stepLine({ seed, step, loss, ...pace, memoryBytes: process.memoryUsage.rss() }))
    },
  })
  line.end()
  const overlap = await humanEvalOverlap(data, recipe.limit)
  await show(json, { variants: trained, overlap }, [...trainedBlocks(trained), ...overlapped(overlap)])
  for (const { folder, isOld } of trained)
    process.stderr.write(`${isOld ? 'finished before' : 'written'}: ${folder} (variant.json, train.jsonl)\n`)
}

function startOf(base: string | undefined, init: string | undefined): TrainOptions['start'] {
  if (base !== undefined && init !== undefined) {
    throw new UserError(`training begins at ${base} or at the random weights of --init, and both are given`, {
      hint: 'leave one of them out',
    })
  }
  if (base !== undefined) return { base }
  if (init !== undefined) return { init }
  throw new UserError('nothing to train: a base is missing', {
    hint: 'tunediff train BASE, or --init config.json for random weights',
  })
}

const overlapped = (overlap: Overlap | null): Block[] =>
  overlap
    ? overlapBlocks('HumanEval', overlap)
    : [
        {
          kind: 'paragraph',
          text: "Overlap with HumanEval was not looked for: its problems are not on this machine ('tunediff doctor' says where they are looked for).",
        },
      ]

const show = (json: boolean | undefined, value: unknown, blocks: readonly Block[]): Promise<void> =>
  print(json ? `${JSON.stringify(value, null, 2)}\n` : renderText(blocks))
