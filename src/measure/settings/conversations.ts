// The fixed set of conversations that chat templates are rendered on. What a template does outside of them is not seen;
// they cover what templates are known to differ in: system messages, tools, the start of an answer, white space.

interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: string
  name?: string
  tool_call_id?: string
  tool_calls?: readonly unknown[]
}

export interface Conversation {
  name: string
  messages: readonly Message[]
  addGenerationPrompt: boolean
  tools?: readonly unknown[]
  /** Variables that some templates ask for. */
  variables?: Readonly<Record<string, unknown>>
}

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })
const system = (content: string): Message => ({ role: 'system', content })

const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Says what the weather is.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', description: 'Name of the city' }, days: { type: 'integer' } },
      required: ['city'],
    },
  },
}

const called: readonly Message[] = [
  user('What is the weather in Lima?'),
  {
    role: 'assistant',
    content: '',
    tool_calls: [
      {
        id: 'call00001',
        type: 'function',
        function: { name: 'weather', arguments: { city: 'Lima', days: 2 } },
      },
    ],
  },
  { role: 'tool', name: 'weather', tool_call_id: 'call00001', content: '{"sky": "clear", "celsius": 21}' },
]

const turns: readonly Message[] = [
  user('Name a prime number.'),
  assistant('Seven.'),
  user('And a larger one?'),
  assistant('Eleven.'),
  user('Add them.'),
]

export const CONVERSATIONS: readonly Conversation[] = [
  { name: 'one message', messages: [user('Hello!')], addGenerationPrompt: false },
  { name: 'one message, answer begun', messages: [user('Hello!')], addGenerationPrompt: true },
  {
    name: 'system message',
    messages: [system('Answer in one word.'), user('Is water wet?')],
    addGenerationPrompt: true,
  },
  { name: 'empty system message', messages: [system(''), user('Is water wet?')], addGenerationPrompt: true },
  { name: 'several turns', messages: [...turns, assistant('Eighteen.')], addGenerationPrompt: false },
  { name: 'several turns, answer begun', messages: turns, addGenerationPrompt: true },
  {
    name: 'several turns with a system message',
    messages: [system('You teach arithmetic.'), ...turns],
    addGenerationPrompt: true,
  },
  {
    name: 'tools offered',
    messages: [user('What is the weather in Lima?')],
    tools: [WEATHER],
    addGenerationPrompt: true,
  },
  {
    name: 'tools offered with a system message',
    messages: [system('Be brief.'), user('What is the weather in Lima?')],
    tools: [WEATHER],
    addGenerationPrompt: true,
  },
  { name: 'tool result', messages: called, tools: [WEATHER], addGenerationPrompt: true },
  {
    name: 'tool result answered',
    messages: [...called, assistant('Clear, 21 degrees.')],
    tools: [WEATHER],
    addGenerationPrompt: false,
  },
  {
    name: 'unicode',
    messages: [
      user('Grüße, 你好, שלום, नमस्ते, 👩🏽‍🚀 e\u0301 ½\u00a0km'),
      assistant('Ça va ?'),
      user('ありがとう'),
    ],
    addGenerationPrompt: true,
  },
  {
    name: 'white space and code',
    messages: [user('  \n\tdef f(x):\n\t    return {{x}} {% y %} <b> & \'q\' "r"\n\n')],
    addGenerationPrompt: true,
  },
  {
    name: 'thought in an answer',
    messages: [user('1 + 1?'), assistant('<think>\nOne and one.\n</think>\n\nTwo.'), user('2 + 2?')],
    addGenerationPrompt: true,
  },
  {
    name: 'thinking turned off',
    messages: [user('1 + 1?')],
    addGenerationPrompt: true,
    variables: { enable_thinking: false },
  },
]
