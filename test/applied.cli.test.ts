// `tunediff applied` as a user runs it, on merges that the real peft wrote and broken ones: exit code, first line, JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { AppliedReport } from '../src/measure/applied/types.ts'
import { closeFiles } from '../src/model/stored.ts'
import { tunediff } from './support/cli.ts'
import { at, withAdapter } from './support/peftGoldens.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-applied-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: string[]) => tunediff(['applied', ...args], { cache: join(folder, 'cache') })

test.each([
  [
    'a merge in fp32',
    'llama',
    'lora',
    'applied/fp32',
    0,
    /^Applied: fp32 holds all 6 adapter tensors, exactly/,
  ],
  [
    'a merge in bf16',
    'llama-bf16',
    'lora',
    'applied/bf16',
    0,
    /^Applied: bf16 holds all 6 adapter tensors, exactly/,
  ],
  [
    'a merge in fp16',
    'llama-fp16',
    'lora',
    'applied/fp16',
    0,
    /^Applied: fp16 holds all 6 adapter tensors, exactly/,
  ],
  [
    'half strength',
    'llama-bf16',
    'lora',
    'applied/half',
    1,
    /^Not applied as the adapter says: .*strength 0\.50 \(half of it\)/is,
  ],
  [
    'a layer left out',
    'llama-bf16',
    'lora',
    'applied/missing',
    1,
    /^Not applied in full: 3 of 6 .* Not applied:\s+model\.layers\.1\.mlp\.up_proj\.weight/s,
  ],
  [
    'swapped factors',
    'llama-bf16',
    'lora',
    'applied/swapped',
    1,
    /^Not applied in full: 5 of 6 .*factors\s+are\s+swapped.*model\.layers\.0\.self_attn\.q_proj/s,
  ],
  [
    'a copy of the base',
    'llama-bf16',
    'lora',
    'llama-bf16',
    1,
    /^Not applied: llama-bf16 is a copy of the base; all 6/,
  ],
  [
    'an adapter with B = 0',
    'llama-bf16',
    'null',
    'llama-bf16',
    3,
    /^Cannot tell: the adapter changes nothing here/,
  ],
  [
    'a delta that was rounded before it was added',
    'llama-bf16',
    'lora',
    'applied/safe',
    0,
    /^Applied: .*delta rounded to bf16/s,
  ],
  [
    'an fp32 base that was loaded in bf16',
    'llama',
    'lora',
    'applied/bf16',
    0,
    /^Applied: .*base in bf16, delta in fp32/s,
  ],
  [
    'a rounded copy of the base that was merged',
    'llama-bf16',
    'lora',
    'applied/fp32',
    1,
    /the merge was made on a finer\s+copy of this base/,
  ],
  ['another model', 'gpt2', 'conv1d', 'llama', 3, /^Cannot tell: .*not accounted for/s],
])('%s', async (_, base, adapter, merged, code, says) => {
  const result = await run(withAdapter(base, adapter), at(merged))
  expect(result.code, result.stderr).toBe(code)
  expect(result.stdout).toMatch(says)
})

test('--json says every adapter tensor and the verdict', async () => {
  const result = await run(withAdapter('llama-bf16', 'lora'), at('applied/bf16'), '--json')
  const report = JSON.parse(result.stdout) as AppliedReport & { schema: number; sentence: string }
  expect(report).toMatchObject({ schema: 1, verdict: 'applied', unaccounted: [] })
  expect(report.tensors).toHaveLength(6)
  for (const tensor of report.tensors) {
    expect(tensor).toMatchObject({ status: 'exact', equalShare: 1, maxUlps: 0 })
    expect(tensor.movedShare).toBeGreaterThan(0.9)
  }
  expect(report.others).toMatchObject({ checked: 15, altered: [], onlyBase: [], onlyMerged: [] })
})

test('--md is Markdown; an adapter alone takes its base from --base', async () => {
  const adapter = join(at('lora'), 'adapter')
  const result = await run(adapter, at('applied/missing'), '--base', at('llama-bf16'), '--md')
  expect(result.code).toBe(1)
  expect(result.stdout).toMatch(/^\*\*Not applied in full/)
  expect(result.stdout).toContain('| model.layers.1.mlp.up_proj.weight | lora | not applied |')
})

test('what is no adapter, or no merge, is a user error', async () => {
  const none = await run(at('llama'), at('applied/fp32'))
  expect(none.code).toBe(2)
  expect(none.stderr).toMatch(/has no adapter.*hint: write BASE\+ADAPTER/s)
  const live = await run(withAdapter('llama', 'lora'), withAdapter('llama', 'lora'))
  expect(live.code).toBe(2)
  expect(live.stderr).toContain('wanted is a merged model')
})
