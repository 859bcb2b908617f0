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
