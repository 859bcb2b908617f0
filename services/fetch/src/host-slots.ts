import { parseSourceUrl } from "@segue/contracts";

/** Keeps one host, or one bucket, from being asked for more at once than it may be. */
export interface HostSlots {
  /** Waits for its turn. Undefined: it did not come before the signal was aborted. */
  enter(source: string, signal: AbortSignal): Promise<Disposable | undefined>;
}

export function createHostSlots(perHost: number): HostSlots {
  const taken = new Map<string, number>();
  const waiting = new Map<string, Set<() => void>>();
  const leave = (host: string) => {
    const left = (taken.get(host) ?? 1) - 1;
    if (left > 0) taken.set(host, left);
    else taken.delete(host);
    const [next] = waiting.get(host) ?? [];
    next?.();
  };
  const take = (host: string): Disposable => {
    taken.set(host, (taken.get(host) ?? 0) + 1);
    return { [Symbol.dispose]: () => leave(host) };
  };
  return {
    async enter(source, signal) {
      const host = hostOf(source);
      if ((taken.get(host) ?? 0) < perHost) return take(host);
      if (signal.aborted) return undefined;
      return await new Promise((resolve) => {
        const line = waiting.get(host) ?? new Set();
        waiting.set(host, line);
        const settle = (slot: Disposable | undefined) => {
          line.delete(onTurn);
          if (line.size === 0) waiting.delete(host);
          signal.removeEventListener("abort", onAbort);
          resolve(slot);
        };
        const onTurn = () => settle(take(host));
        const onAbort = () => settle(undefined);
        line.add(onTurn);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}

function hostOf(source: string): string {
  const parsed = parseSourceUrl(source);
  if ("expected" in parsed) return source;
  return parsed.scheme === "gs" ? `gs://${parsed.bucket}` : parsed.url.host;
}
