// A GGUF file as a model: tensors named as Hugging Face names them with llama.cpp's changes undone, and what its metadata
// says in the terms of config.json. No weights are read.
import { resolve } from 'node:path'
import type { LeftOut, ModelTensor, StoredTensor } from '../tensor.ts'
import { configOf } from './config.ts'
import { readGgufHeader } from './header.ts'
import { isArray, type Metadata, readArray } from './metadata.ts'
import { refuse } from './reader.ts'
import { modelTensors } from './tensors.ts'

export { readArray } from './metadata.ts'

export interface GgufModel {
  tensors: Map<string, ModelTensor>
  leftOut: LeftOut[]
  rotaryFactors?: StoredTensor
  /** Terms of config.json; what the file does not say is absent. */
  config: Record<string, unknown>
  /** As in the file; long arrays are places in it, for `readArray`. */
  metadata: Metadata
  /** Pieces of the vocabulary by id, read from the file when called. */
  tokens?: () => string[]
}

/** Reads the header of a GGUF file. What cannot be read is a UserError that says why. */
export async function readGguf(file: string): Promise<GgufModel> {
  const path = resolve(file)
  const header = await readGgufHeader(path)
  const { metadata } = header
  const parts = metadata.get('split.count')
  if (typeof parts === 'number' && parts > 1) {
    throw refuse(
      path,
      `it is one of ${parts} parts of a split model`,
      'join them: llama-gguf-split --merge FIRST-PART OUT.gguf',
    )
  }
  const vocabulary = metadata.get('tokenizer.ggml.tokens')
  return {
    ...modelTensors(header),
    config: configOf(header),
    metadata,
    ...(isArray(vocabulary) ? { tokens: () => readArray(path, vocabulary).map(String) } : {}),
  }
}
