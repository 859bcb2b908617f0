import { setTimeout as sleep } from "node:timers/promises";

/** While changes can't be read. */
const pauseMs = 1_000;

/** A signal that aborts with another one, or when its time is over. */
export interface TimedSignal {
  readonly signal: AbortSignal;
  /** Whether its time was over. */
  isLate(): boolean;
  /** It is not needed any more. */
  release(): void;
}

/** @param ms from now. */
export function abortAfter(ms: number, outer: AbortSignal): TimedSignal {
  const controller = new AbortController();
  let isLate = false;
  const onAbort = () => controller.abort();
  const timer = setTimeout(() => {
    isLate = true;
    controller.abort();
  }, ms);
  if (outer.aborted) controller.abort();
  outer.addEventListener("abort", onAbort);
  return {
    signal: controller.signal,
    isLate: () => isLate,
    release() {
      clearTimeout(timer);
      outer.removeEventListener("abort", onAbort);
    },
  };
}

/** Does something with such a signal, and gives it back. */
export async function within<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal, release } = abortAfter(ms, outer);
  try {
    return await work(signal);
  } finally {
    release();
  }
}

/** A moment, or less where the signal aborts. */
export async function pause(signal: AbortSignal): Promise<void> {
  await sleep(pauseMs, undefined, { signal }).catch(() => {});
}
