// The parts of an adapter, made from the tensors of each of its modules: factors that belong together, checked against
// the config and against each other. Shapes are checked against the base when a part is applied: parts.ts.
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { AdapterPart, LeftOut } from '../tensor.ts'
import type { PeftConfig } from './config.ts'
import { type NamedTensor, parseKey, type Role } from './keys.ts'
import { ia3Parts, loraBiasPart, loraPart, savedPart } from './parts.ts'
import { endings, patternKeys, untargeted } from './patterns.ts'

const DEFAULT_RANK = 8
const DEFAULT_ALPHA = 8

interface Module {
  name: string
  factors: Map<Role, NamedTensor>
  /** Biases beside factors: lora_bias. */
  biases: NamedTensor[]
}

export interface AdapterTensors {
  parts: AdapterPart[]
  leftOut: LeftOut[]
  /** Numbers that training changed. */
  parameters: number
}

/** Sorts an adapter's tensors into parts. Each is in a part or left out with a reason. `where` is the file. */
export function partsOf(tensors: readonly NamedTensor[], config: PeftConfig, where: string): AdapterTensors {
  const leftOut: LeftOut[] = []
  const saved: { part: AdapterPart; isBaseCopy: boolean; tensor: NamedTensor }[] = []
  const modules = new Map<string, Module>()
  const adapterNames = new Set<string>()
  const savedNames = new Set<string>()
  for (const tensor of tensors) {
    refuseIntegers(tensor, where)
    const key = parseKey(tensor.nameInFile)
    if (key.kind === 'unread') leftOut.push({ name: tensor.nameInFile, reason: key.reason })
    else adapterNames.add(key.adapterName)
    if (key.kind === 'saved') {
      if (savedNames.has(key.tensor)) throw damaged(`${where} holds ${key.tensor} twice`)
      savedNames.add(key.tensor)
      saved.push({ part: savedPart(key.tensor, tensor), isBaseCopy: key.isBaseCopy, tensor })
    }
    if (key.kind === 'factor') addFactor(modules, key, { tensor, where })
  }
  refuseSeveral(adapterNames, where)
  const built = buildModules([...modules.values()], config, { where, leftOut })
  const trained = saved.filter(({ isBaseCopy }) => !isBaseCopy).map(({ tensor }) => tensor)
  return {
    parts: [...saved.map(({ part }) => part), ...built.parts],
    leftOut,
    parameters: [...trained, ...built.tensors].reduce((sum, tensor) => sum + elements(tensor), 0),
  }
}

function addFactor(
  modules: Map<string, Module>,
  key: { module: string; role: Role; isBias: boolean },
  { tensor, where }: { tensor: NamedTensor; where: string },
): void {
  const module: Module = modules.get(key.module) ?? { name: key.module, factors: new Map(), biases: [] }
  modules.set(key.module, module)
  const before = module.factors.get(key.role)
  if (key.isBias) module.biases.push(tensor)
  else if (before)
    throw damaged(`${where} holds ${before.nameInFile} and ${tensor.nameInFile}, which are one factor`)
  else module.factors.set(key.role, tensor)
}

function refuseIntegers({ nameInFile, stored }: NamedTensor, where: string): void {
  if (stored.dtype !== 'I8' && stored.dtype !== 'U8') return
  throw damaged(`${where}: ${nameInFile} is ${stored.dtype}, the numbers of an adapter are floating-point`)
}

function refuseSeveral(names: ReadonlySet<string>, where: string): void {
  const given = [...names].filter((name) => name !== '')
  if (given.length < 2) return
  const shown = oneLine(given.slice(0, 4).join(', '), 200)
  throw new UserError(`${where} holds tensors of ${given.length} adapters: ${shown}`, {
    hint: 'save each adapter into a folder of its own with peft',
  })
}

interface Built {
  parts: AdapterPart[]
  tensors: NamedTensor[]
}

function buildModules(
  modules: readonly Module[],
  config: PeftConfig,
  { where, leftOut }: { where: string; leftOut: LeftOut[] },
): Built {
  const names = modules.map(({ name }) => name)
  const reasons = untargeted(config, names, where)
  const scaling = scalings(config, names, where)
  const parameterReason = parameterOwners(config)
  const built: Built = { parts: [], tensors: [] }
  modules.forEach((module, i) => {
    const reason = reasons[i] ?? parameterReason(module.name) ?? convolutionReason(module)
    const all = [...module.factors.values(), ...module.biases]
    if (reason) {
      leftOut.push(...all.map(({ nameInFile }) => ({ name: nameInFile, reason })))
      return
    }
    built.parts.push(...biasParts(module, config, { ...scaling[i]!, where, leftOut }))
    built.parts.push(...modulePart(module, config, { ...scaling[i]!, where, leftOut }))
    built.tensors.push(...module.factors.values(), ...(config.lora_bias ? module.biases : []))
  })
  return built
}

interface Scaling {
  rank: number
  scale: number
}

function scalings(config: PeftConfig, modules: readonly string[], where: string): Scaling[] {
  const ranks = config.rank_pattern ?? {}
  const alphas = config.alpha_pattern ?? {}
  const rankKeys = patternKeys(Object.keys(ranks), modules, where)
  const alphaKeys = patternKeys(Object.keys(alphas), modules, where)
  return modules.map((_, i) => {
    const rank = ranks[rankKeys[i] ?? ''] ?? config.r ?? DEFAULT_RANK
    const alpha = alphas[alphaKeys[i] ?? ''] ?? config.lora_alpha ?? DEFAULT_ALPHA
    return { rank, scale: alpha / (config.use_rslora ? Math.sqrt(rank) : rank) }
  })
}

/** Modules whose single parameters are targeted: experts that lie in one tensor, with the module's name and no weight. */
function parameterOwners({
  target_parameters: parameters,
}: PeftConfig): (module: string) => string | undefined {
  const owners = new Set((parameters ?? []).map((name) => name.slice(0, Math.max(0, name.lastIndexOf('.')))))
  return (module) => {
    const isOwner = endings(module.replace(/(\.base_layer)+$/, '')).some((ending) => owners.has(ending))
    return isOwner ? 'factors of single parameters (target_parameters) are not read' : undefined
  }
}

function convolutionReason({ factors }: Module): string | undefined {
  const isConvolution = [...factors.values()].some(({ stored }) => stored.shape.length > 2)
  return isConvolution ? 'factors of convolutions are not read' : undefined
}

function biasParts(
  { name, biases }: Module,
  config: PeftConfig,
  { scale, where, leftOut }: Scaling & { where: string; leftOut: LeftOut[] },
): AdapterPart[] {
  if (config.lora_bias) return biases.map((bias) => loraBiasPart(name, bias, { scale, where }))
  const reason = 'adapter_config.json does not say lora_bias, so peft does not apply it'
  leftOut.push(...biases.map(({ nameInFile }) => ({ name: nameInFile, reason })))
  return []
}

function modulePart(
  module: Module,
  config: PeftConfig,
  context: Scaling & { where: string; leftOut: LeftOut[] },
): AdapterPart[] {
  const { where, leftOut } = context
  const { factors, name } = module
  const vector = factors.get('ia3_l')
  const isEmbedding = factors.has('lora_embedding_A') || factors.has('lora_embedding_B')
  const [a, b] = isEmbedding
    ? [factors.get('lora_embedding_A'), factors.get('lora_embedding_B')]
    : [factors.get('lora_A'), factors.get('lora_B')]
  const isIa3 = config.peft_type.toUpperCase() === 'IA3'
  if (vector ? factors.size > 1 || !isIa3 : isIa3) {
    throw damaged(`${where}: ${name} has tensors that do not belong to ${config.peft_type}`)
  }
  if (vector) return ia3Parts(name, vector, { isFanInFanOut: config.fan_in_fan_out ?? false, where })
  if (!a || !b)
    throw damaged(
      `${where}: ${name} has one factor, ${a ? 'A without B' : b ? 'B without A' : 'neither A nor B'}`,
    )
  const magnitude = factors.get('lora_magnitude_vector')
  if (config.use_dora && !magnitude) {
    throw damaged(`${where}: ${name} has no lora_magnitude_vector, adapter_config.json says use_dora`)
  }
  if (magnitude && !config.use_dora) {
    const reason = 'adapter_config.json does not say use_dora, so peft does not apply it'
    leftOut.push({ name: magnitude.nameInFile, reason })
  }
  return [
    loraPart(name, {
      a,
      b,
      magnitude: config.use_dora ? magnitude : undefined,
      rank: context.rank,
      scale: context.scale,
      layout: isEmbedding ? 'transposed' : config.fan_in_fan_out ? 'likely-transposed' : 'likely-plain',
      where,
    }),
  ]
}

function damaged(message: string): UserError {
  return new UserError(message, { hint: 'the folder is not whole: copy or download it again' })
}

const elements = ({ stored }: NamedTensor): number => stored.shape.reduce((n, size) => n * size, 1)
