/** A promise that rejects, and what ends its watch. */
export interface CpuLimit extends Disposable {
  readonly exceeded: Promise<never>;
}

const pollMs = 250;

/**
 * Rejects once this thread has spent so much CPU time from now on. Waiting does not count: on a busy machine the same
 * work takes as long as it takes, and comes out the same.
 */
export function limitCpu(cpuMs: number, what: string): CpuLimit {
  const spentMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const startMs = spentMs();
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const timer = setInterval(() => {
    if (spentMs() - startMs > cpuMs) reject(new Error(`${what} took over ${cpuMs} ms of CPU`));
  }, pollMs);
  return { exceeded: promise, [Symbol.dispose]: () => clearInterval(timer) };
}
