// The linear map with everything that fine-tuning puts on it:
//   y = outputScale * (W (inputScale * x) + sum of scale * B (A x)) + bias
// W in fp32, fp16 or NF4 (arXiv 2305.14314); the terms are LoRA (arXiv 2106.09685), which here see inputScale * x too;
// outputScale is DoRA's magnitude over norm (arXiv 2402.09353) or IA3 on rows, inputScale IA3 on columns (arXiv 2205.05638).

import { NF4_BLOCK } from '../nf4.ts'
import { CONTRIB } from '../onnx/graph.ts'
import type { Tape, Value } from '../tape.ts'
import { asFloat32, multiply, sumRows } from './elementwise.ts'
import { accumulateGemm, gemm } from './gemm.ts'

/** 4-bit codes with a scale for every 64 values in row-major order, as bitsandbytes packs them: the first of two in the high bits. */
export interface Nf4Weight {
  /** uint8 [out * in / 2]. */
  codes: Value
  /** [out * in / 64]. */
  scales: Value
  /** [out, in]. */
  shape: readonly [number, number]
  /** The same weight in fp32 [out, in]: what gradients pass through, and what a backward program multiplies with. */
  dense?: Value
}

export interface LoraTerm {
  /** [r, in]. */
  a: Value
  /** [out, r]. */
  b: Value
  scale: number
}

export interface LinearWeight {
  /** [out, in] in float32 or float16, or NF4. */
  weight: Value | Nf4Weight
  bias?: Value
  lora?: readonly LoraTerm[]
  /** [out]. */
  outputScale?: Value
  /** [in]. */
  inputScale?: Value
  /** Key under which y without outputScale (and then without bias) may be saved, and A x of term I with `.lora.I` behind it. */
  save?: string
}

/** x [N, in] -> [N, out]. */
export function linear(tape: Tape, x: Value, options: LinearWeight): Value {
  const { weight, bias, lora = [], outputScale, inputScale, save } = options
  const input = inputScale ? multiply(tape, x, inputScale) : x
  const hidden = lora.map(({ a }, i) => {
    const ofTerm = gemm(tape, input, a, { transposeRight: true })
    return save === undefined ? ofTerm : tape.save(ofTerm, `${save}.lora.${i}`)
  })
  const { product, dense } = baseProduct(tape, input, weight, outputScale ? undefined : bias)
  let sum = product
  for (const [i, { b, scale }] of lora.entries()) {
    sum = gemm(tape, hidden[i]!, b, { transposeRight: true, alpha: scale, addend: sum })
  }
  if (save !== undefined) sum = tape.save(sum, save)
  const scaled = outputScale ? multiply(tape, sum, outputScale) : sum
  const y = outputScale && bias ? tape.node('Add', [scaled, bias], scaled.shape) : scaled
  const trained = 'codes' in weight ? undefined : weight
  const inputs = [x, trained, bias, outputScale, inputScale, ...lora.flatMap(({ a, b }) => [a, b])]
  return tape.record(y, inputs, (gradient) => {
    tape.accumulate(bias, () => sumRows(tape, gradient))
    tape.accumulate(outputScale, () => sumRows(tape, multiply(tape, gradient, sum)))
    const dSum = outputScale ? multiply(tape, gradient, outputScale) : gradient
    if (trained) accumulateGemm(tape, trained, [dSum, input], { transposeLeft: true })
    const dHidden = lora.map((term, i) => loraGradients(tape, term, { dSum, hidden: hidden[i]!, input }))
    if (!tape.needsGradient(x, inputScale)) return
    const dInput = inputGradient(tape, {
      dense: dense(),
      dSum,
      terms: lora.map(({ a }, i) => [dHidden[i]!, a]),
      addend: inputScale ? undefined : tape.gradientOf(x),
    })
    if (!inputScale) return tape.setGradient(x, dInput)
    tape.accumulate(inputScale, () => sumRows(tape, multiply(tape, dInput, x)))
    tape.accumulate(x, () => multiply(tape, dInput, inputScale))
  })
}

interface BaseProduct {
  product: Value
  /** W in fp32, for the gradient of x. */
  dense: () => Value
}

function baseProduct(
  tape: Tape,
  input: Value,
  weight: Value | Nf4Weight,
  bias: Value | undefined,
): BaseProduct {
  if (!('codes' in weight)) {
    const dense = asFloat32(tape, weight)
    return { product: gemm(tape, input, dense, { transposeRight: true, addend: bias }), dense: () => dense }
  }
  const { dense } = weight
  if (tape.isBackward && dense) {
    return { product: gemm(tape, input, dense, { transposeRight: true, addend: bias }), dense: () => dense }
  }
  const product = nf4Product(tape, input, weight)
  return {
    product: bias ? tape.node('Add', [product, bias], product.shape) : product,
    dense: () => {
      throw new Error('a gradient through NF4 weights needs them in fp32 too')
    },
  }
}

// Only ever with the weight transposed: onnxruntime 1.30 accepts transB = 0 and transposes all the same.
function nf4Product(tape: Tape, input: Value, { codes, scales, shape: [rows, columns] }: Nf4Weight): Value {
  return tape.node('MatMulBnb4', [input, codes, scales], [input.shape[0]!, rows], {
    attributes: { K: columns, N: rows, block_size: NF4_BLOCK, quant_type: 1 },
    domain: CONTRIB,
  })
}

/** Adds to the gradients of a term's factors; gives that of A x. */
function loraGradients(
  tape: Tape,
  { a, b, scale }: LoraTerm,
  { dSum, hidden, input }: { dSum: Value; hidden: Value; input: Value },
): Value {
  const dHidden = gemm(tape, dSum, b, { alpha: scale })
  accumulateGemm(tape, b, [dSum, hidden], { transposeLeft: true, alpha: scale })
  accumulateGemm(tape, a, [dHidden, input], { transposeLeft: true })
  return dHidden
}

interface InputGradient {
  dense: Value
  dSum: Value
  terms: readonly (readonly [Value, Value])[]
  addend: Value | undefined
}

function inputGradient(tape: Tape, { dense, dSum, terms, addend }: InputGradient): Value {
  return terms.reduce(
    (sum, [dHidden, a]) => gemm(tape, dHidden, a, { addend: sum }),
    gemm(tape, dSum, dense, { addend }),
  )
}
