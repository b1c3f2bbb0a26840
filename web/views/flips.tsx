// Flips.
import { ViewHead } from '../parts/shared.tsx'

export function FlipsView() {
  return <ViewHead title="Flips" />
}
