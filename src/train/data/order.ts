// Seeded orders. The same key gives the same order everywhere, so that a training that goes on needs no more than its epoch.
import { random } from '../../stats/random.ts'
import { seedOf } from '../../tensor/random.ts'

/** The numbers 0 to count - 1 in an order that `key` decides (Fisher and Yates). */
export function permutation(count: number, key: string): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  const next = random(seedOf(key))
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** `values` in an order that `key` decides. */
export function shuffled<T>(values: readonly T[], key: string): T[] {
  return Array.from(permutation(values.length, key), (i) => values[i]!)
}
