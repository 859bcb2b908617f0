import type { CpuSlots } from "../handler-parts.ts";

export interface GroupLimits {
  /** Nothing is begun so long after the first step has got its core: whoever is killed loses no more than what a step's budget allows on top. */
  readonly groupMs: number;
  /** Nor so long after the delivery, however long that waited: half of what its lease is extended to. */
  readonly deliveryMs: number;
}

const usual: GroupLimits = { groupMs: 8_000, deliveryMs: 30_000 };

/** The time of a group, which begins with its first core: where many wait in line, all that is handed back would make the line longer yet. */
export interface GroupTime {
  isOver(): boolean;
  /** The same slots; the time begins when the first is got, and nobody waits for another when it is over. */
  slotsOf(slots: CpuSlots): CpuSlots;
}

export function startGroupTime({ groupMs, deliveryMs }: GroupLimits = usual): GroupTime {
  const cameAt = performance.now();
  let beganAt: number | undefined;
  return {
    isOver() {
      const nowMs = performance.now();
      return nowMs - (beganAt ?? nowMs) >= groupMs || nowMs - cameAt >= deliveryMs;
    },
    slotsOf: (slots) => ({
      async acquire(signal, priority) {
        if (beganAt !== undefined) {
          const leftMs = Math.max(0, Math.ceil(cameAt + deliveryMs - performance.now()));
          return await slots.acquire(AbortSignal.any([signal, AbortSignal.timeout(leftMs)]), priority);
        }
        const slot = await slots.acquire(signal, priority);
        beganAt ??= performance.now();
        return slot;
      },
    }),
  };
}
