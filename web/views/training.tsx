// Training.
import { ViewHead } from '../parts/shared.tsx'

export function TrainingView() {
  return <ViewHead title="Training" />
}
