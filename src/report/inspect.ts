// An inspection as blocks: one sentence, what the files say with where they say it, types, what was left out.
import type { Inspection, ModelInspection, Said } from '../model/inspect.ts'
import type { AdapterInspection } from '../model/inspectTensors.ts'
import { byteSize, oneLine, plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

type Row = readonly [string, string]

const MAX_LEFT_OUT = 12

export function inspectBlocks(inspection: Inspection): Block[] {
  const { name, model, adapters, leftOut } = inspection
  const rows: Row[] = [
    ...(model ? modelRows(model) : []),
    ...adapters.flatMap(adapterRows),
    ...trainableRows(inspection),
    ...saidRows(inspection),
    ...tokenRows(inspection),
    ['layout', inspection.layout],
    ...(inspection.identity === null ? [] : [['identity', inspection.identity] as const]),
  ]
  const blocks: Block[] = [
    { kind: 'heading', text: name },
    { kind: 'finding', text: sentence(inspection) },
    { kind: 'table', columns: [{ title: 'what' }, { title: 'as the files say' }], rows },
  ]
  if (model) blocks.push(dtypeTable(model))
  if (leftOut.length > 0) {
    const items = leftOut.slice(0, MAX_LEFT_OUT).map((left) => `${left.name}: ${left.reason}`)
    const more = leftOut.length - items.length
    blocks.push({ kind: 'heading', text: 'Left out' })
    blocks.push({ kind: 'list', items: more > 0 ? [...items, `and ${more} more (--json lists all)`] : items })
  }
  return blocks
}

function sentence({ kind, model, adapters, bases }: Inspection): string {
  const what = adapters.map(({ method, parameters, ranks }) => {
    const rank = ranks.length === 0 ? '' : ` of rank ${ranks.map((each) => each.rank).join(' and ')}`
    return `${methodName(method)} adapter${rank}, ${count(parameters)} parameters`
  })
  if (!model) {
    const of = bases[0] ? `, for ${bases[0].value}` : ''
    return `${capital(article(what[0]!))}${of}.`
  }
  const type = model.modelType ? `${model.modelType} model` : 'model of a type that is not said'
  const plain = `${type} in ${model.format === 'gguf' ? 'GGUF' : 'safetensors'}, ${count(model.parameters.total)} parameters`
  const first = model.dtypes[0] ? `, mostly ${model.dtypes[0].dtype}` : ''
  const alone = model.dtypes.length === 1 && model.dtypes[0] ? `, all ${model.dtypes[0].dtype}` : first
  const on = kind === 'model with adapter' ? `, with ${what.map(article).join(' and ')}` : ''
  return `${capital(article(plain))}${alone}${on}.`
}

const METHODS: Readonly<Record<string, string>> = { lora: 'LoRA', ia3: 'IA3' }
const methodName = (method: string): string => METHODS[method] ?? method
const article = (text: string): string => `${/^([aeiou]|LoRA$)/i.test(text) ? 'an' : 'a'} ${text}`
const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1)

function modelRows(model: ModelInspection): Row[] {
  const { widths, parameters } = model
  const heads =
    widths.heads === undefined
      ? ''
      : `${widths.heads} heads${widths.keyValueHeads === undefined ? '' : `, ${widths.keyValueHeads} for keys and values`}${widths.headWidth === undefined ? '' : `, ${widths.headWidth} wide`}`
  const tied = model.isTied === null ? '' : model.isTied ? ', tied' : ', not tied'
  return present([
    ['architecture', [model.architecture, model.modelType].filter(Boolean).join(', ')],
    [
      'parameters',
      `${count(parameters.total)}: ${count(parameters.withoutEmbedding)} and ${count(parameters.embedding)} in embeddings${tied}`,
    ],
    ['layers', widths.layers?.toString() ?? ''],
    ['width', [widths.hidden, widths.intermediate].filter((width) => width !== undefined).join(', inside ')],
    ['attention', heads],
    ['vocabulary', widths.vocabulary?.toString() ?? ''],
    ['context', widths.context === undefined ? '' : `${widths.context} tokens`],
    ['quantised', model.quantised ?? ''],
    [
      'weights',
      `${plural(model.tensors, 'tensor')} in ${plural(model.files, 'file')}, ${byteSize(model.bytes)}`,
    ],
  ])
}

function adapterRows(adapter: AdapterInspection): Row[] {
  const { method, options, ranks, alpha, alphaPattern, targets, savedWhole } = adapter
  return present([
    ['adapter', [methodName(method), ...options].join(', ')],
    ['rank', ranks.map(({ rank, tensors }) => `${rank} (${plural(tensors, 'tensor')})`).join(', ')],
    [
      'alpha',
      alpha === null ? '' : `${alpha}${alphaPattern > 0 ? `, ${plural(alphaPattern, 'exception')}` : ''}`,
    ],
    ['changes', targets.map(({ module, tensors }) => `${module} (${tensors})`).join(', ')],
    ['saved whole', savedWhole.length > 6 ? `${plural(savedWhole.length, 'tensor')}` : savedWhole.join(', ')],
    ['trained', `${count(adapter.parameters)} parameters`],
  ])
}

function trainableRows({ trainable }: Inspection): Row[] {
  if (!trainable) return []
  if ('absent' in trainable) return [['trained share', `not known: ${trainable.absent}`]]
  return [['trained share', `${percent(trainable.share)} of ${trainable.base}`]]
}

function saidRows({ bases, recipe, seed, licence, chatTemplates }: Inspection): Row[] {
  const said = ({ value, from }: Said): string => `${oneLine(value, 120)} (${from})`
  const rows: Row[] = [
    ['base', bases.length > 0 ? bases.map(said).join(', ') : 'not said'],
    ['licence', licence.length > 0 ? licence.map(said).join(', ') : 'not said'],
  ]
  if (recipe) rows.push(['recipe', said(recipe)])
  if (seed !== null) rows.push(['random seed', `${seed} (variant.json)`])
  if (chatTemplates.length === 0) rows.push(['chat template', 'none'])
  for (const { name, from, firstLine } of chatTemplates) {
    const which = name === 'default' ? 'chat template' : `chat template ${oneLine(name, 30)}`
    rows.push([which, `${from}: ${oneLine(firstLine, 70)}`])
  }
  return rows
}

function tokenRows({ tokenizer, specialTokens, ends }: Inspection): Row[] {
  const names = Object.entries(specialTokens).map(
    ([name, text]) => `${name.replace(/_token$/, '')} ${oneLine(text, 30)}`,
  )
  const size = tokenizer?.size === null ? '' : `${tokenizer?.size} tokens, `
  return present([
    ['tokenizer', tokenizer ? `${size}${tokenizer.from}` : 'none'],
    ['special tokens', names.join(', ')],
    ['ends at', ends ? `${ends.ids.join(', ')} (${ends.from})` : ''],
  ])
}

const present = (rows: readonly Row[]): Row[] => rows.filter(([, value]) => value !== '')

function dtypeTable({ dtypes }: ModelInspection): Block {
  return {
    kind: 'table',
    columns: [
      { title: 'type' },
      { title: 'tensors', align: 'right' },
      { title: 'parameters', align: 'right' },
      { title: 'size', align: 'right' },
    ],
    rows: dtypes.map(({ dtype, tensors, parameters, bytes }) => [
      dtype,
      String(tensors),
      count(parameters),
      byteSize(bytes),
    ]),
  }
}

/** 134.5 M; exact below ten thousand. */
function count(value: number): string {
  if (value < 10_000) return String(value)
  const [unit, by] = value >= 1e9 ? ['G', 1e9] : value >= 1e6 ? ['M', 1e6] : ['k', 1e3]
  return `${(value / by).toFixed(value / by >= 100 ? 1 : 2)} ${unit}`
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
