/** Token ids of the benchmarks; the same in torch_llama.py. */
export const tokenIds = (count, vocabulary) =>
  Int32Array.from({ length: count }, (_, i) => (i * 7919 + 11) % vocabulary)
