import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useRetry } from "./use-retry.ts";

/** What is read from the API for a part of the page. What was read last stays until there is something newer. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  /** Reads it anew. While it is being read, once more behind that. */
  reload(): void;
}

/** What fails for a reason that may pass is read again by itself. @param keys another reading begins where one of these is another. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [found, setFound] = useState<{ value?: T; error?: unknown }>({});
  const reloadRef = useRef(() => {});
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const ending = new AbortController();
    let isReading = false;
    let isStale = false;
    const read = async () => {
      isReading = true;
      do {
        isStale = false;
        try {
          const value = await latest.current(ending.signal);
          if (!ending.signal.aborted) setFound({ value });
        } catch (error) {
          if (!ending.signal.aborted) setFound((before) => ({ ...before, error }));
        }
      } while (isStale && !ending.signal.aborted);
      isReading = false;
    };
    reloadRef.current = () => {
      if (isReading) isStale = true;
      else void read();
    };
    setFound({});
    void read();
    return () => ending.abort();
  }, keys);
  const reload = useCallback(() => reloadRef.current(), []);
  useRetry(found.error, reload);
  return { value: found.value, error: found.error, reload };
}
