// Work on what a stream gives, several at a time.

/** Begins `work` on each item, with at most `most` open at once. The first failure ends it when what is open has ended. */
export async function inParallel<T>(
  items: AsyncIterable<T>,
  most: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const open = new Set<Promise<unknown>>()
  let failure: { error: unknown } | undefined
  for await (const item of items) {
    const going = work(item)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => open.delete(going))
    open.add(going)
    if (open.size >= most) await Promise.race(open)
    if (failure) break
  }
  await Promise.all(open)
  if (failure) throw failure.error
}
