// p-values adjusted for the number of comparisons in one report: reject where the adjusted p is below alpha.

/**
 * Holm's step-down p-values (Holm 1979, Scand. J. Stat. 6:65): max over j <= i of min(1, (m - j + 1)·p_(j)), in the
 * order given. Holds for any dependence; for claims.
 */
export function holm(p: readonly number[]): number[] {
  const adjusted = new Array<number>(p.length)
  let highest = 0
  ascending(p).forEach((index, i) => {
    highest = Math.max(highest, Math.min(1, (p.length - i) * p[index]!))
    adjusted[index] = highest
  })
  return adjusted
}

/**
 * Benjamini and Hochberg's p-values (1995, J. R. Stat. Soc. B 57:289): min over j >= i of min(1, m·p_(j)/j), in the
 * order given. Controls the share of false finds under independence or positive dependence; for screens.
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const adjusted = new Array<number>(p.length)
  let lowest = 1
  const order = ascending(p)
  for (let i = order.length - 1; i >= 0; i--) {
    lowest = Math.min(lowest, (p.length * p[order[i]!]!) / (i + 1))
    adjusted[order[i]!] = lowest
  }
  return adjusted
}

// Positions of the p-values from the smallest up.
function ascending(p: readonly number[]): number[] {
  p.forEach((value, i) => {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`p[${i}] must lie in [0, 1], got ${value}`)
  })
  return p.map((_, i) => i).sort((a, b) => p[a]! - p[b]!)
}
