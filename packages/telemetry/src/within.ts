/** Waits for work, but no longer than so many ms. @throws what the work does by then; what fails later is nobody's concern. */
export async function atMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const timeout = Promise.withResolvers<void>();
  const timer = setTimeout(timeout.resolve, timeoutMs);
  await Promise.race([work, timeout.promise]).finally(() => clearTimeout(timer));
}

/** The same; never throws. */
export function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  return atMost(timeoutMs, work.then(ignore, ignore));
}

function ignore(): void {}
