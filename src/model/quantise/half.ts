// Rounding to half precision, for the scales of blocks.

/** Adding and subtracting it rounds a small double to an integer, ties to even. */
const TO_INTEGER = 1.5 * 2 ** 52

/** The fp16 number nearest to an fp32 number, ties to even (IEEE 754); infinite from 65,520 on. */
export function toHalf(value: number): number {
  const size = Math.abs(value)
  if (!(size < 65520)) return Number.isNaN(value) ? value : Math.sign(value) * Infinity
  // Below 2^-14 fp16 is subnormal: the spacing stays that of 2^-14.
  let spacing = 2 ** -24
  while (size >= spacing * 2048) spacing *= 2
  return (value / spacing + TO_INTEGER - TO_INTEGER) * spacing || value * 0
}
