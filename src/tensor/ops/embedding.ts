// Rows of a table by their numbers; the gradient is added back into those rows.
import type { Tape, Value } from '../tape.ts'
import { asFloat32, view } from './elementwise.ts'

/** ids int64 [N], table [V, d] in float32 or float16 -> [N, d]. */
export function embedding(tape: Tape, ids: Value, table: Value): Value {
  const rows = tape.node('Gather', [table, ids], [ids.shape[0]!, table.shape[1]!], {
    attributes: { axis: 0 },
    type: table.type,
  })
  return tape.record(asFloat32(tape, rows), [table], (gradient) => {
    scatterRows(tape, table, ids, gradient)
  })
}

/**
 * Adds rows [N, d] to the rows `ids` of the gradient of `table`; the same row may come several times. Not by ScatterND:
 * onnxruntime 1.30 adds its rows in several threads at once, and sums to one row are lost.
 */
export function scatterRows(tape: Tape, table: Value, ids: Value, rows: Value): void {
  if (!tape.needsGradient(table)) return
  const { shape } = table
  const sum = tape.gradientOf(table) ?? tape.node('ConstantOfShape', [tape.integers(...shape)], shape)
  const column = view(tape, ids, [ids.shape[0]!, 1])
  const places = tape.node('Expand', [column, tape.integers(...rows.shape)], rows.shape, { type: 'int64' })
  const added = tape.node('ScatterElements', [sum, places, rows], shape, {
    attributes: { axis: 0, reduction: 'add' },
  })
  tape.setGradient(table, added)
}
