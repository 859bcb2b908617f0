import type { FeedPlace } from "./feed-place.ts";

/** Whose changes somebody waits for; what is left out is no condition. */
export interface WaitedFor {
  readonly trackId?: string | undefined;
  readonly owner?: string | undefined;
}

interface Waiter {
  behind: FeedPlace;
  readonly of: WaitedFor;
  resolve(): void;
}

/** Who waits for something to happen behind a place. */
export interface FeedWaiters {
  count(): number;
  /**
   * @param onAdded is called when it is among those who wait.
   * @returns the place up to which nothing has happened that is waited for.
   */
  wait(behind: FeedPlace, of: WaitedFor, signal: AbortSignal, onAdded: () => void): Promise<FeedPlace>;
  wakeAll(): void;
  /**
   * @param leadOf of a place the furthest one before which there is nothing that is waited for: it is waited behind that. Undefined: there may be something.
   * @returns how many were woken.
   */
  wake(leadOf: (behind: FeedPlace, of: WaitedFor) => FeedPlace | undefined): number;
}

export function createFeedWaiters(): FeedWaiters {
  const waiters = new Set<Waiter>();
  return {
    count: () => waiters.size,
    async wait(behind, of, signal, onAdded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const onAbort = () => resolve();
      const waiter: Waiter = { behind, of, resolve };
      waiters.add(waiter);
      signal.addEventListener("abort", onAbort);
      onAdded();
      await promise;
      signal.removeEventListener("abort", onAbort);
      waiters.delete(waiter);
      return waiter.behind;
    },
    wakeAll() {
      for (const { resolve } of waiters) resolve();
    },
    wake(leadOf) {
      let woken = 0;
      for (const waiter of waiters) {
        const lead = leadOf(waiter.behind, waiter.of);
        if (lead !== undefined) {
          waiter.behind = lead;
          continue;
        }
        waiter.resolve();
        woken += 1;
      }
      return woken;
    },
  };
}
