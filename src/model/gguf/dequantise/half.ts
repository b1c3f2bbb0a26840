// Half-precision numbers inside blocks: by table, because a block has one or two of them at odd addresses.
import { decodeFloats } from '../../floats.ts'

let table: Float32Array | undefined

/** Value of each of the 65,536 codes of fp16, made at first use. */
export function halfTable(): Float32Array {
  if (!table) {
    table = new Float32Array(65536)
    const codes = Uint16Array.from(table, (_, code) => code)
    decodeFloats('F16', new Uint8Array(codes.buffer), table)
  }
  return table
}
