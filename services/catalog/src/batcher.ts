import { setTimeout as sleep } from "node:timers/promises";

export interface BatcherOptions<T> {
  /** How long the first item of a batch waits for others, in ms. */
  readonly windowMs: number;
  readonly maxItems: number;
  /** Handles a batch; must not throw. Batches are handled one after the other. */
  handle(items: readonly T[]): Promise<void>;
}

/** Gathers items into batches: what arrives while one is handled goes into the next. */
export interface Batcher<T> {
  add(item: T): void;
  /** Handles what is left without waiting for more. */
  drain(): Promise<void>;
}

export function createBatcher<T>({ windowMs, maxItems, handle }: BatcherOptions<T>): Batcher<T> {
  const pending: T[] = [];
  let working: Promise<void> | undefined;
  const hurry = new AbortController();

  const work = async () => {
    while (pending.length > 0) {
      if (pending.length < maxItems && !hurry.signal.aborted) {
        await sleep(windowMs, undefined, { signal: hurry.signal }).catch(() => {});
      }
      await handle(pending.splice(0, maxItems));
    }
  };
  const start = () => {
    working ??= work().finally(() => {
      working = undefined;
      // What came between the last look and now.
      if (pending.length > 0) start();
    });
  };

  return {
    add(item) {
      pending.push(item);
      start();
    },
    async drain() {
      hurry.abort();
      while (working) await working;
    },
  };
}
