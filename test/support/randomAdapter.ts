// LoRA adapters of random factors on a model, as strong as a test wants them, and the model merged with one.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isLinear } from '../../src/model/applied.ts'
import { openModel } from '../../src/model/open.ts'
import { matrixShape, readValues } from '../../src/model/rows.ts'
import { random } from '../../src/stats/index.ts'
import { f32, type WrittenTensor, writeSafetensors } from '../model/writeSafetensors.ts'

const RANK = 2

/** Writes a PEFT folder; `strength` is the standard deviation that the update's numbers have, times the root of a row's length. */
export async function randomAdapter(
  base: string,
  { seed, strength, to }: { seed: number; strength: number; to: string },
): Promise<string> {
  const next = random(seed)
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  const drawn = (shape: readonly [number, number], sd: number): WrittenTensor =>
    f32(
      shape,
      Array.from({ length: shape[0] * shape[1] }, () => gauss() * sd),
    )
  const tensors: Record<string, WrittenTensor> = {}
  const modules = new Set<string>()
  for (const tensor of (await openModel(base)).tensors.values()) {
    if (!isLinear(tensor)) continue
    const { rows, columns } = matrixShape(tensor.shape)
    const module = tensor.name.replace(/\.weight$/, '')
    modules.add(module.split('.').at(-1)!)
    tensors[`base_model.model.${module}.lora_A.weight`] = drawn([RANK, columns], 1 / Math.sqrt(columns))
    tensors[`base_model.model.${module}.lora_B.weight`] = drawn([rows, RANK], strength / Math.sqrt(RANK))
  }
  mkdirSync(to, { recursive: true })
  writeSafetensors(join(to, 'adapter_model.safetensors'), tensors)
  const config = {
    peft_type: 'LORA',
    r: RANK,
    lora_alpha: RANK,
    target_modules: [...modules],
    base_model_name_or_path: base,
  }
  writeFileSync(join(to, 'adapter_config.json'), JSON.stringify(config))
  return to
}

/** The model as it runs, written as one in fp32 with the files beside `base`. */
export async function writeMerged(spec: string, base: string, to: string): Promise<string> {
  const { tensors } = await openModel(spec)
  const written = [...tensors.values()].map(({ name, shape, source }): [string, WrittenTensor] => [
    name,
    f32(shape, [...readValues(source, 0, matrixShape(shape).rows)]),
  ])
  mkdirSync(dirname(to), { recursive: true })
  writeSafetensors(join(to, 'model.safetensors'), Object.fromEntries(written))
  for (const file of ['config.json', 'tokenizer.json']) {
    if (existsSync(join(base, file))) copyFileSync(join(base, file), join(to, file))
  }
  return to
}
