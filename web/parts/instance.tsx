// Which variant, and which of its trainings, a view is of: chosen here, kept in the address.

import type { Instance } from '../../src/schema/results.ts'
import { withAgainst } from '../../src/schema/sideNames.ts'
import { printable } from '../../src/util/text.ts'
import { usePage } from '../context.ts'
import { href, replaceRoute } from '../router.ts'
import { baseName } from '../sides.ts'
import { Choice } from './shared.tsx'

type Query = Readonly<Record<string, string | undefined>>

/** Address of the view that is shown with other choices in it; undefined takes one out. */
export function useLinkTo(): (changes: Query) => string {
  const { route } = usePage()
  return (changes) => {
    const query = Object.entries({ ...route.query, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    return href(route.view, route.parts, Object.fromEntries(query))
  }
}

/** Chooses within the view. */
export function useSetQuery(): (changes: Query) => void {
  const linkTo = useLinkTo()
  return (changes) => replaceRoute(linkTo(changes))
}

interface Compared extends Instance {
  against: Instance
}

/** Place in `list` of what the address asks for; the nearest that there is. */
export function useInstance(list: readonly Compared[]): number {
  const { study, route } = usePage()
  const { variant, seed } = route.query
  const ofVariant = list.flatMap((one, at) => (variantText(baseName(study), one) === variant ? [at] : []))
  const ofSeed = ofVariant.find((at) => seedText(list[at]!) === seed)
  return ofSeed ?? ofVariant[0] ?? 0
}

export function InstanceChoice({
  list,
  keep = {},
}: {
  list: readonly Compared[]
  keep?: Record<string, undefined>
}) {
  const { study } = usePage()
  const setQuery = useSetQuery()
  const chosen = list[useInstance(list)]!
  const base = baseName(study)
  const variants = [...new Set(list.map((one) => variantText(base, one)))]
  const variant = variantText(base, chosen)
  const seeds = list.filter((one) => variantText(base, one) === variant).map(seedText)
  return (
    <>
      <Choice
        label="Variant"
        value={variant}
        options={variants.map((value) => ({ value, text: printable(value) }))}
        onChange={(value) => setQuery({ ...keep, variant: value, seed: undefined })}
      />
      <Choice
        label="Seed of the training"
        value={seedText(chosen)}
        options={seeds.map((value) => ({ value, text: value }))}
        onChange={(value) => setQuery({ ...keep, variant, seed: value })}
      />
    </>
  )
}

/** `lora`, or `lora against qlora` where that is not the base. */
const variantText = (base: string, { side, against }: Compared): string =>
  withAgainst(side, against.side, base)

const seedText = ({ seed }: Instance): string => (seed === null ? 'none' : String(seed))
