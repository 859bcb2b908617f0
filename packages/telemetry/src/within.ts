/** Waits for work, but no longer than so many ms; never throws. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, timeoutMs);
  await Promise.race([work.then(ignore, ignore), timeout.promise]);
  clearTimeout(timer);
}

function ignore(): void {}
