// Stands in for `node:timers/promises`: what the global timers do, as promises.
interface SleepOptions {
  readonly signal?: AbortSignal;
  readonly ref?: boolean;
}

export function setTimeout<T = void>(delayMs?: number, value?: T, options: SleepOptions = {}): Promise<T> {
  const { signal, ref = true } = options;
  return new Promise((resolve, reject) => {
    const aborted = () =>
      Object.assign(new Error("The operation was aborted", { cause: signal?.reason }), {
        name: "AbortError",
        code: "ABORT_ERR",
      });
    if (signal?.aborted) return reject(aborted());
    const onAbort = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve(value as T);
    }, delayMs);
    if (!ref) timer.unref();
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export function setImmediate<T = void>(value?: T): Promise<T> {
  return new Promise((resolve) => globalThis.setImmediate(() => resolve(value as T)));
}
