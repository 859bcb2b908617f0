import type { Priority } from "@segue/contracts";
import type { CpuSlots } from "@segue/runner";

/**
 * Slots of one process: what is live comes first; among equals, whoever came first.
 *
 * @param count how many attempts compute at once.
 */
export function createOwnSlots(count: number): CpuSlots {
  const waiting: Readonly<Record<Priority, Set<() => void>>> = { live: new Set(), backfill: new Set() };
  let free = count;
  const grant = () => {
    for (const line of [waiting.live, waiting.backfill]) {
      for (const take of line) {
        if (free === 0) return;
        line.delete(take);
        free -= 1;
        take();
      }
    }
  };
  const holdOne = (): Disposable => {
    let isHeld = true;
    return {
      [Symbol.dispose]() {
        if (!isHeld) return;
        isHeld = false;
        free += 1;
        grant();
      },
    };
  };
  return {
    async acquire(signal, priority) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
      const stop = () => {
        waiting[priority].delete(take);
        reject(signal.reason);
      };
      const take = () => {
        signal.removeEventListener("abort", stop);
        resolve(holdOne());
      };
      signal.addEventListener("abort", stop, { once: true });
      waiting[priority].add(take);
      grant();
      return await promise;
    },
  };
}
