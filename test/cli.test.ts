// The command line as a user meets it: exit codes, hints, what goes to stdout, and the journey from a log to a finding.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { comparisonReportSchema } from '../src/schema/comparison.ts'
import { runSchema } from '../src/schema/run.ts'
import { killAt, root, tunediff, tunediffProcess } from './support/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-cli-'))
const cache = join(folder, 'cache')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const demo = (name: string): string => join(root, 'test/fixtures/humanlike', name)
const run = (...args: string[]) => tunediff(args, { cache })

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** The first lines of a file of the demo, or what is made of them. */
function few(name: string, change = (lines: string[]): string[] => lines, count = FEW): string {
  const lines = readFileSync(demo(name), 'utf8').trimEnd().split('\n').slice(0, count)
  return file(`${++files}-${name}`, `${change(lines).join('\n')}\n`)
}
const FEW = 5
let files = 0

describe('manners', () => {
  test('unknown commands, flags and values are user errors with a hint', async () => {
    const typos = [
      { args: ['compar', 'a', 'b'], says: 'Did you mean compare?' },
      { args: ['compare', 'a', 'b', '--margn', '1'], says: 'Did you mean --margin?' },
      { args: ['compare', 'a', 'b', '--margin', 'wide'], says: "wanted a number above 0, got 'wide'" },
      { args: ['compare', 'a', 'b', '--rule', 'programm'], says: 'Allowed choices are prompt+body' },
      { args: ['compare', 'a'], says: 'missing required argument' },
      { args: ['compare', 'a', 'b', '--json', '--md'], says: 'cannot be used with' },
      { args: ['import', 'x'], says: '--output' },
    ]
    for (const { args, says } of typos) {
      const result = await run(...args)
      expect(result.code, args.join(' ')).toBe(2)
      expect(result.stdout).toBe('')
      expect(result.stderr).toContain(says)
    }
  })

  test('a file that is not there, is empty or is no log is one clear error', async () => {
    const cases = [
      { path: join(folder, 'nowhere.jsonl'), says: 'nowhere.jsonl' },
      { path: file('empty.jsonl', ''), says: 'is empty' },
      { path: file('prose.txt', 'just some text\nand more\n'), says: 'prose.txt' },
    ]
    for (const { path, says } of cases) {
      const result = await run('compare', path, demo('base.jsonl'), '--task', demo('problems.jsonl'))
      expect(result.code, result.stderr).toBe(2)
      expect(result.stderr).toContain(says)
      expect(result.stderr).toContain('hint: ')
      expect(result.stderr).not.toContain('    at ')
    }
  })

  test('a process of its own ends with the same code and text', async () => {
    const [typo, none, version] = await Promise.all(
      [['compare', 'a'], ['show', join(folder, 'nowhere')], ['--version']].map(async (args) => ({
        here: await run(...args),
        process: await tunediffProcess(args, { cache }),
      })),
    )
    for (const { here, process } of [typo!, none!, version!]) expect(process).toEqual(here)
    expect([typo, none, version].map((one) => one!.process.code)).toEqual([2, 2, 0])
  })

  test('help and version are data', async () => {
    for (const args of [['--help'], ['compare', '--help'], ['--version']]) {
      const result = await run(...args)
      expect(result.code).toBe(0)
      expect(result.stdout).not.toBe('')
      expect(result.stderr).toBe('')
    }
  })

  test('docs/help.md is what --help says', async () => {
    const page = readFileSync(join(root, 'docs/help.md'), 'utf8')
    const help = (await run('compare', '--help')).stdout
    for (const line of help.split('\n').slice(0, 3)) expect(page).toContain(line.trim())
  })
})

describe('from logs to a finding', () => {
  test('import, judge, show and compare run folders', async () => {
    const [base, variant] = [join(folder, 'base'), join(folder, 'variant')]
    const twelve = (name: string): string => few(name, undefined, 12)
    const task = ['--task', twelve('problems.jsonl')]
    for (const [out, log] of [
      [base, twelve('base.jsonl')],
      [variant, twelve('variant.jsonl')],
    ] as const) {
      const imported = await run('import', log, ...task, '--model', 'toy', '-o', out)
      expect(imported.code, imported.stderr).toBe(0)
      expect(imported.stdout).toContain('12 answers')
    }
    const record = runSchema.parse(JSON.parse(readFileSync(join(base, 'run.json'), 'utf8')))
    expect(record.model).toEqual({ name: 'toy', source: 'stated' })
    expect(record.rule?.name).toBe('prompt+body')

    const judged = await run('judge', base, variant, '--json')
    expect(judged.code, judged.stderr).toBe(0)
    const summaries = JSON.parse(judged.stdout) as { classes: Record<string, number>; appended: number }[]
    expect(summaries.map((s) => [s.classes.pass, s.appended])).toEqual([
      [9, 12],
      [11, 12],
    ])
    const again = JSON.parse((await run('judge', base, '--json')).stdout) as { appended: number }[]
    expect(again[0]!.appended).toBe(0)

    const compared = await run('compare', base, variant, '--json', '--margin', '5')
    expect(compared.code, compared.stderr).toBe(0)
    const report = comparisonReportSchema.parse(JSON.parse(compared.stdout))
    const [result] = report.comparisons[0]!.variants
    expect(result).toMatchObject({ finding: 'cannot-tell', test: 'mcnemar-exact', paired: 12, passed: 11 })
    expect(result!.gained).toHaveLength(3)
    expect(result!.lost).toHaveLength(1)
    expect(result!.rules.map((row) => row.rule)).toHaveLength(7)

    const shown = await run('show', base, result!.lost[0]!)
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/prompt\+body: pass .*two interpreters/)
    const wrong = await run('show', base, 'Demo/99')
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('did you mean Demo/')
    expect((await run('show', base)).stdout).toContain('Demo/11#0')

    const taken = await run('import', few('base.jsonl'), ...task, '-o', base)
    expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('exists')])
  })

  test('text and Markdown say the same sentence', async () => {
    const args = ['compare', few('base.jsonl'), few('variant.jsonl'), '--task', few('problems.jsonl')]
    const json = await run(...args, '--json')
    const report = comparisonReportSchema.parse(JSON.parse(json.stdout))
    const { sentence } = report.comparisons[0]!.variants[0]!
    const flat = (text: string): string => text.replace(/[\\*]/g, '').replace(/\s+/g, ' ')
    expect(flat((await run(...args)).stdout)).toContain(sentence)
    expect(flat((await run(...args, '--md')).stdout)).toContain(sentence)
    expect(json.stderr).toMatch(/written: .*comparisons/)
  })

  test('two plain CSVs compare in one command, with repeats by permutation', async () => {
    const rows = (bits: string): string =>
      `id,passed\n${[...bits].map((bit, i) => `q${i},${bit}`).join('\n')}\n`
    const base = file('base.csv', rows('1100000000'))
    const variant = file('variant.csv', rows('1111111100'))
    const result = await run('compare', base, variant, '--json')
    expect(result.code, result.stderr).toBe(0)
    const report = comparisonReportSchema.parse(JSON.parse(result.stdout))
    expect(report.comparisons[0]!.variants[0]).toMatchObject({
      test: 'mcnemar-exact',
      finding: 'better',
      rules: [],
    })
    expect(report.comparisons[0]!.variants[0]!.p).toBeCloseTo(0.03125, 12)

    const repeated = (scores: number[][]): string =>
      scores
        .map((list, i) => list.map((score) => JSON.stringify({ id: `q${i}`, score })).join('\n'))
        .join('\n')
    const twice = file(
      'twice.jsonl',
      `${repeated([
        [0, 1],
        [0, 0],
        [1, 1],
      ])}\n`,
    )
    const other = file(
      'other.jsonl',
      `${repeated([
        [1, 1],
        [1, 0],
        [1, 1],
      ])}\n`,
    )
    const repeats = comparisonReportSchema.parse(
      JSON.parse((await run('compare', twice, other, '--json')).stdout),
    )
    expect(repeats.comparisons[0]!.base.passed).toBeNull()
    expect(repeats.comparisons[0]!.variants[0]).toMatchObject({
      test: 'sign-flip',
      mcnemarP: null,
      zeroLine: { flips: 1, n: 3 },
    })
  })
})

describe('lm-eval', () => {
  const fixture = (name: string): string => join(root, 'test/fixtures/lm-eval', name)

  test('two --log_samples folders compare task by task, Holm over them', async () => {
    const result = await run('compare', fixture('run-3'), fixture('run-4'), '--across', '--json')
    expect(result.code, result.stderr).toBe(0)
    const report = comparisonReportSchema.parse(JSON.parse(result.stdout))
    expect(report.comparisons.map((comparison) => comparison.task)).toEqual([
      'tiny_choice',
      'tiny_code',
      'tiny_code_3',
      'tiny_words',
    ])
    const results = report.comparisons.map((comparison) => comparison.variants[0]!)
    expect(results.flatMap((result) => result.fingerprintDiffers)).toEqual(['fewShot'])
    expect(new Set(results.map((result) => result.finding))).toEqual(new Set(['cannot-tell']))
    expect(report.comparisons[1]!.variants[0]!.mde).toBeNull()
    const skipped = report.warnings.filter(({ code }) => code === 'skipped')
    expect(skipped).toHaveLength(1)
    expect(skipped[0]!.message).toMatch(/^tiny_words: /)
  })

  test('a known protocol key that differs is refused without --across', async () => {
    const result = await run('compare', fixture('run-3'), fixture('run-4'))
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('fewShot (2, seed 3, 2, seed 4)')
  })
})

describe('runs outlive what they came from', () => {
  test('a log of several tasks becomes a folder of runs, which compare like the log', async () => {
    const out = join(folder, 'lm-eval-runs')
    const imported = await run('import', join(root, 'test/fixtures/lm-eval/run-3'), '-o', out, '--json')
    expect(imported.code, imported.stderr).toBe(0)
    expect(JSON.parse(imported.stdout)).toHaveLength(4)
    const result = await run('compare', out, join(root, 'test/fixtures/lm-eval/run-3'), '--json')
    expect(result.code, result.stderr).toBe(0)
    const report = comparisonReportSchema.parse(JSON.parse(result.stdout))
    expect(report.comparisons).toHaveLength(4)
    expect(
      report.comparisons.flatMap(({ variants }) => variants[0]!.gained.concat(variants[0]!.lost)),
    ).toEqual([])
  })

  test('two runs of one task on a side are refused, not mixed', async () => {
    const twice = join(folder, 'twice-runs')
    const task = ['--task', few('problems.jsonl')]
    for (const name of ['one', 'two'])
      await run('import', few('base.jsonl'), ...task, '-o', join(twice, name))
    const result = await run('compare', twice, few('variant.jsonl'), ...task)
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('one side has two runs of ')
  })

  test('the problem file may go away after the import', async () => {
    const [moving, kept] = [few('problems.jsonl'), few('problems.jsonl')]
    const out = join(folder, 'moved')
    expect((await run('import', few('base.jsonl'), '--task', moving, '-o', out)).code).toBe(0)
    rmSync(moving)
    const judged = await run('judge', out, '--json')
    expect(judged.code, judged.stderr).toBe(0)
    const elsewhere = await tunediff(['judge', out], { cache: join(folder, 'other-cache') })
    expect([elsewhere.code, elsewhere.stderr]).toEqual([2, expect.stringContaining('--task PROBLEMS.jsonl')])
    const named = ['judge', out, '--task', kept]
    expect((await tunediff(named, { cache: join(folder, 'other-cache') })).code).toBe(0)
  })

  test('a run folder that was copied in part is refused', async () => {
    const out = join(folder, 'cut-run')
    const task = ['--task', few('problems.jsonl')]
    await run('import', few('base.jsonl'), ...task, '-o', out)
    const samples = join(out, 'samples.jsonl')
    writeFileSync(samples, readFileSync(samples, 'utf8').slice(0, 1000))
    const result = await run('compare', out, few('variant.jsonl'), ...task)
    expect(result.code).toBe(2)
    expect(result.stderr).toMatch(/holds \d answers, and 5 were imported/)
  })
})

test('scores on another scale and other metrics are refused', async () => {
  const scale = file('scale.csv', 'id,score\na,42\nb,51\nc,40\n')
  const result = await run('compare', scale, scale)
  expect([result.code, result.stderr]).toEqual([2, expect.stringContaining('scores go from 0 to 1')])
  const accuracy = file('accuracy.csv', 'id,accuracy\na,1\nb,0\nc,1\n')
  const recall = file('recall.csv', 'id,recall\na,1\nb,0\nc,1\n')
  const across = await run('compare', accuracy, recall, '--id', 'id')
  expect(across.code, across.stdout).toBe(2)
})

test('SIGTERM ends with 75, and the command goes on where it was', async () => {
  const long = join(folder, 'long')
  const slow = file(
    'slow.jsonl',
    Array.from(
      { length: FEW },
      (_, i) => `{"task_id": "Demo/${i}", "completion": "    import time\\n    time.sleep(0.3)\\n"}\n`,
    ).join(''),
  )
  expect((await run('import', slow, '--task', few('problems.jsonl'), '-o', long)).code).toBe(0)
  const stopped = await tunediff(['judge', long], {
    cache,
    started: killAt(join(long, 'outcomes.jsonl'), 1, 'SIGTERM'),
  })
  expect(stopped.code, stopped.stderr).toBe(75)
  const resumed = await run('judge', long, '--json')
  expect(resumed.code, resumed.stderr).toBe(0)
  const rows = readFileSync(join(long, 'outcomes.jsonl'), 'utf8').trimEnd().split('\n')
  expect(new Set(rows.map((row) => (JSON.parse(row) as { sample: string }).sample)).size).toBe(FEW)
})

describe('bad input is named', () => {
  const [variant, problems] = [few('variant.jsonl'), few('problems.jsonl')]
  const compare = (path: string) => run('compare', path, variant, '--task', problems, '--rule', 'program')

  test('one record removed', async () => {
    const result = await compare(few('base.jsonl', (lines) => lines.toSpliced(3, 1)))
    expect(result.code, result.stderr).toBe(0)
    expect(result.stdout).toContain('no answer to 1 problem: Demo/3')
    expect(result.stdout.replace(/\s+/g, ' ')).toContain(
      '1 problem scored on one side alone and left out: Demo/3',
    )
  })

  test('one line cut short', async () => {
    const cut = few('base.jsonl', (lines) => lines.with(4, lines[4]!.slice(0, 30)))
    const result = await compare(cut)
    expect(result.code, result.stderr).toBe(0)
    expect(result.stdout.replace(/\s+/g, ' ')).toMatch(/1 row of 5 skipped on import, first line 5: /)
  })

  test('another encoding', async () => {
    const utf16 = Buffer.from(`\ufeff${readFileSync(few('base.jsonl'), 'utf8')}`, 'utf16le')
    const result = await compare(file('utf16.jsonl', utf16))
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('UTF-16')
  })

  test('answers of another task', async () => {
    const other = file('otherTask.jsonl', '{"task_id": "Else/1", "completion": "    return 1\\n"}\n')
    const result = await compare(other)
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('Else/1')
  })

  test('two runs on changed problems', async () => {
    const changed = few('problems.jsonl', ([first, ...others]) => [
      first!.replace('Demo/0', 'Demo/00'),
      ...others,
    ])
    const run0 = join(folder, 'on-changed')
    expect((await run('import', few('base.jsonl'), '--task', changed, '-o', run0)).code).toBe(0)
    const result = await compare(run0)
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('dataset (')
  })
})

test('doctor shows the cache, and --clean empties it', async () => {
  const own = join(folder, 'doctor-cache')
  mkdirSync(join(own, 'runs', 'x'), { recursive: true })
  writeFileSync(join(own, 'runs', 'x', 'run.json'), '{}')
  writeFileSync(join(own, 'thesis.txt'), 'mine')
  const facts = JSON.parse((await tunediff(['doctor', '--json'], { cache: own })).stdout) as {
    cache: { folder: string; bytes: number }
    walls: { wall: string; works: boolean }[]
  }
  expect(facts.cache).toEqual({ folder: own, bytes: 6 })
  expect(facts.walls.map((wall) => wall.wall)).toContain('none')
  const cleaned = await tunediff(['doctor', '--clean', '--json'], { cache: own })
  expect(cleaned.stderr).toContain(own)
  expect((JSON.parse(cleaned.stdout) as typeof facts).cache.bytes).toBe(4)
  expect(readFileSync(join(own, 'thesis.txt'), 'utf8')).toBe('mine')
})
