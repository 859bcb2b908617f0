import type { IntroduceOptions } from "./introduce-objects.ts";
import { type Span, sweepObjects } from "./sweep-objects.ts";

/** Sweeps go back to where the one before ended, whoever did it and however long ago, and some more. */
const overlapMs = 120_000;
/** Then others of the reconciler's tasks have their turn; the sweep goes on after them. */
const sweepForMs = 2_000;

/**
 * Goes through storage for what the catalog has not heard of, again and again: from where the sweep before ended, and at first, in
 * a database that is new or was made anew, from the beginning. Each step is noted, so that one that is cut off goes on there.
 *
 * @param quietMs what is younger is left alone, and sweeps are so far apart.
 * @param stepNames names of each series that a step looks at.
 */
export function createSweep(
  options: IntroduceOptions,
  quietMs: number,
  stepNames?: number,
): () => Promise<void> {
  const { watches } = options;
  let nextAtMs = 0;
  let underWay: Span | undefined;
  const begin = async (): Promise<Span> => {
    const sweptTo = await watches.readSweptTo();
    const fromMs = sweptTo === undefined ? 0 : Math.max(0, sweptTo.getTime() - overlapMs);
    return { from: new Date(fromMs), to: new Date(options.now().getTime() - quietMs) };
  };
  return async () => {
    if (!underWay && options.now().getTime() < nextAtMs) return;
    underWay ??= await begin();
    const until = performance.now() + sweepForMs;
    while (performance.now() < until) {
      const reached = await sweepObjects(options, underWay, stepNames);
      await watches.noteSweptTo(reached);
      underWay = { from: reached, to: underWay.to };
      if (reached < underWay.to) continue;
      underWay = undefined;
      nextAtMs = options.now().getTime() + quietMs;
      return;
    }
  };
}
