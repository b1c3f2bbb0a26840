// Tasks.
import { ViewHead } from '../parts/shared.tsx'

export function TasksView() {
  return <ViewHead title="Tasks" />
}
