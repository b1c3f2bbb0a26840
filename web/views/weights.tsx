// Weights.
import { ViewHead } from '../parts/shared.tsx'

export function WeightsView() {
  return <ViewHead title="Weights" />
}
