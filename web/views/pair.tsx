// Pair.
import { ViewHead } from '../parts/shared.tsx'

export function PairView() {
  return <ViewHead title="Pair" />
}
