import { once } from "node:events";
import type { Subscriber } from "@segue/queue";
import type { Fitness } from "../machine/fitness.ts";

/**
 * A subscriber that pulls while the machine is well. When it no longer is, what waits goes back, what runs comes to its end, and
 * nothing is pulled until it is well again.
 */
export function createPausingSubscriber(
  fitness: Pick<Fitness, "untilWell">,
  open: () => Subscriber,
): Subscriber {
  const draining = new AbortController();
  let pulls: Subscriber | undefined;
  const pulling = (async () => {
    for (;;) {
      const unwell = await fitness.untilWell(draining.signal);
      if (!unwell) return;
      const subscriber = open();
      const stop = AbortSignal.any([draining.signal, unwell]);
      pulls = subscriber;
      if (!stop.aborted) await once(stop, "abort");
      pulls = undefined;
      await subscriber.drain();
    }
  })();
  return {
    trouble: () => pulls?.trouble(),
    async drain() {
      draining.abort();
      await pulling;
    },
  };
}
