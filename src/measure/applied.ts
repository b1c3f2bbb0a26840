// Was it applied? Replays the merge of adapters into a base, tensor by tensor and rounding by rounding, and says how a
// merged model stands to it. Tensors that no adapter touches must be those of the base. Not for running models.
import type { ReadRows } from '../model/peft/apply.ts'
import { matrixShape, readValues, shapeOf } from '../model/rows.ts'
import type { AdapterPart, Model, ModelTensor } from '../model/tensor.ts'
import { checkTensor } from './applied/checkTensor.ts'
import { equalityWithBase } from './applied/equality.ts'
import { isMergeDtype } from './applied/rounding.ts'
import type { AppliedReport, AppliedTensor, OtherTensors, Unaccounted, Verdict } from './applied/types.ts'

export interface AppliedOptions {
  /** The base by itself: its adapters are listed and not applied. */
  base: Model
  merged: Model
  read?: ReadRows
  /** Told after each block, in elements. */
  onProgress?: (done: number, total: number) => void
}

/** The tensors of one name, and what the adapters do to them. */
interface Target {
  name: string
  base: ModelTensor
  merged: ModelTensor
  parts: AdapterPart[]
}

/** Checks every tensor of the merged model. Nothing is skipped: what cannot be checked is unaccounted for. */
export function checkApplied(options: AppliedOptions): AppliedReport {
  const { base, merged } = options
  const read = options.read ?? readValues
  const { targets, unaccounted } = findTargets(base, merged)
  const others = findOthers(base, merged, targets)
  const counted = [...targets, ...others.pairs].map(({ merged: tensor }) => elements(tensor))
  const total = counted.reduce((sum, n) => sum + n, 0)
  let done = 0
  const onRows = (n: number): void => {
    done += n
    options.onProgress?.(done, total)
  }
  const usesRsLora = base.adapters.some(({ config }) => config.use_rslora === true)
  const context = { read, onRows, unaccounted, usesRsLora }
  const tensors = targets.flatMap((target) => checkTarget(target, targets, context))
  const altered: OtherTensors['altered'] = others.pairs.flatMap((pair) => {
    const equality = equalityWithBase(pair, { read, onRows })
    return equality.equalShare === 1 ? [] : [{ tensor: pair.name, ...equality }]
  })
  const report = {
    base: base.name,
    adapters: base.adapters.map(({ folder }) => folder),
    merged: merged.name,
    tensors,
    unaccounted,
    others: {
      checked: others.pairs.length,
      altered,
      onlyBase: others.onlyBase,
      onlyMerged: others.onlyMerged,
    },
  }
  return { ...report, verdict: verdictOf(report) }
}

/** Applied wants every tensor accounted for and at least one that tells; a single failure is enough for not applied. */
function verdictOf({ tensors, unaccounted, others }: Omit<AppliedReport, 'verdict'>): Verdict {
  const isGood = ({ status }: AppliedTensor): boolean => status === 'exact' || status === 'within-rounding'
  if (tensors.length === 0) return 'cannot-tell'
  const fails = tensors.filter((tensor) => !isGood(tensor) && tensor.status !== 'no-effect')
  if (fails.length > 0 || others.altered.length > 0) return 'not-applied'
  const isWhole = unaccounted.length === 0 && others.onlyBase.length === 0 && others.onlyMerged.length === 0
  return isWhole && tensors.some(isGood) ? 'applied' : 'cannot-tell'
}

function findTargets(base: Model, merged: Model): { targets: Target[]; unaccounted: Unaccounted[] } {
  const unaccounted: Unaccounted[] = base.adapters.flatMap(({ leftOut }) => [...leftOut])
  const targets = new Map<string, Target>()
  for (const part of base.adapters.flatMap(({ parts }) => parts)) {
    const fail = (reason: string): void => {
      unaccounted.push({ name: part.tensor, reason })
    }
    const baseTensor = tensorOf(base, part.tensor)
    if (!baseTensor && part.isOptional) continue
    if (!baseTensor) {
      fail(`${base.name} has no such tensor`)
      continue
    }
    const mergedTensor = tensorOf(merged, part.tensor)
    if (!mergedTensor) {
      fail(`${merged.name} has no such tensor`)
      continue
    }
    // A tied output and embedding are one tensor: what is done to either is done to it.
    const name = merged.tensors.has(part.tensor) ? part.tensor : mergedTensor.name
    const target = targets.get(name) ?? { name, base: baseTensor, merged: mergedTensor, parts: [] }
    target.parts.push(part)
    targets.set(name, target)
  }
  return { targets: [...targets.values()], unaccounted }
}

interface Pair {
  name: string
  base: ModelTensor
  merged: ModelTensor
}

function findOthers(
  base: Model,
  merged: Model,
  targets: readonly Target[],
): { pairs: Pair[]; onlyBase: string[]; onlyMerged: string[] } {
  const touched = new Set(targets.map(({ name }) => name))
  const parts = new Set(base.adapters.flatMap((adapter) => adapter.parts.map((part) => part.tensor)))
  const pairs: Pair[] = []
  const onlyBase = base.leftOut.map(({ name }) => name).filter((name) => merged.tensors.has(name))
  const onlyMerged = merged.leftOut.map(({ name }) => name)
  for (const name of new Set([...base.tensors.keys(), ...merged.tensors.keys()])) {
    if (touched.has(name)) continue
    const [was, is] = [tensorOf(base, name), tensorOf(merged, name)]
    if (was && is) pairs.push({ name, base: was, merged: is })
    // A part whose tensor one side lacks is unaccounted for already.
    else if (was && !parts.has(name)) onlyBase.push(name)
    else if (is && !parts.has(name)) onlyMerged.push(name)
  }
  return { pairs, onlyBase, onlyMerged }
}

/** A tensor by name; of models that hold output and embedding as one, either name finds it. */
function tensorOf(model: Model, name: string): ModelTensor | undefined {
  const tensor = model.tensors.get(name)
  if (tensor || name !== 'lm_head.weight' || model.config.tie_word_embeddings === false) return tensor
  return [...model.tensors.values()].find((other) => /(^|\.)(embed_tokens|wte)\.weight$/.test(other.name))
}

interface CheckContext {
  read: ReadRows
  onRows: (elements: number) => void
  unaccounted: Unaccounted[]
  usesRsLora: boolean
}

function checkTarget(target: Target, targets: readonly Target[], context: CheckContext): AppliedTensor[] {
  const { name, base, merged, parts } = target
  const { unaccounted, ...rest } = context
  const fail = (reason: string): AppliedTensor[] => {
    unaccounted.push({ name, reason })
    return []
  }
  const wanted = parts.reduce((source, part) => part.apply(source), base.source)
  const [should, is] = [shapeOf(wanted), merged.shape]
  if (should.length !== is.length || should.some((size, i) => size !== is[i])) {
    return fail(`the merged tensor is (${is.join(', ')}), the replayed one (${should.join(', ')})`)
  }
  if (!isMergeDtype(merged.dtype) || merged.source.kind === 'quantised') {
    const dtype = merged.source.kind === 'quantised' ? merged.source.scheme : merged.dtype
    return fail(`the merged tensor is ${dtype}, and rounding is replayed in fp32, bf16 and fp16 only`)
  }
  const otherParts = targets.filter((other) => other !== target).flatMap((other) => other.parts)
  return [checkTensor({ base, merged, mergedDtype: merged.dtype, parts, otherParts, ...rest })]
}

const elements = ({ shape }: ModelTensor): number => {
  const { rows, columns } = matrixShape(shape)
  return rows * columns
}
