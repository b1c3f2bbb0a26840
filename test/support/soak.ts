/** How often a test repeats something: all of `times` under `npm run soak`, a tenth of it under `npm test`. */
export const soak = (times: number): number =>
  process.env.TUNEDIFF_SOAK ? times : Math.max(1, Math.ceil(times / 10))

/** Under `npm run soak`. */
export const isSoak = Boolean(process.env.TUNEDIFF_SOAK)
