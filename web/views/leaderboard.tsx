// Leaderboard.
import { ViewHead } from '../parts/shared.tsx'

export function LeaderboardView() {
  return <ViewHead title="Leaderboard" />
}
