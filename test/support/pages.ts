// Reports to look at: of a tiny study with everything in it, and of recorded answers, some of which mean harm. Not a test itself.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './cli.ts'
import { LORA, type TinyStudy } from './tinyStudy.ts'

/** What an answer may hold: none of it may run, and all of it is shown. */
export const HOSTILE: readonly string[] = [
  '<script>window.harmed = 1</script>',
  '</script><script>window.harmed = 2</script><!--',
  '<img src="https://harm.example/x.png" onerror="window.harmed = 3">',
  '<svg onload="window.harmed = 4"></svg><iframe src="https://harm.example/"></iframe>',
  'if a\u202e == b\u2066: # \u2069nothing',
  '\u001b[31mred\u001b[0m \u001b]8;;https://harm.example\u0007a link\u001b]8;;\u0007',
  'x'.repeat(1_000_000),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of somebody else
  '# ![](https://harm.example/y.png) [a](javascript:window.harmed=5) {{constructor}} ${harmed}',
]

/** A study that is trained and measured here: two seeds, a task of sums and one of choices, two texts. */
export function trainedStudy(tiny: TinyStudy): string {
  const choices = ['1', '2', '3']
  mkdirSync(tiny.path('choice'))
  tiny.lines(
    'choice/items.jsonl',
    Array.from({ length: 6 }, (_, i) => ({ q: `${i % 3} + 1 =`, choices, a: choices[i % 3] })),
  )
  const task = ['name: choice', 'data: items.jsonl', 'prompt: "{{ q }}"', 'choices: choices', 'answer: a']
  writeFileSync(tiny.path('choice/task.yaml'), `${[...task, 'scorer: choice'].join('\n')}\n`)
  const study = [
    'name: trained',
    'base: models/base',
    'variants:',
    `  lora: {recipe: ${LORA}, data: sums.jsonl, seeds: [1, 2]}`,
    'tasks: [task, choice]',
    'texts: [texts]',
    'repeats: 2',
  ]
  writeFileSync(tiny.path('trained.yaml'), `${study.join('\n')}\n`)
  return tiny.path('trained.yaml')
}

/** Programs that others wrote, and under names that mean harm. */
export function recordedStudy(tiny: TinyStudy): string {
  const base = fixture('base.jsonl')
  tiny.lines('problems.jsonl', fixture('problems.jsonl'))
  tiny.lines('base.jsonl', base)
  tiny.lines('variant.jsonl', fixture('variant.jsonl'))
  tiny.lines(
    'hostile.jsonl',
    base.map((row, i) => ({ ...row, completion: HOSTILE[i] ?? row.completion })),
  )
  const study = [
    `name: '<img src=x onerror="window.harmed = 6">'`,
    'base: {runs: [base.jsonl], model: a <b>model</b>, solver: direct}',
    'variants:',
    '  variant: {runs: [variant.jsonl], model: a <b>model</b>, solver: reflexion}',
    '  hostile: {runs: [hostile.jsonl], model: other, solver: direct}',
    'tasks: [problems.jsonl]',
  ]
  writeFileSync(tiny.path('logs.yaml'), `${study.join('\n')}\n`)
  return tiny.path('logs.yaml')
}

function fixture(name: string): Record<string, unknown>[] {
  return readFileSync(join(root, 'test/fixtures/humanlike', name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Writes one report of finished studies. */
export async function reportOf(tiny: TinyStudy, name: string, ...studies: string[]): Promise<string> {
  await succeed(tiny, 'report', ...studies, '-o', tiny.path(name))
  return tiny.path(name)
}

export async function succeed(tiny: TinyStudy, ...args: string[]): Promise<void> {
  const { code, stderr } = await tiny.run(args)
  if (code !== 0) throw new Error(`tunediff ${args[0]} failed: ${stderr}`)
}
