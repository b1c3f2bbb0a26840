// Tokens.
import { ViewHead } from '../parts/shared.tsx'

export function TokensView() {
  return <ViewHead title="Tokens" />
}
