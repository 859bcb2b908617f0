import type { CpuSlots } from "../handler-parts.ts";

export interface GroupLimits {
  /** Nothing is begun so long after the first step has got its core: whoever is killed loses no more than what a step's budget allows on top. */
  readonly groupMs: number;
  /** Nor so long after the delivery, however long that waited: half of what its lease is extended to. */
  readonly deliveryMs: number;
}

const usualDeliveryMs = 30_000;

/** @param groupMs one that goes on for longer has its delivery for longer, too. */
export function groupLimitsOf(groupMs: number): GroupLimits {
  return { groupMs, deliveryMs: Math.max(usualDeliveryMs, groupMs) };
}

/** How long a lease is to be extended for a group, in ms. */
export function groupLeaseMs({ deliveryMs }: GroupLimits): number {
  return 2 * deliveryMs;
}

/** The time of a group, which begins with its first core: where many wait in line, all that is handed back would make the line longer yet. */
export interface GroupTime {
  /** Aborts when nothing is to be begun any more: that time is over, or the worker drains. */
  readonly over: AbortSignal;
  /** The same slots; the time begins when the first is got, and nobody waits for another when it is over. */
  slotsOf(slots: CpuSlots): CpuSlots;
}

export function startGroupTime(draining: AbortSignal, { groupMs, deliveryMs }: GroupLimits): GroupTime {
  const cameAt = performance.now();
  const ended = new AbortController();
  const endIn = (ms: number) => void setTimeout(() => ended.abort(), ms).unref();
  let hasBegun = false;
  endIn(deliveryMs);
  return {
    over: AbortSignal.any([draining, ended.signal]),
    slotsOf: (slots) => ({
      async acquire(signal, priority) {
        if (hasBegun) {
          const leftMs = Math.max(0, Math.ceil(cameAt + deliveryMs - performance.now()));
          return await slots.acquire(AbortSignal.any([signal, AbortSignal.timeout(leftMs)]), priority);
        }
        const slot = await slots.acquire(signal, priority);
        if (!hasBegun) endIn(groupMs);
        hasBegun = true;
        return slot;
      },
    }),
  };
}
