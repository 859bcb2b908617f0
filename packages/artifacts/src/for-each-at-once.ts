/**
 * Does something with every item, `limit` of them at once, and takes no item before there is room for it. After a failure
 * no further item is taken; what has begun is waited for, then the first failure is thrown.
 */
export async function forEachAtOnce<Item>(
  items: AsyncIterable<Item>,
  limit: number,
  action: (item: Item) => Promise<unknown>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    if (failures.length > 0) break;
    const doing: Promise<void> = action(item).then(
      () => void running.delete(doing),
      (error: unknown) => {
        running.delete(doing);
        failures.push(error);
      },
    );
    running.add(doing);
    if (running.size >= limit) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
