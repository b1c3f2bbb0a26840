// Reads rows of a tensor source as fp32, whatever it is computed from. A row is as long as the last dimension, so that
// a vector is one row. Synchronous, for worker threads; reads only the bytes that the rows need.
import { roundedRows } from './encode.ts'
import { readRotaryRows } from './gguf/rotary.ts'
import { loraRows, scaledRows } from './peft/apply.ts'
import { quantisedRows } from './quantise.ts'
import { readStored, storedSpacings } from './stored.ts'
import type { TensorSource } from './tensor.ts'

export { type MatrixShape, matrixShape, shapeOf } from './shape.ts'

/** Values of rows [start, end), row-major. */
export function readValues(source: TensorSource, start: number, end: number): Float32Array {
  switch (source.kind) {
    case 'stored':
      return readStored(source, start, end)
    case 'rotary-rows':
      return readRotaryRows(source, start, end, readValues)
    case 'plus': {
      const values = readValues(source.of, start, end)
      for (let i = 0; i < values.length; i++) values[i]! += source.add
      return values
    }
    case 'lora':
      return loraRows(source, start, end, readValues)
    case 'scaled':
      return scaledRows(source, start, end, readValues)
    case 'sum': {
      const values = readValues(source.of, start, end)
      const added = readValues(source.add, start, end)
      for (let i = 0; i < values.length; i++) values[i]! += source.scale * added[i]!
      return values
    }
    case 'quantised':
      return quantisedRows(source, start, end, readValues).values
    case 'rounded':
      return roundedRows(source, start, end, readValues)
  }
}

/**
 * For each value of rows [start, end), the distance between neighbouring numbers of the format that it is stored in:
 * the unit in the last place, or the step of its block. What is computed in memory has that of what it is computed from.
 */
export function readSpacings(source: TensorSource, start: number, end: number): Float32Array {
  switch (source.kind) {
    case 'stored':
      return storedSpacings(source, start, end)
    case 'rotary-rows':
      return readRotaryRows(source, start, end, readSpacings)
    case 'plus':
    case 'lora':
    case 'scaled':
    case 'sum':
    case 'rounded':
      return readSpacings(source.of, start, end)
    case 'quantised':
      return quantisedRows(source, start, end, readValues).spacings
  }
}
