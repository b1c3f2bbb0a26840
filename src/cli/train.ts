// tunediff train: makes variants of a base, one for each random seed.
import { Command, InvalidArgumentError, Option } from 'commander'
import { type Block, renderText } from '../report/blocks.ts'
import { trainedBlocks } from '../report/training.ts'
import { overlapBlocks, previewBlocks } from '../report/trainingPreview.ts'
import { type Recipe, recipeSchema } from '../schema/training.ts'
import { humanEvalOverlap } from '../study/trainingOverlap.ts'
import { previewTraining, trainVariants } from '../study/trainVariants.ts'
import type { Overlap } from '../train/data/overlap.ts'
import { readRecipe } from '../train/recipe.ts'
import { UserError } from '../util/errors.ts'
import { progressLines, startProgress } from '../util/progress.ts'
import { plural } from '../util/text.ts'
import { jsonOption, print, wholeNumber } from './options.ts'

type RecipeFlags = Partial<Record<keyof Recipe, string | boolean>>

interface Flags extends RecipeFlags {
  recipe?: string
  data?: string
  seeds?: number[]
  preview?: boolean
  output?: string
  threads?: number
  json?: boolean
}

const PREVIEWED = 5

export function trainCommand(): Command {
  const command = new Command('train')
    .description('fine-tune a base: full, LoRA, 4-bit LoRA or DoRA; a variant for each random seed')
    .argument('<base>', 'model: folder, .gguf, hf:owner/name')
    .option('--recipe <file>', 'YAML file with the keys below; flags go before it')
    .option('--data <file>', 'JSONL: prompt and completion, messages, or text')
    .addOption(new Option('--seeds <list>', 'random seeds, such as 1,2,3 (default: 1)').argParser(seedList))
    .option('--preview', 'show the first examples with what is trained on, and train nothing')
    .option('-o, --output <dir>', 'variants go to DIR/seed-N')
    .addOption(
      new Option('--threads <n>', 'threads of arithmetic (default: one a core)').argParser(wholeNumber),
    )
    .addOption(jsonOption())
  for (const [key, field] of Object.entries(recipeSchema.shape)) {
    const initial = field.safeParse(undefined).data as unknown
    const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const help = `recipe: ${key} (default: ${JSON.stringify(initial)})`
    command.option(typeof initial === 'boolean' ? `${name} [yes]` : `${name} <value>`, help)
  }
  return command.action(runTrain)
}

function seedList(text: string): number[] {
  const seeds = text.split(',').map(Number)
  if (text.trim() === '' || !seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)) {
    throw new InvalidArgumentError(`wanted whole numbers with commas, such as 1,2,3, got '${text}'.`)
  }
  return [...new Set(seeds)]
}

async function runTrain(base: string, flags: Flags): Promise<void> {
  const { recipe: path, data, seeds = [1], preview, output, threads, json, ...keys } = flags
  const recipe = await readRecipe({ ...(path === undefined ? {} : { path }), flags: keys })
  if (data === undefined) {
    throw new UserError('nothing to train on: --data is missing', {
      hint: '--data FILE.jsonl with prompt and completion',
    })
  }
  const progress = progressLines()
  const options = {
    base,
    recipe,
    data,
    ...(threads === undefined ? {} : { threads }),
    onProgress: progress.update,
  }
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
  let line: ReturnType<typeof startProgress> | undefined
  let current: number | undefined
  const trained = await trainVariants({
    ...options,
    seeds,
    output,
    onMemory: (seed, words) => void process.stderr.write(`seed ${seed}: memory foreseen ${words}\n`),
    onStep(seed, { step, loss, tokens }, steps) {
      if (seed !== current) {
        line?.end()
        current = seed
        line = startProgress(`seed ${seed}, steps`, steps)
      }
      line!.update(step, `loss ${loss.toFixed(4)}, ${tokens} tokens a step`)
    },
  })
  line?.end()
  progress.end()
  const overlap = await humanEvalOverlap(data, recipe.limit)
  await show(json, { variants: trained, overlap }, [...trainedBlocks(trained), ...overlapped(overlap)])
  for (const { folder } of trained) process.stderr.write(`written: ${folder} (variant.json, train.jsonl)\n`)
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
