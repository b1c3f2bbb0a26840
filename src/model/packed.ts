// Layouts of packed low-bit weights inside safetensors files, told by the names of their tensors. They are named here
// and not read: one file a layout may follow.
import { UserError } from '../util/errors.ts'

interface Layout {
  name: string
  /** Ending of a tensor's name that only this layout has. */
  ending: RegExp
  /** Must be there too where `ending` alone says too little. */
  also?: RegExp
  hint: string
}

const DEQUANTISE =
  'load it with transformers, call dequantize() and save it; or compare the model that it was made from'

const LAYOUTS: readonly Layout[] = [
  { name: 'bitsandbytes 4-bit', ending: /\.quant_state\.bitsandbytes__(nf4|fp4)$/, hint: DEQUANTISE },
  { name: 'bitsandbytes 8-bit', ending: /\.SCB$/, hint: DEQUANTISE },
  {
    name: 'GPTQ',
    ending: /\.qweight$/,
    also: /\.g_idx$/,
    hint: 'compare the model that it was made from, or a GGUF of it',
  },
  { name: 'AWQ', ending: /\.qweight$/, hint: 'compare the model that it was made from, or a GGUF of it' },
  {
    name: 'compressed-tensors',
    ending: /\.weight_packed$/,
    hint: 'compare the model that it was made from, or save it uncompressed with llm-compressor',
  },
  {
    name: 'MXFP4',
    ending: /_blocks$/,
    also: /_scales$/,
    hint: 'load it with transformers and Mxfp4Config(dequantize=True), and save it in bf16',
  },
  {
    name: 'quantised MLX',
    ending: /\.scales$/,
    also: /\.biases$/,
    hint: 'save it with mlx_lm.convert --dequantize',
  },
]

/** Refuses a model whose tensors are packed. `path` is named in the error. */
export function refusePacked(path: string, names: readonly string[]): void {
  for (const { name, ending, also, hint } of LAYOUTS) {
    const example = names.find((tensor) => ending.test(tensor))
    if (example === undefined || (also && !names.some((tensor) => also.test(tensor)))) continue
    throw new UserError(`${path}: ${name} weights (${example}), a layout that is not read yet`, { hint })
  }
}
