// How sides and their trainings are called, and what holds of a recipe's trainings alone: pure, since the page says it too.

interface NamedSide {
  name: string
  training: { seeds: readonly unknown[] } | null
}

/** A side by its name; one of several trainings with its seed: `lora (seed 2)`. */
export function shownName(
  sides: readonly NamedSide[],
  { side, seed }: { side: string; seed: number | null },
): string {
  const trainings = sides.find(({ name }) => name === side)?.training?.seeds.length ?? 0
  return trainings > 1 ? `${side} (seed ${seed})` : side
}

/** What is not compared with the base says with what: `ldb against reflexion`. */
export const withAgainst = (name: string, against: string, base: string): string =>
  against === base ? name : `${name} against ${against}`

interface Effect {
  finding: string
  seeds: { absent: string } | { ofTrainings: { finding: string } }
}

/** What these very trainings are, where of the recipe it cannot be told. */
export function ofTrainingsAlone({ finding, seeds }: Effect): 'better' | 'worse' | null {
  if (finding !== 'cannot-tell' || 'absent' in seeds) return null
  const own = seeds.ofTrainings.finding
  return own === 'better' || own === 'worse' ? own : null
}
