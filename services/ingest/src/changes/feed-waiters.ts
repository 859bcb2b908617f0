import type { FeedPlace } from "./feed-place.ts";

interface Waiter {
  readonly behind: FeedPlace;
  resolve(): void;
}

/** Who waits for something to happen behind a place. */
export interface FeedWaiters {
  count(): number;
  /** @param onAdded is called when it is among those who wait. */
  wait(behind: FeedPlace, signal: AbortSignal, onAdded: () => void): Promise<void>;
  wake(isMeant: (behind: FeedPlace) => boolean): void;
}

export function createFeedWaiters(): FeedWaiters {
  const waiters = new Set<Waiter>();
  return {
    count: () => waiters.size,
    async wait(behind, signal, onAdded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const onAbort = () => resolve();
      const waiter = { behind, resolve };
      waiters.add(waiter);
      signal.addEventListener("abort", onAbort);
      onAdded();
      await promise;
      signal.removeEventListener("abort", onAbort);
      waiters.delete(waiter);
    },
    wake(isMeant) {
      for (const { behind, resolve } of waiters) if (isMeant(behind)) resolve();
    },
  };
}
