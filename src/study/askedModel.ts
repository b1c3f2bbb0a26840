// A model that is to answer, and the run that asking it makes: everything that is known before the first question.
import { join } from 'node:path'
import { embeddedSettings } from '../generate/embeddedEngine.ts'
import { type EngineModel, engineModel } from '../model/engine/index.ts'
import { parseModel } from '../model/modelPath.ts'
import type { Model } from '../model/tensor.ts'
import { type TokenizerFiles, tokenizerFiles } from '../model/tokenizer/files.ts'
import type { Asking, Task } from '../schema/problem.ts'
import { RUN_SCHEMA, type Run } from '../schema/run.ts'
import { CODE_MESSAGE, direct } from '../solve/direct.ts'
import { type AskedRun, askedRunKey } from '../store/askedRun.ts'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'
import { openPredicted } from './predictionsModels.ts'
import { runningSpec } from './runningSpec.ts'

/** What the user asks for beside the task. */
export interface RunSettings {
  isChat: boolean
  limit: number | null
  repeats: number
  seed: number
  /** Instead of the task's own. */
  temperature?: number
  maxTokens?: number
}

export interface AskedModel {
  name: string
  spec: string
  identity: string
  note: string | null
  /** Adapters live. */
  model: Model
  engineModel: EngineModel
  tokenizer: TokenizerFiles
}

export async function openAsked(
  named: string,
  onProgress?: (what: string, done: number, total: number) => void,
): Promise<AskedModel> {
  refuseElsewhere(named)
  const { spec } = await runningSpec(named)
  const { model, predicted } = await openPredicted(spec, {
    base: spec,
    ...(onProgress ? { onProgress } : {}),
  })
  const { name, identity, note } = predicted
  return {
    name,
    spec: named,
    identity,
    note,
    model,
    engineModel: engineModel(model),
    tokenizer: await tokenizerFiles(model),
  }
}

function refuseElsewhere(spec: string): void {
  const { source } = parseModel(spec)
  if (source.kind === 'endpoint') {
    throw new UserError(`${spec} is a server, and servers are not asked yet`, {
      hint: 'name the files of the model: a folder, a .gguf file or hf:owner/name',
    })
  }
  if (source.kind === 'run') {
    throw new UserError(`${spec} holds answers already`, {
      hint: `tunediff compare takes ${source.folder} as it is`,
    })
  }
}

export function askedRun(model: AskedModel, task: Task, settings: RunSettings): AskedRun {
  const { isChat, repeats, seed } = settings
  const { size } = task.problems
  const limit = settings.limit !== null && settings.limit < size ? settings.limit : null
  if (isChat && !model.tokenizer.chatTemplate) {
    throw new UserError(`${model.spec} has no chat template, and --chat wants one`, {
      hint: 'leave --chat out, or name a model that was made for conversations',
    })
  }
  const asking = askingOf(task, settings)
  const engine = embeddedSettings()
  const { spec, identity, note } = model
  return {
    schema: RUN_SCHEMA,
    name: model.name,
    model: { name: model.name, source: 'recorded' },
    solver: { name: direct.name, source: 'recorded' },
    task: { name: task.name, identity: task.identity, path: task.path },
    scoring: task.kind === 'code' ? 'execute' : 'answer',
    rule: task.kind === 'code' ? ruleOf(isChat) : null,
    metric: null,
    fingerprint: {
      dataset: task.identity,
      prompt: isChat
        ? `chat ${task.kind === 'code' ? sha256(CODE_MESSAGE).slice(0, 8) : ''}`.trim()
        : 'plain',
      template: isChat ? sha256(model.tokenizer.chatTemplate!.text) : 'none',
      stops: JSON.stringify(asking.stops),
      maxTokens: String(asking.maxTokens),
      temperature: String(asking.temperature),
      topP: String(asking.topP),
      engine: JSON.stringify([engine.name, engine.settings]),
      seeds: asking.temperature === 0 ? 'none drawn' : `of (${seed}, task, problem, repeat)`,
    },
    seeds: [seed],
    versions: { tunediff: VERSION },
    asked: {
      model: { spec, identity, note },
      engine,
      isChat,
      asking,
      seed,
      repeats,
      limit,
      samples: (limit ?? size) * repeats,
    },
  }
}

function askingOf(task: Task, { isChat, temperature, maxTokens }: RunSettings): Asking & { stops: string[] } {
  const own = task.asking
  if (task.kind === 'choice' && (temperature !== undefined || maxTokens !== undefined)) {
    throw new UserError(
      `${task.name} is a choice among texts that are there, and --${temperature === undefined ? 'max-tokens' : 'temperature'} is for texts that are made`,
      { hint: 'leave it out' },
    )
  }
  return {
    maxTokens: maxTokens ?? own.maxTokens,
    temperature: temperature ?? own.temperature,
    topP: own.topP,
    // Those of a code task end a body: in a fenced block they would cut the program off.
    stops: isChat && task.kind === 'code' ? [] : [...own.stops],
  }
}

const ruleOf = (isChat: boolean): NonNullable<Run['rule']> =>
  isChat
    ? { name: 'fenced', reason: 'the model was asked for a fenced block' }
    : { name: 'prompt+body', reason: 'the model goes on from the prompt' }

/** Where a run lies that was given no place. */
export const cachedRunFolder = (cache: string, run: AskedRun): string =>
  join(cache, 'runs', askedRunKey(run).slice(0, 32))
