/** Node's own, from before the world took their places. */
export const real = {
  Date,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  clearImmediate,
  performanceNow: performance.now.bind(performance),
} as const;

const { _tickCallback: tickCallback } = process as unknown as { readonly _tickCallback: unknown };
if (typeof tickCallback !== "function") throw new Error("this Node does not say how its ticks are run");

/**
 * What Node itself does between two turns of its loop: ticks and promises until there are none left, then rejections that nobody has caught.
 * To be called in a turn of its own, in which no promise is under way.
 */
export const runTicks: () => void = tickCallback.bind(process);
