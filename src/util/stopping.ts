// What has to end before the process may: threads inside native code, which must not be torn down in the middle of a call.

type Hook = () => Promise<void>

const hooks = new Set<Hook>()
/** Longer than any single call into native code takes; a user who pressed Ctrl-C does not wait longer. */
const LONGEST_WAIT_MS = 900

/** `hook` is run when the process is told to stop. Returns what takes it back. */
export function beforeStopping(hook: Hook): () => void {
  hooks.add(hook)
  return () => void hooks.delete(hook)
}

/** Resolves when all hooks are through, or when waiting any longer would be noticed. */
export async function stopAll(): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_WAIT_MS).unref())
  await Promise.race([Promise.allSettled([...hooks].map((hook) => hook())), late])
}
