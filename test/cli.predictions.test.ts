// The flags of `predictions`: what is refused before any model is opened.
import { expect, test } from 'vitest'
import { predictionsCommand } from '../src/cli/predictions.ts'

async function refusal(...flags: string[]): Promise<string> {
  const command = predictionsCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parseAsync(['absent-base', 'absent-variant', ...flags], { from: 'user' }).then(
    () => 'not refused',
    (error: Error) => error.message,
  )
}

test.each([
  [['--context', '6'], "wanted an even number of at least 8, got '6'"],
  [['--context', '513'], "wanted an even number of at least 8, got '513'"],
  [['--context', '12.5'], "wanted a whole number, got '12.5'"],
  [['--max-tokens', '0'], "wanted a number above 0, got '0'"],
  [['--samples', '-3'], "wanted a number above 0, got '-3'"],
  [['--threads', 'two'], "wanted a number above 0, got 'two'"],
  [['--sample-tokens', '64'], '--sample-tokens 64 without --samples: no text is drawn'],
  [['--json', '--md'], "option '--md' cannot be used with option '--json'"],
  [['--texts', 'x'], "unknown option '--texts'"],
])('%j is refused', async (flags, said) => {
  expect(await refusal(...flags)).toContain(said)
})

test('--text may be given again, and is no variant', () => {
  const command = predictionsCommand().action(() => undefined)
  command.parse(['b', 'v', 'w', '--text', 'a.txt', '--text', 'c.jsonl#body'], { from: 'user' })
  expect(command.args).toEqual(['b', 'v', 'w'])
  expect(command.opts()).toEqual({ text: ['a.txt', 'c.jsonl#body'] })
})
