// Chat templates compared by what they make of a fixed set of conversations: as token ids where both sides have a
// tokenizer.json, as text otherwise. Two texts that render the same are the same template as far as this can see; one
// that fails or loops is a result.
import type { ChatTemplate } from '../../model/chatTemplates.ts'
import type { SettingsSource } from '../../model/settings.ts'
import { oneLine, plural } from '../../util/text.ts'
import { type Danger, type SettingChange, shown } from './change.ts'
import { CONVERSATIONS, type Conversation } from './conversations.ts'
import { ENCODE_LIMITS, type IsolatedReply, RENDER_LIMITS, runIsolated } from './isolated.ts'

export async function compareTemplates(
  base: SettingsSource,
  variant: SettingsSource,
): Promise<SettingChange[]> {
  const names = new Set([...base.chatTemplates, ...variant.chatTemplates].map(({ name }) => name))
  const changes: SettingChange[] = []
  for (const name of names) {
    const [b, v] = [base, variant].map((side) =>
      side.chatTemplates.find((template) => template.name === name),
    )
    const danger: Danger = name === 'default' ? 'high' : 'medium'
    if (b && v)
      changes.push(
        ...(await compareTwo({ source: base, template: b }, { source: variant, template: v }, danger)),
      )
    else changes.push(onlyOne({ name, danger, base: b, variant: v }))
  }
  return changes
}

function onlyOne(found: {
  name: string
  danger: Danger
  base: ChatTemplate | undefined
  variant: ChatTemplate | undefined
}): SettingChange {
  const { name, danger, base, variant } = found
  const [has, hasNot] = base ? ['base', 'variant'] : ['variant', 'base']
  const what = `Only the ${has} has a ${called(name)} (${(base ?? variant)!.from}); the ${hasNot} has none, and programs choose one for it or refuse to chat.`
  return { ...keyed(name, danger), base: shown(base?.text), variant: shown(variant?.text), what }
}

const called = (name: string): string =>
  name === 'default' ? 'chat template' : `chat template "${oneLine(name, 40)}"`
const keyed = (name: string, danger: Danger): Pick<SettingChange, 'subject' | 'key' | 'danger'> => ({
  subject: 'chat template',
  key: name,
  danger,
})

interface Side {
  source: SettingsSource
  template: ChatTemplate
}

async function compareTwo(base: Side, variant: Side, danger: Danger): Promise<SettingChange[]> {
  const [b, v] = [base.source, variant.source]
  const isSameText = base.template.text === variant.template.text
  const isSameTokenizer = sameTokenizer(b, v)
  const isSameTokens = canonicalTokens(b) === canonicalTokens(v)
  if (isSameText && isSameTokens && isSameTokenizer) return []
  const rendered = { base: await render(base), variant: await render(variant) }
  const encoded = await encodeBoth({ base: b, variant: v, isSameTokenizer }, rendered)
  const compared = encoded ?? rendered
  const other = CONVERSATIONS.flatMap((_, i) => (isEqual(compared.base[i]!, compared.variant[i]!) ? [] : [i]))
  const { name } = base.template
  const unit = encoded ? 'token ids' : 'text'
  if (other.length === 0) {
    const what = `The text of the ${called(name)} differs, and all ${CONVERSATIONS.length} conversations of the fixed set give the same ${unit}.`
    return isSameText
      ? []
      : [
          {
            ...keyed(name, 'low'),
            base: shown(base.template.text),
            variant: shown(variant.template.text),
            what,
          },
        ]
  }
  const [first] = other
  const place = `the first is "${CONVERSATIONS[first!]!.name}"`
  const how = `${other.length} of ${plural(CONVERSATIONS.length, 'conversation')} ${other.length === 1 ? 'gives' : 'give'} other ${unit} (${place})`
  const why = isSameText ? reason(isSameTokens) : ''
  const failure = failures(rendered.base, rendered.variant)
  const excerpt = excerptOf(rendered.base[first!]!, rendered.variant[first!]!)
  return [
    { ...keyed(name, danger), ...excerpt, what: `The ${called(name)} differs: ${how}${why}${failure}.` },
  ]
}

const reason = (isSameTokens: boolean): string =>
  isSameTokens ? ', by the tokenizer: its text is the same' : ', by special tokens: its text is the same'

const canonicalTokens = ({ specialTokens }: SettingsSource): string =>
  JSON.stringify([...specialTokens].sort())

function sameTokenizer({ tokenizer: b }: SettingsSource, { tokenizer: v }: SettingsSource): boolean {
  // Without tokenizer.json on both sides texts are compared, whatever the tokenizers are.
  if (b?.from !== 'tokenizer.json' || v?.from !== 'tokenizer.json') return true
  return b.hash() === v.hash()
}

type Rendered = readonly IsolatedReply<string>[]

function render({ source, template }: Side): Promise<Rendered> {
  const variables = CONVERSATIONS.map((conversation) => ({
    ...Object.fromEntries(source.specialTokens),
    ...variablesOf(conversation),
  }))
  return runIsolated<string>({ kind: 'render', template: template.text, variables }, RENDER_LIMITS)
}

/** As transformers passes them: no tools and no documents are null. */
function variablesOf({
  messages,
  addGenerationPrompt,
  tools,
  variables,
}: Conversation): Record<string, unknown> {
  return {
    messages,
    tools: tools ?? null,
    documents: null,
    add_generation_prompt: addGenerationPrompt,
    ...variables,
  }
}

interface Replies {
  base: readonly IsolatedReply[]
  variant: readonly IsolatedReply[]
}

/** Token ids of what was rendered; null unless both sides have a tokenizer.json that can be used. */
async function encodeBoth(
  {
    base,
    variant,
    isSameTokenizer,
  }: { base: SettingsSource; variant: SettingsSource; isSameTokenizer: boolean },
  rendered: { base: Rendered; variant: Rendered },
): Promise<Replies | null> {
  if (base.tokenizer?.from !== 'tokenizer.json' || variant.tokenizer?.from !== 'tokenizer.json') return null
  if (isSameTokenizer) {
    const both = await encode(base, [...rendered.base, ...rendered.variant])
    return both && { base: both.slice(0, rendered.base.length), variant: both.slice(rendered.base.length) }
  }
  const left = await encode(base, rendered.base)
  const right = left && (await encode(variant, rendered.variant))
  return left && right ? { base: left, variant: right } : null
}

/** Each different text once. What did not render keeps its error; null where the tokenizer fails. */
async function encode(source: SettingsSource, rendered: Rendered): Promise<IsolatedReply[] | null> {
  const texts = [...new Set(rendered.flatMap((reply) => ('value' in reply ? [reply.value] : [])))]
  const job = {
    kind: 'encode',
    tokenizerPath: source.tokenizer!.path!,
    tokenizerConfig: source.tokenizerConfig ?? {},
    addSpecial: false,
    texts,
  } as const
  const ids = await runIsolated(job, ENCODE_LIMITS)
  if (ids.some((reply) => 'error' in reply)) return null
  return rendered.map((reply) => ('value' in reply ? ids[texts.indexOf(reply.value)]! : reply))
}

/** Two failures are alike, whatever their words: neither side can be asked this. */
function isEqual(base: IsolatedReply, variant: IsolatedReply): boolean {
  if ('error' in base || 'error' in variant) return 'error' in base && 'error' in variant
  return JSON.stringify(base.value) === JSON.stringify(variant.value)
}

function failures(base: Rendered, variant: Rendered): string {
  const say = (side: string, replies: Rendered, others: Rendered): string => {
    const failed = replies.flatMap((reply, i) =>
      'error' in reply && !('error' in others[i]!) ? [reply.error] : [],
    )
    if (failed.length === 0) return ''
    return `; ${failed.length} of them: that of the ${side} does not render: ${oneLine(failed[0]!, 120)}`
  }
  return say('base', base, variant) + say('variant', variant, base)
}

const EXCERPT = 60

/** What both sides say from shortly before the first difference on. */
function excerptOf(
  base: IsolatedReply<string>,
  variant: IsolatedReply<string>,
): Pick<SettingChange, 'base' | 'variant'> {
  const text = (reply: IsolatedReply<string>): string =>
    'value' in reply ? reply.value : `does not render: ${reply.error}`
  const [b, v] = [text(base), text(variant)]
  let at = 0
  while (at < b.length && b[at] === v[at]) at++
  const start = at === b.length && at === v.length ? 0 : Math.max(0, at - 12)
  const cut = (whole: string): string =>
    `${start > 0 ? '…' : ''}${JSON.stringify(whole.slice(start, start + EXCERPT))}${start + EXCERPT < whole.length ? '…' : ''}`
  return { base: cut(b), variant: cut(v) }
}
