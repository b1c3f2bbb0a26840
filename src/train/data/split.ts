// Examples that are held out: chosen by the hash of their text alone, so that neither another order nor more data moves an
// example across, equal texts stand on one side, and all random seeds hold out the same.
import { hashRow, type Row } from './rows.ts'

/** Digits of the hash that are looked at: as many as a number holds exactly. */
const HEX_DIGITS = 13

/** `share` of the rows is held out, within the chance of hashing; both lists keep the order. */
export function splitRows(rows: readonly Row[], share: number): { train: Row[]; heldOut: Row[] } {
  const train: Row[] = []
  const heldOut: Row[] = []
  for (const row of rows) {
    const draw = Number.parseInt(hashRow(row).slice(0, HEX_DIGITS), 16) / 16 ** HEX_DIGITS
    if (draw < share) heldOut.push(row)
    else train.push(row)
  }
  return { train, heldOut }
}
